//! How often each rule had something to decide, and how often each quirk was seen.

use crate::{FileId, OperationId, Rule, Way};

/// Behaviour of real kernels that the rules forbid but a profile allows: counted by name, and not reported as a
/// violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Quirk {
    /// Q1: a reader that sampled the size before a truncate saw the zeroes that the truncate made.
    TruncateZeroes,
    /// Q2: a store past the end of the file surfaced when the file grew.
    PastEndStore,
    /// A read saw part of a write.
    TornRead,
    /// A read that raced with a truncate ended between the old size and the new one.
    TornSize,
    /// Q3: after a failed write to the disk, what the disk held before was read as the file's content.
    LostToWriteError,
    /// A write whose source became unreadable counted less than was readable: it dropped what it had copied to the
    /// page where that happened.
    ShortCount,
    /// Q4: after a crash, a filesystem without a journal showed what a block had held before: it had the block before
    /// its data.
    UnorderedMetadata,
}

impl Quirk {
    /// All of them, in order.
    pub const ALL: &[Self] = &[
        Self::TruncateZeroes,
        Self::PastEndStore,
        Self::TornRead,
        Self::TornSize,
        Self::ShortCount,
        Self::LostToWriteError,
        Self::UnorderedMetadata,
    ];

    /// The name in reports and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TruncateZeroes => "Q1",
            Self::PastEndStore => "Q2",
            Self::TornRead => "torn-read",
            Self::TornSize => "torn-size",
            Self::ShortCount => "short-count",
            Self::LostToWriteError => "Q3",
            Self::UnorderedMetadata => "Q4",
        }
    }
}

/// Where a quirk was seen and let pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuirkSeen {
    /// Which.
    pub quirk: Quirk,
    /// The file.
    pub file: Option<FileId>,
    /// The range in the file, in cells.
    pub start: u32,
    /// One past the last cell of the range.
    pub end: u32,
    /// The operation that saw it; `None` if it was seen at rest.
    pub operation: Option<OperationId>,
    /// How it was seen at rest, if it was seen there.
    pub way: Option<Way>,
}

/// Counters, cumulative over all histories that a checker has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exercised {
    rules: [u64; Rule::ALL.len()],
    quirks: [u64; Quirk::ALL.len()],
    unanswered: u64,
}

impl Exercised {
    /// How often a rule had something to decide: a read with more than one possible version for R1, a short write for
    /// S5, and so on. A rule that is still at 0 was not tested.
    #[must_use]
    pub const fn rule(&self, rule: Rule) -> u64 {
        self.rules[rule as usize]
    }

    /// How often a quirk was seen and let pass.
    #[must_use]
    pub const fn quirk(&self, quirk: Quirk) -> u64 {
        self.quirks[quirk as usize]
    }

    /// How often the search for where a copy came from was given up, and the cells taken for legal. Only a few large
    /// histories need so many steps.
    #[must_use]
    pub const fn unanswered(&self) -> u64 {
        self.unanswered
    }

    /// Adds the counts of another checker, such as that of another thread.
    pub fn add(&mut self, other: &Self) {
        for (sum, it) in self.rules.iter_mut().zip(other.rules) {
            *sum += it;
        }
        for (sum, it) in self.quirks.iter_mut().zip(other.quirks) {
            *sum += it;
        }
        self.unanswered += other.unanswered;
    }

    pub(crate) const fn count_unanswered(&mut self, questions: u64) {
        self.unanswered += questions;
    }

    pub(crate) const fn count(&mut self, rule: Rule) {
        self.rules[rule as usize] += 1;
    }

    pub(crate) const fn count_quirk(&mut self, quirk: Quirk) {
        self.quirks[quirk as usize] += 1;
    }
}
