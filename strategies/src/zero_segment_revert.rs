//! `zero-segment-revert`: patch 2 of Piggin's series (2007-02-04 08:50), on the baseline. It removes the special case
//! for segments of length 0, which had fixed something that patch 3 will revert. On its own, a write that meets an
//! empty segment prepares, copies and commits nothing, and never gets past it.

use crate::shared::series::{self, Prefault, UpTo};
use machine::{Interface, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "zero-segment-revert",
    what: "one prepare and commit a segment, as the baseline, but a chunk of length 0 is no special case, and advances nothing",
    who: "Piggin, patch 2 of 2007-02-04 08:50, reverting a fix of Morton's",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| Box::pin(series::buffered_write(k, file, iov, pos, UpTo::Patch2, Prefault::FirstSegment)),
    ..Strategy::USUAL
};
