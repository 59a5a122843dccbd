//! Injected faults: whom they hit, and the signals among them.

use super::Base;
use crate::trace::Event;
use case::Fault;
use oracle::{FaultKind, OperationId};

impl Base {
    /// A chance for `kind` to go wrong: whether it does, and then which fault it is.
    #[inline]
    pub(crate) fn chance(&mut self, kind: FaultKind) -> Option<Fault> {
        let hit = self.plan.chance(kind)?;
        self.blame(self.operation_of(self.current), kind);
        Some(hit)
    }

    /// `fatal_signal_pending`: a signal is to one process, stays pending, and is never pending for the kernel's own
    /// threads.
    pub(crate) fn signal_pending(&mut self) -> bool {
        let Some(mm) = self.current_mm() else { return false };
        if self.killed & 1 << mm != 0 {
            self.blame(self.operation_of(self.current), FaultKind::Signal);
            return true;
        }
        let comes = self.chance(FaultKind::Signal).is_some();
        self.killed |= u8::from(comes) << mm;
        comes
    }

    /// Whether the task that runs never gets back to its program.
    pub(crate) fn is_killed(&self) -> bool {
        self.current_mm().is_some_and(|mm| self.killed & 1 << mm != 0)
    }

    /// Notes in the history that a fault hit an operation.
    pub(crate) fn blame(&mut self, operation: Option<OperationId>, kind: FaultKind) {
        self.note(Event::Injected(kind));
        if let Some(operation) = operation {
            self.history.operations[operation.index()].faults.insert(kind);
        }
    }
}
