//! `unpaging-lock-twice`: Morton, 2007-02-04 10:56, after Piggin objected that a task may have to reclaim its own
//! memory: the source is also touched once before the unpaging lock is taken, so that nothing need be allocated under
//! it. Piggin says that the race remains.

use crate::shared::unpaging::{Touched, buffered_write};
use machine::{Difference, Interface, Strategy, UnmapLock};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "unpaging-lock-twice",
    what: "unpaging-lock, with the source touched once before the lock is taken as well",
    who: "Morton, 2007-02-04 10:56",
    calls: Interface::PrepareWrite,
    unmap_lock: UnmapLock::Unpaging,
    write: |k, file, iov, pos| Box::pin(buffered_write(k, file, iov, pos, Touched::Twice)),
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};
