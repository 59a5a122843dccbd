//! `whole-chunk`: patch 3 of Piggin's series (2007-02-04 08:50), on patch 2: one prepare and one commit per page,
//! however many segments there are; only the first segment is prefaulted. The deadlock of vectored writes is back
//! until patch 9.

use crate::shared::series::{self, Prefault, UpTo};
use machine::{Interface, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "whole-chunk",
    what: "one prepare and commit a page, over several segments; only the first segment is touched beforehand",
    who: "Piggin, patch 3 of 2007-02-04 08:50, reverting a fix of Morton's",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| Box::pin(series::buffered_write(k, file, iov, pos, UpTo::Patch3, Prefault::FirstSegment)),
    ..Strategy::USUAL
};
