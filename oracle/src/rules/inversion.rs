//! R2: reads in order see versions in order.
//!
//! Per cell, after Gibbons and Korach ("Testing shared memories", 1997): all operations on one version form a zone,
//! from the first return to the last call among its write and its reads. Two versions cannot be put in order iff each
//! has an operation that precedes an operation on the other.

use super::{Context, Sighting};
use crate::finding::Finding;
use crate::model::{Effect, Interval, Piece, REST, Source, Version, moment};
use crate::{Call, Class, Failure, FaultKind, FileId, Rule, Span};

/// The zone of one version in a few cells: the first return and the last call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Zone {
    version: u16,
    /// Whether anybody saw it.
    seen: bool,
    first: u32,
    last: u32,
}

impl Zone {
    /// The zone of a version that nobody saw.
    const fn new((version, it): (u16, &Version)) -> Self {
        Self { version, seen: false, first: it.when.to, last: it.when.from }
    }

    /// The same, when somebody saw the version.
    fn including(self, when: Interval) -> Self {
        Self { seen: true, first: self.first.min(when.to), last: self.last.max(when.from), ..self }
    }

    const fn conflicts(self, other: Self) -> bool {
        self.first < other.last && other.first < self.last
    }
}

/// Looks for inversions, piece by piece, where more than one version was seen or may have been.
pub(super) fn check(context: &mut Context<'_>) {
    let mut sightings = std::mem::take(&mut context.scratch.sightings);
    drop_vain_tries(context, &mut sightings);
    sightings.sort_unstable_by_key(|it| u64::from(it.file.0) << 32 | u64::from(it.start));
    let mut from = 0;
    while from < sightings.len() {
        let file = sightings[from].file;
        let Some(&piece) = context.model.file(file).piece_at(sightings[from].start) else { break };
        let count = sightings[from..].iter().take_while(|it| it.file == file && it.start < piece.end).count();
        let group = &sightings[from..from + count];
        let by_operation = group.iter().any(|it| it.when != REST);
        let agree = group.iter().all(|it| it.version == group[0].version);
        // If only looks at rest saw it, and all of them the same version, R1 judges it.
        if by_operation || !agree {
            check_piece(context, file, &piece, group);
        }
        from += count;
    }
    context.scratch.sightings = sightings;
}

/// Removes the sightings of a commit that then accepted less. If the write tries the rest again, its cells may appear,
/// be replaced by the older ones, and appear for good, all before the write returns.
fn drop_vain_tries(context: &Context<'_>, sightings: &mut Vec<Sighting>) {
    for it in context.history.failures.iter().filter(|it| it.kind == FaultKind::PartialCommit) {
        for index in (0..sightings.len()).rev() {
            let seen = sightings[index];
            if !is_of_try(context, it, &seen) {
                continue;
            }
            sightings.swap_remove(index);
            let around = [(seen.start, seen.end.min(it.start)), (seen.start.max(it.end), seen.end)];
            let rest = around.into_iter().filter(|(start, end)| start < end);
            sightings.extend(rest.map(|(start, end)| Sighting { start, end, ..seen }));
        }
    }
}

/// Whether some of the cells seen came from a commit that accepted less, and the look began before that was known.
fn is_of_try(context: &Context<'_>, failure: &Failure, seen: &Sighting) -> bool {
    failure.file == Some(seen.file)
        && failure.start < seen.end
        && seen.start < failure.end
        && !moment(failure.at).precedes(seen.when)
        && failure.by.is_some_and(|by| context.model.file(seen.file).version(seen.version).operation == Some(by))
}

fn check_piece(context: &mut Context<'_>, file: FileId, piece: &Piece, group: &[Sighting]) {
    let suspicious = may_conflict(context, file, piece, group);
    let Sighting { start, end, .. } = group[0];
    if group.iter().all(|it| (it.start, it.end) == (start, end)) {
        // In most cases all looks saw the same cells.
        context.exercised.count(Rule::R2);
        if suspicious {
            check_cells(context, file, piece, group, start, end);
        }
        return;
    }
    let mut boundaries = std::mem::take(&mut context.scratch.boundaries);
    boundaries.clear();
    boundaries.extend(group.iter().flat_map(|it| [it.start, it.end]));
    boundaries.sort_unstable();
    boundaries.dedup();
    for pair in boundaries.windows(2) {
        context.exercised.count(Rule::R2);
        if suspicious {
            check_cells(context, file, piece, group, pair[0], pair[1]);
        }
    }
    context.scratch.boundaries = boundaries;
}

/// Whether any two versions could not be put in order if every look had seen all cells of the piece; if not, none of
/// its cells needs a closer look. Two versions that nobody saw never conflict, so one of the two has to be seen.
fn may_conflict(context: &mut Context<'_>, file: FileId, piece: &Piece, group: &[Sighting]) -> bool {
    let zones = &mut context.scratch.zones;
    zones.clear();
    zones.extend(context.model.file(file).versions_of(piece).map(Zone::new));
    for it in group {
        if let Some(zone) = zones.iter_mut().find(|zone| zone.version == it.version) {
            *zone = zone.including(it.when);
        }
    }
    let mut seen = zones.iter().filter(|it| it.seen);
    seen.any(|own| zones.iter().any(|it| it.version != own.version && own.conflicts(*it)))
}

fn check_cells(context: &mut Context<'_>, file: FileId, piece: &Piece, group: &[Sighting], start: u32, end: u32) {
    let object = context.model.file(file);
    for (older, a) in object.versions_of(piece).filter(|(_, it)| takes_part(context, it)) {
        for (newer, b) in object.versions_of(piece).filter(|(_, it)| takes_part(context, it)) {
            let imagined =
                |index: u16, it: &Version| it.effect == Effect::Optional && !is_seen(group, index, start, end);
            if older >= newer || !comparable(a, b) || imagined(older, a) || imagined(newer, b) {
                continue;
            }
            if conflict(group, [(older, a), (newer, b)], (start, end), u32::MAX) {
                return inversion(context, file, group, [(older, a), (newer, b)], (start, end));
            }
        }
    }
}

/// Whether somebody saw the version. A version that may never have existed and was not seen imposes no order.
fn is_seen(group: &[Sighting], version: u16, start: u32, end: u32) -> bool {
    group.iter().any(|it| it.version == version && it.start <= start && end <= it.end)
}

/// Whether two versions cannot be put in order, by their own operations and the sightings that began no later than
/// `until`.
fn conflict(group: &[Sighting], versions: [(u16, &Version); 2], (start, end): (u32, u32), until: u32) -> bool {
    let [one, other] = versions.map(|(index, version)| {
        let saw = |it: &&Sighting| it.version == index && it.start <= start && end <= it.end;
        let seen = group.iter().filter(saw).filter(|it| it.when.from <= until);
        seen.fold(Zone::new((index, version)), |zone, it| zone.including(it.when))
    });
    one.conflicts(other)
}

/// Whether a version imposes an order. Cells that a write did not count are there only for a while. A truncate that
/// does not take the inode's lock makes a write copy its data again, so the data that it cut off may legally be there
/// before and after.
fn takes_part(context: &Context<'_>, version: &Version) -> bool {
    let unlocked = version.operation.is_some_and(|operation| {
        matches!(context.history.operations[operation.index()].call, Call::Truncate { locked: false, .. })
    });
    matches!(version.effect, Effect::Settles | Effect::Optional) && !unlocked
}

/// A write may copy a cell twice (once before its source faults, once after), with a store by somebody else between.
fn comparable(a: &Version, b: &Version) -> bool {
    let store = |it: &Version| matches!(it.source, Source::Store(_));
    let optional = |it: &Version| it.effect == Effect::Optional;
    let doubtful = store(a) != store(b) || optional(a) || optional(b);
    !(doubtful && a.when.overlaps(b.when)) && (a.operation.is_none() || a.operation != b.operation)
}

/// Reports the first look without which the versions could still be put in order.
fn inversion(
    context: &mut Context<'_>,
    file: FileId,
    group: &[Sighting],
    versions: [(u16, &Version); 2],
    (start, end): (u32, u32),
) {
    let from = |it: &Sighting| it.when.from;
    let seen = group.iter().filter(|it| {
        versions.iter().any(|(version, _)| *version == it.version)
            && it.start <= start
            && end <= it.end
            && conflict(group, versions, (start, end), from(it))
    });
    let Some(index) = seen.min_by_key(|it| (from(it), it.observation)).map(|it| it.observation) else { return };
    let seen = &context.observations[usize::from(index)];
    let mut finding = Finding::of(Rule::R2, Class::Rollback, String::new()).in_file(file, start, end);
    (finding.operation, finding.way) = (seen.operation, seen.way);
    finding.cells = Span { start: seen.index_of(start), end: seen.index_of(end) };
    finding.observation = Some(usize::from(index));
    let run = context.findings.list.iter_mut().find(|it| it.is_like(&finding) && it.end == start);
    match run {
        Some(run) => (run.end, run.cells.end) = (end, finding.cells.end),
        None => context.findings.push(finding),
    }
}
