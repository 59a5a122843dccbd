//! S7: what a load or store through a mapping may end in. (What a load sees is judged with all other reads.)

use super::Context;
use crate::finding::Finding;
use crate::model::interval;
use crate::{Call, Class, FaultKind, OperationId, Outcome, Rule};

/// Judges every `SIGBUS`, and counts the looks through mappings.
pub(super) fn check(context: &mut Context<'_>) {
    for index in 0..context.history.operations.len() {
        let id = OperationId(index as u8);
        let operation = &context.history.operations[index];
        let (Call::Load { memory, offset, length } | Call::Store { memory, offset, length }) = operation.call else {
            continue;
        };
        let Some((file, base)) = context.history.memories[memory.index()].mapped else { continue };
        let Some(when) = interval(context.history, id).filter(|_| operation.outcome.is_some()) else { continue };
        context.exercised.count(Rule::S7);
        let excused = context.model.io_error || operation.faults.contains(FaultKind::NoMemory);
        if operation.outcome != Some(Outcome::BusError) || excused {
            continue;
        }
        let page = context.history.page;
        let last_page = (base + (offset + length).saturating_sub(1)) / page * page;
        let least = context.model.size(file).least(when);
        if least > last_page {
            let message =
                format!("SIGBUS at most at page {}, but the file was never shorter than {least}", last_page / page);
            let finding = Finding::of(Rule::S7, Class::Return, message);
            context.findings.push(finding.in_file(file, base + offset, base + offset + length).by(id));
        }
    }
}
