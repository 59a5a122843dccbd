//! The kinds of operations and faults, as sets that narrow the generator to what a strategy supports.

use crate::{Injection, Invalidation, TaskOperation};

/// The kind of a [`TaskOperation`]: its keyword in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is the operation of that name")]
pub enum OperationKind {
    Write,
    Append,
    Read,
    Stat,
    Load,
    Store,
    Truncate,
    TruncateUnlocked,
    Punch,
    Munmap,
    Mremap,
    DontNeed,
    Mlock,
    ReclaimPte,
    Reclaim,
    Invalidate,
    InvalidateAll,
    Writeback,
    Fsync,
    Crash,
}

impl OperationKind {
    /// All of them, in order.
    pub const ALL: [Self; 20] = [
        Self::Write,
        Self::Append,
        Self::Read,
        Self::Stat,
        Self::Load,
        Self::Store,
        Self::Truncate,
        Self::TruncateUnlocked,
        Self::Punch,
        Self::Munmap,
        Self::Mremap,
        Self::DontNeed,
        Self::Mlock,
        Self::ReclaimPte,
        Self::Reclaim,
        Self::Invalidate,
        Self::InvalidateAll,
        Self::Writeback,
        Self::Fsync,
        Self::Crash,
    ];

    /// The kind of this operation.
    #[must_use]
    pub const fn of(operation: &TaskOperation) -> Self {
        match operation {
            TaskOperation::Write { .. } => Self::Write,
            TaskOperation::Append { .. } => Self::Append,
            TaskOperation::Read { .. } => Self::Read,
            TaskOperation::Stat { .. } => Self::Stat,
            TaskOperation::Load { .. } => Self::Load,
            TaskOperation::Store { .. } => Self::Store,
            TaskOperation::Truncate { locked: true, .. } => Self::Truncate,
            TaskOperation::Truncate { locked: false, .. } => Self::TruncateUnlocked,
            TaskOperation::Punch { .. } => Self::Punch,
            TaskOperation::Munmap { .. } => Self::Munmap,
            TaskOperation::Mremap { .. } => Self::Mremap,
            TaskOperation::DontNeed { .. } => Self::DontNeed,
            TaskOperation::Mlock { .. } => Self::Mlock,
            TaskOperation::ReclaimPte { .. } => Self::ReclaimPte,
            TaskOperation::Reclaim { .. } => Self::Reclaim,
            TaskOperation::Invalidate { kind: Invalidation::Unused, .. } => Self::Invalidate,
            TaskOperation::Invalidate { kind: Invalidation::All, .. } => Self::InvalidateAll,
            TaskOperation::Writeback { .. } => Self::Writeback,
            TaskOperation::Fsync { .. } => Self::Fsync,
            TaskOperation::Crash => Self::Crash,
        }
    }
}

/// A set of kinds of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OperationSet(u32);

impl OperationSet {
    /// All kinds.
    #[must_use]
    pub const fn all() -> Self {
        Self((1 << OperationKind::ALL.len()) - 1)
    }

    /// No kind.
    #[must_use]
    pub const fn none() -> Self {
        Self(0)
    }

    /// This set and that kind.
    #[must_use]
    pub const fn with(self, kind: OperationKind) -> Self {
        Self(self.0 | 1 << kind as u32)
    }

    /// This set less that kind.
    #[must_use]
    pub const fn without(self, kind: OperationKind) -> Self {
        Self(self.0 & !(1 << kind as u32))
    }

    /// Whether the kind is in it.
    #[must_use]
    pub const fn contains(self, kind: OperationKind) -> bool {
        self.0 & 1 << kind as u32 != 0
    }
}

impl Default for OperationSet {
    /// All but a crash: what a crash leaves is its own subject.
    fn default() -> Self {
        Self::all().without(OperationKind::Crash)
    }
}

/// A set of kinds of faults; the cells of a partial commit do not matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InjectionSet(u8);

impl InjectionSet {
    /// All kinds.
    #[must_use]
    pub const fn all() -> Self {
        Self(u8::MAX)
    }

    /// No kind.
    #[must_use]
    pub const fn none() -> Self {
        Self(0)
    }

    /// This set and that kind.
    #[must_use]
    pub const fn with(self, kind: Injection) -> Self {
        Self(self.0 | 1 << fault_number(kind))
    }

    /// This set less that kind.
    #[must_use]
    pub const fn without(self, kind: Injection) -> Self {
        Self(self.0 & !(1 << fault_number(kind)))
    }

    /// Whether the kind is in it.
    #[must_use]
    pub const fn contains(self, kind: Injection) -> bool {
        self.0 & 1 << fault_number(kind) != 0
    }
}

impl Default for InjectionSet {
    fn default() -> Self {
        Self::all()
    }
}

/// One fault of each kind, in the order of their numbers.
pub(crate) const FAULT_KINDS: [Injection; 8] = [
    Injection::NoMemory,
    Injection::NoSpace,
    Injection::ReadError,
    Injection::WriteError,
    Injection::TruncatedPage,
    Injection::PartialCommit { cells: 1 },
    Injection::FailedCommit,
    Injection::Signal,
];

const fn fault_number(kind: Injection) -> u32 {
    match kind {
        Injection::NoMemory => 0,
        Injection::NoSpace => 1,
        Injection::ReadError => 2,
        Injection::WriteError => 3,
        Injection::TruncatedPage => 4,
        Injection::PartialCommit { .. } => 5,
        Injection::FailedCommit => 6,
        Injection::Signal => 7,
    }
}
