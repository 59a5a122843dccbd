//! The faults that a case injects: each kind goes wrong at its n-th chance.

use super::Base;
use crate::trace::Event;
use oracle::FaultKind;

const KINDS: usize = 8;

/// What is still to go wrong.
#[derive(Debug, Default)]
pub(crate) struct FaultPlan {
    faults: Vec<case::Fault>,
    chances: [u32; KINDS],
    /// The processes, by their address spaces, that a fatal signal has come to.
    killed: u8,
    /// No fault is injected any more: the machine must come to an end.
    pub healed: bool,
}

impl FaultPlan {
    /// Whether a commit may fail.
    pub fn has_failing_commits(&self) -> bool {
        self.faults.iter().any(|it| it.kind == case::Injection::FailedCommit)
    }

    /// How many chances there were for the kinds of faults that may still come. As long as this stays the same, nothing
    /// that happens brings one nearer.
    pub fn chances_of_what_may_strike(&self) -> u32 {
        if self.healed {
            return 0;
        }
        let chances = |it: &case::Fault| {
            let so_far = self.chances[kind_of(it.kind) as usize];
            if so_far < it.at.saturating_add(it.times - 1) { so_far } else { 0 }
        };
        self.faults.iter().map(chances).sum()
    }

    pub fn reset(&mut self, faults: &[case::Fault]) {
        self.faults.clear();
        self.faults.extend_from_slice(faults);
        self.chances = [0; KINDS];
        self.killed = 0;
        self.healed = false;
    }
}

const fn kind_of(kind: case::Injection) -> FaultKind {
    match kind {
        case::Injection::NoMemory => FaultKind::NoMemory,
        case::Injection::NoSpace => FaultKind::NoSpace,
        case::Injection::ReadError => FaultKind::ReadError,
        case::Injection::WriteError => FaultKind::WriteError,
        case::Injection::TruncatedPage => FaultKind::TruncatedPage,
        case::Injection::PartialCommit { .. } => FaultKind::PartialCommit,
        case::Injection::FailedCommit => FaultKind::FailedCommit,
        case::Injection::Signal => FaultKind::Signal,
    }
}

impl Base {
    /// A chance for `kind` to go wrong: whether it does, and then which fault it is.
    #[inline]
    pub(crate) fn chance(&mut self, kind: FaultKind) -> Option<case::Fault> {
        if self.plan.faults.is_empty() || self.plan.healed {
            return None;
        }
        self.chance_of_planned(kind)
    }

    fn chance_of_planned(&mut self, kind: FaultKind) -> Option<case::Fault> {
        let chance = &mut self.plan.chances[kind as usize];
        *chance += 1;
        let now = *chance;
        let is_due = |fault: &case::Fault| fault.at <= now && now <= fault.at.saturating_add(fault.times - 1);
        let hit = self.plan.faults.iter().find(|fault| kind_of(fault.kind) == kind && is_due(fault));
        let hit = *hit?;
        self.blame(self.operation_of(self.current), kind);
        Some(hit)
    }

    /// `fatal_signal_pending`: a signal is to one process, stays pending, and is never pending for the kernel's own
    /// threads.
    pub(crate) fn signal_pending(&mut self) -> bool {
        let Some(mm) = self.current_mm() else { return false };
        if self.plan.killed & 1 << mm != 0 {
            self.blame(self.operation_of(self.current), FaultKind::Signal);
            return true;
        }
        let comes = self.chance(FaultKind::Signal).is_some();
        self.plan.killed |= u8::from(comes) << mm;
        comes
    }

    /// Whether the task that runs never gets back to its program.
    pub(crate) fn is_killed(&self) -> bool {
        self.current_mm().is_some_and(|mm| self.plan.killed & 1 << mm != 0)
    }

    /// Notes in the history that a fault hit an operation.
    pub(crate) fn blame(&mut self, operation: Option<oracle::OperationId>, kind: FaultKind) {
        self.note(Event::Injected(kind));
        if let Some(operation) = operation {
            self.history.operations[operation.index()].faults.insert(kind);
        }
    }
}
