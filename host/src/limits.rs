//! What a case asks for that this kernel or directory cannot provide. Each such limit is reported, never skipped in
//! silence.

use crate::refusal::Refusal;
use case::{Case, FaultForm, Invalidation, MemoryKind, TaskOperation};
use std::collections::BTreeSet;

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)*) => {
        /// Something that is not possible.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Limit { $($(#[$doc])* $name,)* }

        impl Limit {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// What is missing, and what is done instead.
            #[must_use]
            pub const fn describe(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

limits! {
    /// A task without an mm.
    KernelThread => "a kernel thread: runs as an ordinary task, from ordinary memory",
    /// More than one address space.
    AddressSpaces => "several address spaces: all tasks share one",
    /// Injected faults.
    Faults => "injected faults of the kernel: left out",
    /// Options of the simulated machine.
    MachineOptions => "options of the simulated machine: left out",
    /// A truncate without the inode's lock.
    UnlockedTruncate => "a truncate without the inode's lock: left out",
    /// `invalidate-all`.
    InvalidateAll => "invalidation of pages in use: only what is not in use is dropped",
    /// Pages that are in the cache without being uptodate.
    PartlyUptodate => "pages that are cached but not uptodate: not cached at all",
    /// A private mapping cannot be swapped out.
    PrivateReclaim => "reclaim of a private mapping's pages: left out",
    /// `mlock` of a private mapping.
    PrivateLock => "mlock of a private mapping that is stored to, which would copy its pages: left out",
    /// A crash.
    Crash => "a crash: the case ends there, and its files are looked at without one",
    /// A loss of power before each write to the disk, without a log of writes.
    Prefixes => "a crash before each write to the disk: the case crashes where it says, and nowhere else",
    /// A filesystem without a disk.
    AlwaysCached => "pages that are not in the cache: this filesystem has no other place for them",
    /// No `fallocate`.
    NoPreallocation => "blocks that are allocated but not written: this filesystem has none",
    /// No `FALLOC_FL_PUNCH_HOLE`.
    NoPunch => "hole punches: this filesystem has none",
    /// A write that copies what it has just written, repeatedly.
    DeepCopies => "too many copies of copies to tell them apart: the content that such a run shows is not judged",
    /// Two tasks waited for one page, which was taken away meanwhile.
    WokenTogether => "waking one of two tasks that wait for the same page: both are woken, and the schedule does not decide which goes first",
    /// A size or count that is not a multiple of a cell.
    OddCount => "a size or count within a cell: counted down to the cell",
}

impl Limit {
    /// Whether the run did not do something that the case says: then what it does not show may be there all the same.
    #[must_use]
    pub const fn leaves_out(self) -> bool {
        matches!(
            self,
            Self::Faults
                | Self::UnlockedTruncate
                | Self::PrivateReclaim
                | Self::PrivateLock
                | Self::Crash
                | Self::NoPreallocation
                | Self::NoPunch
        )
    }
}

/// Which limits were met, and what the kernel refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    met: BTreeSet<Limit>,
    refused: BTreeSet<Refusal>,
}

impl Limits {
    /// Notes a limit.
    pub fn note(&mut self, limit: Limit) {
        self.met.insert(limit);
    }

    /// Notes a call that the kernel refused.
    pub fn refuse(&mut self, refusal: Refusal) {
        self.refused.insert(refusal);
    }

    /// Whether something that the case says was left out or refused.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        !self.refused.is_empty() || self.met.iter().any(|it| it.leaves_out())
    }

    /// Whether a limit was met.
    #[must_use]
    pub fn has(&self, limit: Limit) -> bool {
        self.met.contains(&limit)
    }

    /// Adds those of another run.
    pub fn merge(&mut self, other: &Self) {
        self.met.extend(&other.met);
        self.refused.extend(&other.refused);
    }

    /// The limits, in order.
    pub fn met(&self) -> impl Iterator<Item = Limit> + '_ {
        self.met.iter().copied()
    }

    /// The limits, in order, then what was refused; in words.
    pub fn words(&self) -> impl Iterator<Item = String> + '_ {
        let met = self.met.iter().map(|it| it.describe().to_owned());
        met.chain(self.refused.iter().map(|it| format!("the kernel refused {it}")))
    }

    /// The limits that any kernel has for a case, as far as its text tells.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        let mut limits = Self::default();
        let mut note = |met: bool, limit: Limit| {
            if met {
                limits.note(limit);
            }
        };
        note(case.tasks.iter().any(|it| it.mm.is_none()), Limit::KernelThread);
        let other_mm = |mm: Option<u8>| mm.is_some_and(|mm| mm != 0);
        let memories = case.memories.iter().any(|it| other_mm(it.mm));
        note(memories || case.tasks.iter().any(|it| other_mm(it.mm)), Limit::AddressSpaces);
        note(!case.faults.is_empty(), Limit::Faults);
        let (machine, usual) = (case.machine, case::MachineOptions::default());
        let fault = FaultForm::default();
        note(case::MachineOptions { fault, ..machine } != usual, Limit::MachineOptions);
        for operation in case.tasks.iter().flat_map(|it| &it.operations) {
            match operation {
                TaskOperation::Truncate { locked: false, .. } => note(true, Limit::UnlockedTruncate),
                TaskOperation::Invalidate { kind: Invalidation::All, .. } => note(true, Limit::InvalidateAll),
                TaskOperation::ReclaimPte { memory, .. } => {
                    let is_private = matches!(case.memories[*memory].kind, MemoryKind::Map { shared: false, .. });
                    note(is_private, Limit::PrivateReclaim);
                }
                _ => {}
            }
        }
        limits
    }
}

/// Whether a memory is a private mapping that some task stores to.
pub(crate) fn is_stored_privately(case: &Case, memory: usize) -> bool {
    let is_private = matches!(case.memories[memory].kind, MemoryKind::Map { shared: false, .. });
    let stores = |it: &TaskOperation| matches!(it, TaskOperation::Store { memory: it, .. } if *it == memory);
    is_private && case.tasks.iter().flat_map(|it| &it.operations).any(stores)
}
