//! R4: overlapping writes look like some serial order at rest, and appends neither overlap nor leave gaps.

use super::Context;
use crate::finding::Finding;
use crate::model::{Effect, Object, Version};
use crate::{Call, Class, FileId, OperationId, Outcome, Rule, Way};

/// Looks at every pair of writes that were under way together, and at every append.
pub(super) fn check(context: &mut Context<'_>) {
    for index in 0..context.history.files.len() {
        let file = FileId(index as u8);
        pairs(context, file);
        appends(context, file);
    }
}

fn settled(version: &Version) -> bool {
    version.is_write() && version.effect == Effect::Settles
}

fn pairs(context: &mut Context<'_>, file: FileId) {
    let versions = context.model.file(file).versions();
    for (index, a) in versions.iter().enumerate().filter(|(_, it)| settled(it)) {
        for (later, b) in versions.iter().enumerate().skip(index + 1).filter(|(_, it)| settled(it)) {
            let together = a.when.overlaps(b.when) && a.operation != b.operation;
            let (Some(one), Some(other)) = (a.operation, b.operation) else { continue };
            if together && meet(a, b) && first_meeting(versions, one, other) == Some((index, later)) {
                pair(context, file, one, other);
            }
        }
    }
}

const fn meet(a: &Version, b: &Version) -> bool {
    a.start < b.end && b.start < a.end
}

/// The first overlapping versions of two writes. A write has one version per segment, but each pair of writes is judged
/// only once.
fn first_meeting(versions: &[Version], one: OperationId, other: OperationId) -> Option<(usize, usize)> {
    let of = |write: OperationId| {
        versions.iter().enumerate().filter(move |(_, it)| it.operation == Some(write) && settled(it))
    };
    of(one).find_map(|(index, a)| of(other).find(|(_, b)| meet(a, b)).map(|(later, _)| (index, later)))
}

/// The same one of the two must have won wherever both wrote.
fn pair(context: &mut Context<'_>, file: FileId, one: OperationId, other: OperationId) {
    context.exercised.count(Rule::R4);
    let object = context.model.file(file);
    if let Some(first) = win(context, object, file, one, other)
        && let Some(second) = win(context, object, file, other, one)
    {
        let (start, end) = (first.0.min(second.0), first.1.max(second.1));
        let message = "two overlapping writes each won a part of what both wrote".to_owned();
        let mut finding = Finding::of(Rule::R4, Class::Torn, message).in_file(file, start, end);
        finding.way = Some(Way::Read);
        finding.involved.extend([one, other]);
        let rest = context.observations.iter().position(|it| it.way == Some(Way::Read) && it.file == Some(file));
        if let Some(index) = rest {
            let seen = &context.observations[index];
            finding.cells = crate::Span { start: seen.index_of(start), end: seen.index_of(end) };
            finding.observation = Some(index);
        }
        context.findings.push(finding);
    }
}

/// A range in which `winner` was seen at rest although `loser` wrote there too.
fn win(
    context: &Context<'_>,
    object: &Object,
    file: FileId,
    winner: OperationId,
    loser: OperationId,
) -> Option<(u32, u32)> {
    let at_rest = context.scratch.sightings.iter().filter(|it| it.by_read_at_rest && it.file == file);
    at_rest.filter(|it| object.version(it.version).operation == Some(winner)).find_map(|it| {
        let mut lost = object.versions().iter().filter(|other| other.operation == Some(loser) && settled(other));
        lost.find(|other| other.start < it.end && it.start < other.end)
            .map(|other| (other.start.max(it.start), other.end.min(it.end)))
    })
}

/// Appends begin at the end of the file, and no two overlap unless a truncate comes between.
fn appends(context: &mut Context<'_>, file: FileId) {
    let history = context.history;
    let size = context.model.size(file);
    let done = |index: usize| {
        let operation = &history.operations[index];
        match (operation.call, operation.outcome, operation.position) {
            (Call::Write { file: it, offset: None, .. }, Some(Outcome::Done(count)), Some(position))
                if it == file && count > 0 =>
            {
                let id = OperationId(index as u8);
                crate::model::interval(history, id).map(|when| (id, position, position + count, when))
            }
            _ => None,
        }
    };
    for (id, start, end, when) in (0..history.operations.len()).filter_map(done) {
        context.exercised.count(Rule::R4);
        let overlap = (0..id.index()).filter_map(done).find(|&(_, from, to, other)| {
            let reset = size
                .bases()
                .iter()
                .any(|base| base.when.from <= when.to.max(other.to) && base.when.to >= when.from.min(other.from));
            start < to && from < end && !reset
        });
        let message = match overlap {
            Some((other, ..)) => format!("appends {} and {} wrote to the same cells", other.0, id.0),
            None if !size.is_settled_end(start, when) => {
                format!("append {} did not begin at the end of the file", id.0)
            }
            None => continue,
        };
        let mut finding = Finding::of(Rule::R4, Class::AppendOverlap, message).in_file(file, start, end).by(id);
        finding.involved.extend(overlap.map(|(other, ..)| other));
        context.findings.push(finding);
    }
}
