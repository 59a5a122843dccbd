//! `unpaging-lock`: Morton, 2007-02-04 09:44: pin the whole mm during the copy, with a lock that the writer holds for reading from before it touches
//! the source until after the copy (and not over the commit), and that everybody who unmaps pages of that mm takes for writing.

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
