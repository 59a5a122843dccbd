//! S9: the size after a crash. (R1 judges the content: a crash may lose everything that was not synchronised, and R1
//! then allows what was there before.)

use super::Context;
use crate::finding::Finding;
use crate::model::{Interval, interval};
use crate::{Call, Class, FileId, OperationId, Rule, Way};

/// Judges every file that was looked at after a crash.
pub(super) fn check(context: &mut Context<'_>) {
    let operations = 0..context.history.operations.len();
    let mut crashes = operations
        .map(|it| OperationId(it as u8))
        .filter(|it| matches!(context.history.operations[it.index()].call, Call::Crash));
    let Some(crash) = crashes.find_map(|it| interval(context.history, it)) else { return };
    for index in 0..context.history.rest.len() {
        let rest = context.history.rest[index];
        if rest.way == Way::Crash {
            context.exercised.count(Rule::S9);
            size(context, rest.file, rest.size, crash);
        }
    }
}

/// The size may be any that the file had since it was last synchronised.
fn size(context: &mut Context<'_>, file: FileId, seen: u32, crash: Interval) {
    let synced = context.model.syncs.iter().filter(|it| it.file == file && it.when.precedes(crash));
    let since = Interval { from: synced.map(|it| it.when.from).max().unwrap_or(0), to: crash.to };
    let size = context.model.size(file);
    if size.is_legal(seen, since) {
        return;
    }
    let message =
        format!("after the crash the size is {seen}, which the file never had since it was last synchronised");
    let (start, end) = (seen.min(size.greatest(since)), seen.max(size.least(since)));
    let mut finding = Finding::of(Rule::S9, Class::Size, message).in_file(file, start, end);
    finding.way = Some(Way::Crash);
    context.findings.push(finding);
}
