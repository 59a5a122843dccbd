//! The faults that a case injects: each kind goes wrong at its n-th chance.

use case::{Fault, Injection};
use oracle::FaultKind;

const KINDS: usize = 8;

/// What is still to go wrong.
#[derive(Debug, Default)]
pub struct FaultPlan {
    faults: Vec<Fault>,
    chances: [u32; KINDS],
    /// No fault is injected any more: the run must come to an end.
    pub healed: bool,
}

impl FaultPlan {
    /// A run begins: with these faults.
    pub fn reset(&mut self, faults: &[Fault]) {
        self.faults.clear();
        self.faults.extend_from_slice(faults);
        self.chances = [0; KINDS];
        self.healed = false;
    }

    /// Whether a commit may fail.
    #[must_use]
    pub fn has_failing_commits(&self) -> bool {
        self.faults.iter().any(|it| it.kind == Injection::FailedCommit)
    }

    /// How many chances there were for the kinds of faults that may still come. As long as this stays the same, nothing
    /// that happens brings one nearer.
    #[must_use]
    pub fn chances_of_what_may_strike(&self) -> u32 {
        if self.healed {
            return 0;
        }
        let chances = |it: &Fault| {
            let so_far = self.chances[kind_of(it.kind) as usize];
            if so_far < it.at.saturating_add(it.times - 1) { so_far } else { 0 }
        };
        self.faults.iter().map(chances).sum()
    }

    /// A chance for `kind` to go wrong: whether it does, and then which fault it is.
    #[inline]
    pub fn chance(&mut self, kind: FaultKind) -> Option<Fault> {
        if self.faults.is_empty() || self.healed {
            return None;
        }
        self.chance_of_planned(kind)
    }

    fn chance_of_planned(&mut self, kind: FaultKind) -> Option<Fault> {
        let chance = &mut self.chances[kind as usize];
        *chance += 1;
        let now = *chance;
        let is_due = |fault: &Fault| fault.at <= now && now <= fault.at.saturating_add(fault.times - 1);
        self.faults.iter().find(|fault| kind_of(fault.kind) == kind && is_due(fault)).copied()
    }
}

const fn kind_of(kind: Injection) -> FaultKind {
    match kind {
        Injection::NoMemory => FaultKind::NoMemory,
        Injection::NoSpace => FaultKind::NoSpace,
        Injection::ReadError => FaultKind::ReadError,
        Injection::WriteError => FaultKind::WriteError,
        Injection::TruncatedPage => FaultKind::TruncatedPage,
        Injection::PartialCommit { .. } => FaultKind::PartialCommit,
        Injection::FailedCommit => FaultKind::FailedCommit,
        Injection::Signal => FaultKind::Signal,
    }
}
