//! `trim-blocks`: patch 6 of Piggin's series (2007-02-04 08:50), on patches 2 to 5 (with the prefault, which only a
//! debugging kernel omits). All errors leave by one label, which unlocks the page and frees the blocks past the end.
//! The result of `commit_write` is only tested for being less than 0, and a chunk whose source became unreadable
//! counts for nothing, although it is committed.

use crate::shared::series::{self, Prefault, UpTo};
use machine::{Difference, Interface, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "trim-blocks",
    what: "whole-chunk, with one way out for all errors, which trims the blocks past the end",
    who: "Piggin, patch 6 of 2007-02-04 08:50",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| Box::pin(series::buffered_write(k, file, iov, pos, UpTo::Patch6, Prefault::FirstSegment)),
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};
