//! S4 for every call: an error has its reason, and a success hides none.

use super::Context;
use crate::finding::Finding;
use crate::model::{Interval, failed, interval, moment, write_length};
use crate::{Call, Class, Errno, Failure, FaultKind, FileId, OperationId, Outcome, Rule};

/// Judges every call except writes (`returned.rs` judges their counts and errors) and memory accesses (they end in
/// signals).
pub(super) fn check(context: &mut Context<'_>) {
    for index in 0..context.history.operations.len() {
        let id = OperationId(index as u8);
        let operation = &context.history.operations[index];
        let message = match (operation.call, operation.outcome) {
            (Call::Write { .. } | Call::Load { .. } | Call::Store { .. }, _) | (_, None) => None,
            (Call::Fsync { file }, Some(Outcome::Done(_))) => concealed(context, id, file),
            (_, Some(Outcome::Done(_))) => None,
            (call, Some(Outcome::Failed(errno))) => {
                context.exercised.count(Rule::S4);
                (!has_reason(context, id, errno)).then(|| without_reason(name(&call), errno))
            }
            (call, Some(_)) => Some(format!("a {} cannot raise a signal", name(&call))),
        };
        if let Some(message) = message {
            complain(context, id, message);
        }
    }
}

/// Notes that a call returned something that it cannot return.
pub(super) fn complain(context: &mut Context<'_>, id: OperationId, message: String) {
    let mut finding = Finding::of(Rule::S4, Class::Return, message).by(id);
    finding.file = file_of(&context.history.operations[id.index()].call);
    context.findings.push(finding);
}

const fn file_of(call: &Call) -> Option<FileId> {
    match *call {
        Call::Write { file, .. }
        | Call::Read { file, .. }
        | Call::Stat { file }
        | Call::Truncate { file, .. }
        | Call::Punch { file, .. }
        | Call::Invalidate { file, .. }
        | Call::Fsync { file } => Some(file),
        _ => None,
    }
}

/// The words for an error that nothing explains.
pub(super) fn without_reason(call: &str, errno: Errno) -> String {
    match errno {
        Errno::EDEADLK => "a call failed with EDEADLK: the kernel gave up on a deadlock of its own".to_owned(),
        _ => format!("the {call} failed with {errno:?}, but nothing of the kind had happened"),
    }
}

/// The name of a call in a message.
const fn name(call: &Call) -> &'static str {
    match call {
        Call::Write { .. } => "write",
        Call::Read { .. } => "read",
        Call::Stat { .. } => "stat",
        Call::Load { .. } => "load",
        Call::Store { .. } => "store",
        Call::Truncate { .. } => "truncate",
        Call::Punch { .. } => "punch",
        Call::Unmap { .. } => "munmap",
        Call::DontNeed { .. } => "madvise",
        Call::Invalidate { .. } => "invalidation",
        Call::Fsync { .. } => "fsync",
        Call::Crash => "crash",
        Call::Other => "call",
    }
}

/// Whether something happened that explains this error of this call.
pub(super) fn has_reason(context: &Context<'_>, id: OperationId, errno: Errno) -> bool {
    let operation = &context.history.operations[id.index()];
    let hit = |kind| operation.faults.contains(kind);
    match errno {
        Errno::ENOMEM => hit(FaultKind::NoMemory) || matches!(operation.call, Call::Other),
        Errno::ENOSPC => hit(FaultKind::NoSpace) || hit(FaultKind::FailedCommit),
        Errno::EINTR => hit(FaultKind::Signal),
        Errno::EIO => {
            // Who writes out may have to read what is to be written with it.
            let reads = matches!(operation.call, Call::Fsync { .. }) && hit(FaultKind::ReadError);
            reads
                || hit(FaultKind::FailedCommit)
                || hit(FaultKind::PartialCommit)
                || disk_failed(context, id, &operation.call)
        }
        // The kernel's own memory cannot be unmapped, and locked memory cannot be given back.
        Errno::EINVAL => matches!(operation.call, Call::Unmap { .. } | Call::DontNeed { .. } | Call::Other),
        Errno::EBUSY => matches!(operation.call, Call::Invalidate { .. }),
        Errno::EFAULT | Errno::EDEADLK | Errno::EAGAIN => false,
    }
}

/// Whether the disk failed in a range that this call used.
fn disk_failed(context: &Context<'_>, id: OperationId, call: &Call) -> bool {
    let history = context.history;
    let Some(when) = interval(history, id) else { return false };
    let failed_in = |file: FileId, (start, end): (u32, u32)| {
        let page = history.page;
        let range = (start / page * page, end.div_ceil(page).max(start / page + 1).saturating_mul(page));
        let mut kinds = [FaultKind::ReadError, FaultKind::WriteError].into_iter();
        kinds.any(|kind| failed(history, kind, file, range, when))
    };
    match *call {
        // The page in which the file ended may have to be read too.
        Call::Write { file, offset, segments } => {
            let Some(offset) = offset.or(history.operations[id.index()].position) else {
                return failed_in(file, (0, u32::MAX));
            };
            let first = offset.min(context.model.size(file).least(when));
            failed_in(file, (first, offset + write_length(history, segments)))
        }
        Call::Read { file, offset, length } => failed_in(file, (offset, offset + length)),
        Call::Truncate { file, size, .. } => {
            failed_in(file, (size.min(context.model.size(file).least(when)), u32::MAX))
        }
        Call::Punch { file, offset, length } => failed_in(file, (offset, offset + length)),
        Call::Fsync { file } => may_report(context, id, file, when),
        // Dirty pages stay where they are.
        Call::Invalidate { .. } => true,
        // It is not known which pages it used.
        Call::Other => {
            let of_disk = |it: &&Failure| it.kind != FaultKind::PartialCommit;
            history.failures.iter().filter(of_disk).any(|it| moment(it.at).overlaps(when))
        }
        _ => false,
    }
}

/// Whether a write of this file to the disk failed before the fsync ended, and no other fsync has certainly reported it
/// before this one began.
fn may_report(context: &Context<'_>, id: OperationId, file: FileId, when: Interval) -> bool {
    let told = |at: Interval| other_reports(context, id, file).any(|it| at.precedes(it) && it.precedes(when));
    write_failures(context, file).map(|it| moment(it.at)).any(|at| at.from <= when.to && !told(at))
}

/// A write of this file to the disk that failed before the fsync was called, and that no call can have reported yet.
fn unreported(context: &Context<'_>, id: OperationId, file: FileId, when: Interval) -> Option<Failure> {
    let told = |failure: &Failure| {
        let at = moment(failure.at);
        failure.by.is_some_and(|by| fell_short(context, by))
            || is_not_known_yet(context, failure, file, when)
            || other_reports(context, id, file).any(|it| at.from <= it.to && it.from <= when.to)
    };
    // A failure without a file may belong to another file.
    let mut certain = write_failures(context, file).filter(|it| it.file.is_some());
    certain.find(|it| moment(it.at).precedes(when) && !told(it)).copied()
}

/// Whether whoever wrote is still under way, and a truncate takes what was refused: then this fsync need not wait for
/// it, and nobody knows of the error yet.
fn is_not_known_yet(context: &Context<'_>, failure: &Failure, file: FileId, when: Interval) -> bool {
    let history = context.history;
    let is_under_way = |by| interval(history, by).is_none_or(|it| it.to >= when.from);
    let cuts = |it: &usize| match history.operations[*it].call {
        Call::Truncate { file: it, size, .. } => it == file && size <= failure.start,
        _ => false,
    };
    let began = |it: usize| interval(history, OperationId(it as u8)).is_some_and(|it| it.from <= when.to);
    failure.by.is_some_and(is_under_way) && (0..history.operations.len()).filter(cuts).any(began)
}

fn write_failures<'a>(context: &Context<'a>, file: FileId) -> impl Iterator<Item = &'a Failure> + use<'a> {
    let of_file = move |it: &&Failure| it.kind == FaultKind::WriteError && it.file.is_none_or(|of| of == file);
    context.history.failures.iter().filter(of_file)
}

/// The intervals of the other calls of fsync that failed.
fn other_reports<'a>(context: &Context<'a>, id: OperationId, file: FileId) -> impl Iterator<Item = Interval> + use<'a> {
    let history = context.history;
    let failed = move |it: &usize| {
        let operation = &history.operations[*it];
        *it != id.index() && operation.call == Call::Fsync { file } && has_failed(operation.outcome)
    };
    (0..history.operations.len()).filter(failed).filter_map(|it| interval(history, OperationId(it as u8)))
}

/// Whether an operation reported by an error or its count that it was incomplete, or never returned because the power
/// went out.
fn fell_short(context: &Context<'_>, id: OperationId) -> bool {
    let operation = &context.history.operations[id.index()];
    match (operation.call, operation.outcome) {
        (Call::Write { segments, .. }, Some(Outcome::Done(count))) => count < write_length(context.history, segments),
        (_, outcome) => outcome.is_none() || has_failed(outcome),
    }
}

const fn has_failed(outcome: Option<Outcome>) -> bool {
    matches!(outcome, Some(Outcome::Failed(_)))
}

/// An fsync that succeeded although data of its file never reached the disk and no call reported that.
fn concealed(context: &mut Context<'_>, id: OperationId, file: FileId) -> Option<String> {
    let when = interval(context.history, id)?;
    context.exercised.count(Rule::S4);
    let failure = unreported(context, id, file, when)?;
    let Failure { start, end, at, .. } = failure;
    let what = format!("the disk refused cells {start} to {end} at step {at}, and no call had told of that");
    Some(format!("the fsync returned 0, although {what}"))
}
