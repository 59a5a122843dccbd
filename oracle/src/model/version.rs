//! A version: what one operation put into a range of cells, and when.

use crate::{Clock, FileId, MemoryId, OperationId};

/// Before every operation.
pub(crate) const BEFORE: Interval = Interval { from: 0, to: 0 };
/// The return of what never returned.
pub(crate) const NEVER: Clock = Clock::MAX;
/// At rest: after every operation that returned.
pub(crate) const REST: Interval = Interval { from: Clock::MAX - 1, to: Clock::MAX - 1 };

/// From a call to its return, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    pub from: Clock,
    pub to: Clock,
}

impl Interval {
    /// Whether this ended strictly before the other began.
    pub(crate) const fn precedes(self, other: Self) -> bool {
        self.to < other.from
    }

    /// Whether there is a moment in both.
    pub(crate) const fn overlaps(self, other: Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }
}

/// What a version does to the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It replaces them.
    Settles,
    /// It is visible only while its operation is under way: data that a write did not count.
    Passing,
    /// It may or may not have happened, and nobody can tell.
    Optional,
    /// A store past the end of the file, inside its last page: a mapping shows it; what a read shows when the file
    /// grows is a quirk.
    PastEnd,
}

/// Where the cells of a version come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file's content at the beginning: the index of the first cell in the history's arena.
    Content(u32),
    /// User memory as it was at the beginning, from this offset on.
    Memory(MemoryId, u32),
    /// Past the end of the file: zero, but not to be read.
    Void,
    /// A zero: a punch, or anonymous memory that was given back.
    Zero,
    /// A write's copy of user memory, from this offset on.
    Copy(MemoryId, u32),
    /// A failed append: nobody knows where it went.
    Append,
    /// A store; the offset in the memory.
    Store(u32),
    /// A private mapping that has no copy of its own (any more) shows the file, from this offset on.
    Through(FileId, u32),
}

/// What one operation put into a range of cells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Version {
    pub start: u32,
    pub end: u32,
    pub when: Interval,
    pub operation: Option<OperationId>,
    pub source: Source,
    pub effect: Effect,
}

impl Version {
    /// Whether it is certainly older than `other` in every order of the operations.
    pub(crate) const fn older_than(&self, other: &Self) -> bool {
        self.when.precedes(other.when)
    }

    /// Whether it copies data of others, and so may look like another version. `changing` has a bit for each memory
    /// that may hold anything but pristine cells.
    pub(crate) const fn is_derived(&self, changing: u32) -> bool {
        match self.source {
            Source::Copy(memory, _) => changing >> memory.0 & 1 == 1,
            Source::Append => true,
            _ => false,
        }
    }

    /// Whether it is a write's data (and not a zero, a store or the beginning).
    pub(crate) const fn is_write(&self) -> bool {
        matches!(self.source, Source::Copy(..) | Source::Append)
    }
}
