//! `no-prefault`: patch 5 of Piggin's series (2007-02-04 08:50), on patches 3 and 4: with `CONFIG_DEBUG_VM` the source is not touched
//! beforehand, so that every source page that is not present faults under the page's lock.

use crate::shared::series::{self, Prefault, UpTo};
use machine::{Interface, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "no-prefault",
    what: "the same as whole-chunk with the prefault compiled out: cold sources fault under the page's lock",
    who: "Piggin, patch 5 of 2007-02-04 08:50 (a debugging aid)",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| Box::pin(series::buffered_write(k, file, iov, pos, UpTo::Patch3, Prefault::CompiledOut)),
    ..Strategy::USUAL
};
