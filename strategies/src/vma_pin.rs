//! `vma-pin`: Morton's alternative of 2007-02-04 09:44: the same with a lock per vma, whose pages the VM may not
//! unmap while it is held.

use crate::shared::unpaging::{Touched, buffered_write};
use machine::{Difference, Interface, Strategy, UnmapLock};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "vma-pin",
    what: "unpaging-lock, with a lock for each vma",
    who: "Morton, 2007-02-04 09:44",
    calls: Interface::PrepareWrite,
    unmap_lock: UnmapLock::VmaPin,
    write: |k, file, iov, pos| Box::pin(buffered_write(k, file, iov, pos, Touched::UnderTheLock)),
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};
