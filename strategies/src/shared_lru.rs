//! `shared-lru`: patch 7 of Piggin's series (2007-02-04 08:50), on patch 6: a write has neither a spare page nor a pagevec of its own: new
//! pages are collected for the LRU lists a processor at a time, over many writes. Nothing else changes.

use crate::shared::series::{self, Prefault, UpTo};
use machine::{Difference, Interface, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "shared-lru",
    what: "trim-blocks, with new pages collected for the LRU lists by the processor and not by the write",
    who: "Piggin, patch 7 of 2007-02-04 08:50",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| Box::pin(series::buffered_write(k, file, iov, pos, UpTo::Patch7, Prefault::FirstSegment)),
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};
