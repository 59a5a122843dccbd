//! `iovec-cleanup`: patch 8 of Piggin's series (2007-02-04 08:50), on patch 7: the helpers take any number of segments, and the atomic copy
//! and the one that faults are two functions. Until patch 9 only the second is called, and what several segments could not fill is no
//! longer cleared.

use crate::shared::series::{self, Prefault, UpTo};
use machine::{Difference, Interface, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "iovec-cleanup",
    what: "shared-lru, with the faulting copy alone; what several segments could not fill stays as it was",
    who: "Piggin, patch 8 of 2007-02-04 08:50",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| Box::pin(series::buffered_write(k, file, iov, pos, UpTo::Patch8, Prefault::FirstSegment)),
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};
