//! The kinds of operations and faults, as sets that narrow the generator to what a strategy supports.

use crate::{FaultKind, Invalidation, Operation};

/// The kind of an [`Operation`]: its keyword in the text.
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
    pub const fn of(operation: &Operation) -> Self {
        match operation {
            Operation::Write { .. } => Self::Write,
            Operation::Append { .. } => Self::Append,
            Operation::Read { .. } => Self::Read,
            Operation::Stat { .. } => Self::Stat,
            Operation::Load { .. } => Self::Load,
            Operation::Store { .. } => Self::Store,
            Operation::Truncate { locked: true, .. } => Self::Truncate,
            Operation::Truncate { locked: false, .. } => Self::TruncateUnlocked,
            Operation::Punch { .. } => Self::Punch,
            Operation::Munmap { .. } => Self::Munmap,
            Operation::Mremap { .. } => Self::Mremap,
            Operation::DontNeed { .. } => Self::DontNeed,
            Operation::Mlock { .. } => Self::Mlock,
            Operation::ReclaimPte { .. } => Self::ReclaimPte,
            Operation::Reclaim { .. } => Self::Reclaim,
            Operation::Invalidate { kind: Invalidation::Unused, .. } => Self::Invalidate,
            Operation::Invalidate { kind: Invalidation::All, .. } => Self::InvalidateAll,
            Operation::Writeback { .. } => Self::Writeback,
            Operation::Fsync { .. } => Self::Fsync,
            Operation::Crash => Self::Crash,
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
pub struct FaultSet(u8);

impl FaultSet {
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
    pub const fn with(self, kind: FaultKind) -> Self {
        Self(self.0 | 1 << fault_number(kind))
    }

    /// This set less that kind.
    #[must_use]
    pub const fn without(self, kind: FaultKind) -> Self {
        Self(self.0 & !(1 << fault_number(kind)))
    }

    /// Whether the kind is in it.
    #[must_use]
    pub const fn contains(self, kind: FaultKind) -> bool {
        self.0 & 1 << fault_number(kind) != 0
    }
}

impl Default for FaultSet {
    fn default() -> Self {
        Self::all()
    }
}

/// One fault of each kind, in the order of their numbers.
pub(crate) const FAULT_KINDS: [FaultKind; 8] = [
    FaultKind::NoMemory,
    FaultKind::NoSpace,
    FaultKind::ReadError,
    FaultKind::WriteError,
    FaultKind::TruncatedPage,
    FaultKind::PartialCommit { cells: 1 },
    FaultKind::FailedCommit,
    FaultKind::Signal,
];

const fn fault_number(kind: FaultKind) -> u32 {
    match kind {
        FaultKind::NoMemory => 0,
        FaultKind::NoSpace => 1,
        FaultKind::ReadError => 2,
        FaultKind::WriteError => 3,
        FaultKind::TruncatedPage => 4,
        FaultKind::PartialCommit { .. } => 5,
        FaultKind::FailedCommit => 6,
        FaultKind::Signal => 7,
    }
}
