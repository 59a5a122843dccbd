//! S7: how a load or store may end. (R1 judges what a load sees, as for all reads.)

use super::Context;
use super::source::{Bad, Place};
use crate::finding::Finding;
use crate::model::interval;
use crate::{Call, Class, FaultKind, MemoryId, OperationId, Outcome, Rule};

/// Judges every signal, and counts the looks through mappings.
pub(super) fn check(context: &mut Context<'_>) {
    for index in 0..context.history.operations.len() {
        let id = OperationId(index as u8);
        let operation = &context.history.operations[index];
        let Some((memory, offset, length)) = access(&operation.call) else { continue };
        let mapped = context.history.memories[memory.index()].mapped;
        if mapped.is_some() && operation.outcome.is_some() && operation.invoked.is_some() {
            context.exercised.count(Rule::S7);
        }
        let message = match operation.outcome {
            Some(Outcome::BusError) if !has_reason(context, id, false) => "SIGBUS where the file was never shorter",
            Some(Outcome::SegmentationFault) if !has_reason(context, id, true) => "SIGSEGV where memory was mapped",
            Some(Outcome::Failed(_)) => "an access to memory cannot fail with an error number",
            _ => continue,
        };
        let mut finding = Finding::of(Rule::S7, Class::Return, message.to_owned()).by(id);
        if let Some((file, base)) = mapped {
            finding = finding.in_file(file, base + offset, base + offset + length);
        }
        context.findings.push(finding);
    }
}

/// The memory that a load or store accesses, with its offset and length.
const fn access(call: &Call) -> Option<(MemoryId, u32, u32)> {
    match *call {
        Call::Load { memory, offset, length } | Call::Store { memory, offset, length } => {
            Some((memory, offset, length))
        }
        _ => None,
    }
}

/// Whether some page of the access explains its signal.
fn has_reason(context: &Context<'_>, id: OperationId, segment: bool) -> bool {
    let (history, model) = (context.history, context.model);
    let operation = &history.operations[id.index()];
    let Some((memory, offset, length)) = access(&operation.call) else { return false };
    let Some(when) = interval(history, id) else { return true };
    // There was no memory for the page, or no block for it.
    if !segment && (operation.faults.contains(FaultKind::NoMemory) || operation.faults.contains(FaultKind::NoSpace)) {
        return true;
    }
    let pages = offset / history.page..=(offset + length.max(1) - 1) / history.page;
    pages.into_iter().any(|page| {
        let place = Place { history, model, memory, offset: (page * history.page).max(offset) };
        if segment { place.is_unmapped(when, Bad::Somewhen) } else { place.is_unbacked(when, Bad::Somewhen) }
    })
}
