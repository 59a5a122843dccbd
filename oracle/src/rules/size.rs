//! S1 and S3: every size seen is one that the file had, and reads end where such a size says.

use super::Context;
use crate::exercised::{Quirk, QuirkSeen};
use crate::finding::Finding;
use crate::model::{Interval, REST, failed, interval};
use crate::{Call, Class, FaultKind, FileId, OperationId, Outcome, Profile, Rule, Way};

/// Judges every read, stat and look at rest.
pub(super) fn check(context: &mut Context<'_>) {
    for index in 0..context.history.operations.len() {
        let id = OperationId(index as u8);
        match context.history.operations[index].call {
            Call::Read { file, offset, length } => read(context, id, file, offset, length),
            Call::Stat { file } => stat(context, id, file),
            _ => {}
        }
    }
    // After a crash the size is whatever was durable, and S9 judges it.
    if !context.history.operations.iter().any(|it| matches!(it.call, Call::Crash) && it.invoked.is_some()) {
        at_rest(context);
    }
}

fn read(context: &mut Context<'_>, id: OperationId, file: FileId, offset: u32, length: u32) {
    let operation = &context.history.operations[id.index()];
    let (Some(Outcome::Done(count)), Some(when)) = (operation.outcome, interval(context.history, id)) else { return };
    let size = context.model.size(file);
    context.exercised.count(Rule::S1);
    let end = offset + count;
    let too_long = count > length || count > 0 && !size.may_reach(end, when);
    if too_long {
        let greatest = size.greatest(when);
        let message = format!("the read ends at {end}, but the file was never longer than {greatest} meanwhile");
        let range = (greatest.clamp(offset, end), end);
        let finding = Finding::of(Rule::S1, Class::Size, message).in_file(file, range.0, range.1);
        return context.findings.push(finding.by(id));
    }
    if count == length {
        return;
    }
    context.exercised.count(Rule::S3);
    let least = size.least(when);
    let legal = if count == 0 { least <= offset } else { size.is_legal(end, when) };
    let excused = interrupted(context, id, file, end, when);
    if legal || excused {
        return;
    }
    // A reader samples the size again for later pages, so a truncate meanwhile may end the read between two pages.
    let between_pages = count > 0 && end.is_multiple_of(context.history.page) && least <= end;
    if between_pages && context.profile == Profile::Linux {
        context.exercised.count_quirk(Quirk::TornSize);
        let seen =
            QuirkSeen { quirk: Quirk::TornSize, file: Some(file), start: end, end, operation: Some(id), way: None };
        return context.quirks.push(seen);
    }
    let finding = if end < least {
        let message = format!("the read ends at {end}, but the file was never shorter than {least} meanwhile");
        Finding::of(Rule::S3, Class::ShortRead, message).in_file(file, end, least.min(offset + length))
    } else {
        let message = format!("the read ends at {end}, which was never the size of the file meanwhile");
        Finding::of(Rule::S1, Class::Size, message).in_file(file, end, end)
    };
    context.findings.push(finding.by(id));
}

/// Whether a fault excuses a read that ended there: it hit this very read, or the disk could not read the next page.
fn interrupted(context: &Context<'_>, id: OperationId, file: FileId, end: u32, when: Interval) -> bool {
    let faults = context.history.operations[id.index()].faults;
    let page = context.history.page;
    let next = (end / page * page, (end / page + 1) * page);
    faults.contains(FaultKind::NoMemory)
        || faults.contains(FaultKind::Signal)
        || failed(context.history, FaultKind::ReadError, file, next, when)
        // A failed write of the page takes the page away from a reader that waits for it.
        || failed(context.history, FaultKind::WriteError, file, next, when)
}

fn stat(context: &mut Context<'_>, id: OperationId, file: FileId) {
    let operation = &context.history.operations[id.index()];
    let (Some(seen), Some(when)) = (operation.position, interval(context.history, id)) else { return };
    context.exercised.count(Rule::S1);
    let size = context.model.size(file);
    if !size.is_legal(seen, when) {
        let message = format!("stat saw a size of {seen}; {} was legal", size.greatest(when));
        let finding = Finding::of(Rule::S1, Class::Size, message);
        let (start, end) = (seen.min(size.greatest(when)), seen.max(size.least(when)));
        context.findings.push(finding.in_file(file, start, end).by(id));
    }
}

fn at_rest(context: &mut Context<'_>) {
    for rest in context.history.rest.iter().filter(|it| it.way != Way::Crash) {
        context.exercised.count(Rule::S1);
        let size = context.model.size(rest.file);
        if !size.is_legal(rest.size, REST) {
            let (least, greatest) = (size.least(REST), size.greatest(REST));
            let message = format!("at rest the size is {}; {greatest} would be right", rest.size);
            let (start, end) = (rest.size.min(greatest), rest.size.max(least));
            let mut finding = Finding::of(Rule::S1, Class::Size, message).in_file(rest.file, start, end);
            finding.way = Some(rest.way);
            context.findings.push(finding);
        }
        if rest.content.len() < rest.size {
            let message = format!("at rest {} of {} cells could be read", rest.content.len(), rest.size);
            let finding = Finding::of(Rule::S3, Class::ShortRead, message);
            let mut finding = finding.in_file(rest.file, rest.content.len(), rest.size);
            finding.way = Some(rest.way);
            context.findings.push(finding);
        }
    }
}
