//! What is claimed of the strategies after the thread, by those who mended them.

use super::Standing::BorneOut;
use super::{Claim, claim, shows};
use machine::{Class, Defect};

pub(super) const CLAIMS: &[Claim] = &[
    claim(
        "write-begin-2.6.24",
        "the fix of February 2008",
        "Linux 2.6.24.3",
        "an empty segment in the middle of a vector is never left",
        BorneOut(shows(Defect::EmptySegmentsStay, Class::Livelock, "")),
    ),
    claim(
        "iomap-write-iter-6.1",
        "its successor",
        "Linux 6.2",
        "a cached mapping of the extent can be out of date when the folio is locked: what was written since is taken for a hole",
        BorneOut(shows(Defect::StaleMappingIsBelieved, Class::Zero, "persistent")),
    ),
];
