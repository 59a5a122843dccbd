//! The faults that a case injects: each kind goes wrong at its n-th chance.

use crate::state::State;
use crate::trace::Event;
use oracle::FaultKind;

const KINDS: usize = 8;

/// What is still to go wrong.
#[derive(Debug, Default)]
pub(crate) struct FaultPlan {
    faults: Vec<case::Fault>,
    chances: [u32; KINDS],
    /// No fault is injected any more: the machine must come to an end.
    pub healed: bool,
}

impl FaultPlan {
    pub fn reset(&mut self, faults: &[case::Fault]) {
        self.faults.clear();
        self.faults.extend_from_slice(faults);
        self.chances = [0; KINDS];
        self.healed = false;
    }
}

const fn kind_of(kind: case::FaultKind) -> FaultKind {
    match kind {
        case::FaultKind::NoMemory => FaultKind::NoMemory,
        case::FaultKind::NoSpace => FaultKind::NoSpace,
        case::FaultKind::ReadError => FaultKind::ReadError,
        case::FaultKind::WriteError => FaultKind::WriteError,
        case::FaultKind::TruncatedPage => FaultKind::TruncatedPage,
        case::FaultKind::PartialCommit { .. } => FaultKind::PartialCommit,
        case::FaultKind::FailedCommit => FaultKind::FailedCommit,
        case::FaultKind::Signal => FaultKind::Signal,
    }
}

impl State {
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
        let hit = self.plan.faults.iter().find(|fault| {
            let last = fault.at.saturating_add(fault.times - 1);
            // A signal stays pending once it has come.
            kind_of(fault.kind) == kind && fault.at <= now && (now <= last || kind == FaultKind::Signal)
        });
        let hit = *hit?;
        self.blame(self.operation_of(self.current), kind);
        Some(hit)
    }

    /// Notes in the history that a fault hit an operation.
    pub(crate) fn blame(&mut self, operation: Option<oracle::OperationId>, kind: FaultKind) {
        self.note(Event::Injected(kind));
        if let Some(operation) = operation {
            self.history.operations[operation.index()].faults.insert(kind);
        }
    }
}
