//! `prefault-all`: Morton's aside of 2007-02-06 05:30, which he calls idiotic himself: to have one prepare and commit a page again, touch all
//! the segments of the chunk, up to 1,024 pages, before the page is locked. They are touched, not pinned.
//!
//! A sentence in the thread, no patch. Taken here: the loop after patch 3, with that prefault in the place of the first segment's.

use crate::shared::series::{self, Prefault, UpTo};
use machine::{Interface, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "prefault-all",
    what: "whole-chunk, with every segment of the chunk touched beforehand",
    who: "Morton, 2007-02-06 05:30",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| {
        Box::pin(series::buffered_write(k, file, iov, pos, UpTo::Patch3, Prefault::AllSegments))
    },
    ..Strategy::USUAL
};
