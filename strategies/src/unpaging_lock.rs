//! `unpaging-lock`: Morton, 2007-02-04 09:44: pins the whole mm during the copy. The writer holds a lock for reading
//! from before it touches the source until after the copy (but not during the commit), and whoever unmaps pages of
//! that mm takes it for writing.

use crate::shared::unpaging::{Touched, buffered_write};
use machine::{Difference, Interface, Strategy, UnmapLock};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "unpaging-lock",
    what: "a lock of the mm, held for reading from the prefault to the end of the copy; whoever unmaps takes it for writing",
    who: "Morton, 2007-02-04 09:44",
    calls: Interface::PrepareWrite,
    unmap_lock: UnmapLock::Unpaging,
    write: |k, file, iov, pos| Box::pin(buffered_write(k, file, iov, pos, Touched::UnderTheLock)),
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};
