//! S4 (and S5's count): what a write may return, given its source, its destination and the faults that hit it. (What
//! other calls may return is in `errors.rs`.)

use super::Context;
use super::errors::{self, complain, has_reason};
use super::source::{Bad, SourceMap};
use crate::exercised::{Quirk, QuirkSeen};
use crate::model::{Interval, interval, write_length};
use crate::{Call, Errno, FaultKind, FaultSet, OperationId, Outcome, Profile, Rule, Span};

/// Judges every write that returned.
pub(super) fn check(context: &mut Context<'_>) {
    for index in 0..context.history.operations.len() {
        let id = OperationId(index as u8);
        let operation = &context.history.operations[index];
        let (Some(outcome), Some(when)) = (operation.outcome, interval(context.history, id)) else { continue };
        if let Call::Write { segments, .. } = operation.call {
            context.exercised.count(Rule::S4);
            match write(context, id, segments, outcome, when, context.profile) {
                Some(message) => complain(context, id, message),
                None => note_short_count(context, id, segments, outcome, when),
            }
        }
    }
}

/// Counts the short counts that only the strictest profile rejects.
fn note_short_count(context: &mut Context<'_>, id: OperationId, segments: Span, outcome: Outcome, when: Interval) {
    let asked = write_length(context.history, segments);
    let counted = match outcome {
        Outcome::Done(counted) if counted < asked => counted,
        Outcome::Failed(Errno::EFAULT) => 0,
        _ => return,
    };
    context.exercised.count(Rule::S5);
    if write(context, id, segments, outcome, when, Profile::PosixStrict).is_none() {
        return;
    }
    let operation = &context.history.operations[id.index()];
    let Call::Write { file, offset, .. } = operation.call else { return };
    let start = offset.or(operation.position).unwrap_or(0) + counted;
    let quirk = Quirk::ShortCount;
    context.exercised.count_quirk(quirk);
    context.quirks.push(QuirkSeen { quirk, file: Some(file), start, end: start, operation: Some(id), way: None });
}

/// What is wrong with the return value of a write, if anything is.
fn write(
    context: &Context<'_>,
    id: OperationId,
    segments: Span,
    outcome: Outcome,
    when: Interval,
    profile: Profile,
) -> Option<String> {
    let asked = write_length(context.history, segments);
    let source = SourceMap { history: context.history, model: context.model, segments, when };
    match outcome {
        Outcome::Done(0) if asked == 0 => None,
        _ if asked == 0 => Some("a write of nothing must return 0".to_owned()),
        Outcome::Done(count) => counted(context, id, &source, asked, count, profile),
        Outcome::Failed(errno) => failed(context, id, &source, errno, profile),
        Outcome::BusError | Outcome::SegmentationFault => Some("a write cannot raise a signal".to_owned()),
    }
}

fn counted(
    context: &Context<'_>,
    id: OperationId,
    source: &SourceMap<'_>,
    asked: u32,
    count: u32,
    profile: Profile,
) -> Option<String> {
    let bound = source.first(0, Bad::Throughout).unwrap_or(asked);
    if count > bound {
        return Some(format!("the write returned {count}, but only {bound} could be copied"));
    }
    if count == asked {
        return None;
    }
    if count == 0 {
        return Some("a write of something returned 0".to_owned());
    }
    if shortened(context.history.operations[id.index()].faults) {
        return None;
    }
    let Some(bad) = source.first(count, Bad::Somewhen) else {
        return Some(format!("the write returned {count} of {asked}, but its source was good"));
    };
    let enough = match profile {
        Profile::PosixStrict => count == bad || source.is_boundary(count),
        Profile::Linux | Profile::Xfs => count >= floor(context, id, bad),
    };
    (!enough).then(|| format!("the write returned {count}, but its source was good up to {bad}"))
}

fn failed(
    context: &Context<'_>,
    id: OperationId,
    source: &SourceMap<'_>,
    errno: Errno,
    profile: Profile,
) -> Option<String> {
    if errno != Errno::EFAULT {
        return (!has_reason(context, id, errno)).then(|| errors::without_reason("write", errno));
    }
    // There was no memory for a page of the source.
    if context.history.operations[id.index()].faults.contains(FaultKind::NoMemory) {
        return None;
    }
    let Some(bad) = source.first(0, Bad::Somewhen) else {
        return Some("the write failed with EFAULT, but its source was good".to_owned());
    };
    let nothing = match profile {
        Profile::PosixStrict => bad == 0,
        Profile::Linux | Profile::Xfs => floor(context, id, bad) == 0,
    };
    (!nothing).then(|| format!("the write failed with EFAULT, but its source was good up to {bad}"))
}

/// Whether a fault may end a write early, with what it has counted so far. A truncated page may not: the write must
/// look it up again.
fn shortened(faults: FaultSet) -> bool {
    let kinds = [
        FaultKind::NoMemory,
        FaultKind::NoSpace,
        FaultKind::ReadError,
        FaultKind::WriteError,
        FaultKind::PartialCommit,
        FaultKind::FailedCommit,
        FaultKind::Signal,
    ];
    kinds.iter().any(|&kind| faults.contains(kind))
}

/// The cells before `bad` that must be counted: those in the pages of the destination before the page that `bad`
/// belongs to.
fn floor(context: &Context<'_>, id: OperationId, bad: u32) -> u32 {
    let operation = &context.history.operations[id.index()];
    let offset = match operation.call {
        Call::Write { offset: Some(offset), .. } => Some(offset),
        _ => operation.position,
    };
    let page = context.history.page;
    offset.map_or(0, |offset| ((offset + bad) / page * page).saturating_sub(offset))
}
