//! R1 (with S2, S5, S6, S8 as the reasons): every observed cell is a version that is current at some moment of the
//! look.

use super::{Context, Sighting};
use crate::classify::{Complaint, classify};
use crate::exercised::Quirk;
use crate::model::{Effect, Interval, Match, Piece, Source, Version, any_zero, equal};
use crate::observation::Observation;
use crate::{Call, Cell, Class, FileId, Origin, Profile, Rule, Way};

/// Judges every observation, cell by cell, and notes which versions were seen.
pub(super) fn check(context: &mut Context<'_>) {
    context.scratch.sightings.clear();
    let observations = context.observations;
    for (index, seen) in observations.iter().enumerate() {
        let known = known_prefix(context, &observations[..index], seen);
        observe(context, index, seen, seen.start + known);
    }
    // Lost data may come back in an older version, which says nothing about order.
    if !context.model.losses.is_empty() {
        let model = context.model;
        context.scratch.sightings.retain(|it| !model.any_loss(it.file, (it.start, it.end), it.when));
    }
}

/// How many cells at the start of a look at rest are the same as in an earlier look that had nothing wrong.
fn known_prefix(context: &Context<'_>, earlier: &[Observation], seen: &Observation) -> u32 {
    if seen.way.is_none_or(|way| way == Way::Read) {
        return 0;
    }
    let first = earlier.iter().position(|it| it.way.is_some() && it.file == seen.file);
    let Some(first) = first.filter(|&it| !context.findings.list.iter().any(|finding| finding.observation == Some(it)))
    else {
        return 0;
    };
    let known = earlier[first].cells;
    if earlier[first].mapped || known.len() > seen.cells.len() {
        return 0;
    }
    let cells = &context.history.cells;
    let same = equal(&cells[known.range()], &cells[seen.cells.range()][..known.len() as usize]);
    if same { known.len() } else { 0 }
}

fn observe(context: &mut Context<'_>, index: usize, seen: &Observation, from: u32) {
    let (view, model) = (seen.view(), context.model);
    let object = match (seen.file, seen.memory) {
        (Some(file), _) => model.file(file),
        (_, Some(memory)) => model.memory(memory),
        _ => return,
    };
    let mut cell = from;
    if cell >= seen.end() {
        return;
    }
    for piece in object.pieces_from(cell) {
        if piece.contested {
            context.exercised.count(Rule::R1);
        }
        let end = piece.end.min(seen.end());
        while cell < end {
            let found = context.search().longest(&view, piece, cell, seen.index_of(cell), seen.index_of(end));
            match found {
                Some(found) => {
                    if piece.contested {
                        note(context, index, seen, piece, cell, found);
                    }
                    cell += found.cells;
                }
                None => {
                    let cells = alike(context, seen, cell, end);
                    complain(context, index, seen, piece, (cell, cell + cells));
                    cell += cells;
                }
            }
        }
        if cell >= seen.end() {
            return;
        }
    }
}

/// How many cells from here on have the same provenance: if the first is wrong, all of them are.
fn alike(context: &Context<'_>, seen: &Observation, cell: u32, end: u32) -> u32 {
    let cells = &context.history.cells[seen.index_of(cell) as usize..seen.index_of(end) as usize];
    let differs = |pair: &[Cell]| pair[1] != pair[0].advance(1) && !(pair[0].is_zero() && pair[1].is_zero());
    cells.windows(2).position(differs).map_or(cells.len(), |last| last + 1) as u32
}

fn complain(context: &mut Context<'_>, index: usize, seen: &Observation, piece: &Piece, (start, end): (u32, u32)) {
    let profile = context.profile;
    let first = context.history.cells[seen.index_of(start) as usize];
    let after_crash = seen.way == Some(Way::Crash);
    match classify(&mut context.search(), seen, piece, start, profile) {
        Complaint::Wrong(_, class)
            if after_crash
                && came_before_its_data(context, seen, start)
                && (is_another_blocks(context, seen, class, (start, first))
                    || is_an_old_block(context, seen, class, start)) =>
        {
            context.forgive(Quirk::UnorderedMetadata, seen, (start, end));
        }
        Complaint::Wrong(_, class) if after_crash => {
            context.findings.cells((index, seen), Rule::S9, class, (start, end));
        }
        Complaint::Wrong(rule, class) => context.findings.cells((index, seen), rule, class, (start, end)),
        Complaint::Quirk(quirk) => context.forgive(quirk, seen, (start, end)),
        Complaint::SizeAlone => {}
    }
}

/// Whether the block here may have come to the file before its data, or may belong to another file already. That takes
/// a filesystem that does not order the two. It also takes a page over which the file grew, or of which a write or a
/// cut was not made durable.
fn came_before_its_data(context: &Context<'_>, seen: &Observation, cell: u32) -> bool {
    let Some(file) = seen.file.filter(|_| context.history.unordered && context.profile == Profile::Linux) else {
        return false;
    };
    let page = context.history.page;
    let (start, end) = (cell / page * page, (cell / page + 1) * page);
    may_be_new(context, file, seen, (start, end), end)
}

/// Whether a block of these cells may have come to the file since it was last synchronised: something was written or
/// cut here, or the file was shorter than `length`.
fn may_be_new(context: &Context<'_>, file: FileId, seen: &Observation, (start, end): (u32, u32), length: u32) -> bool {
    let syncs = || context.model.syncs.iter().filter(|it| it.file == file).map(|it| it.when);
    // Past a former end of the file every block is new: some filesystems also fill the gap before a write.
    let since = Interval { from: syncs().map(|it| it.from).max().unwrap_or(0), to: seen.when.to };
    if context.model.size(file).least(since) < length {
        return true;
    }
    let is_durable = |it: &Version| syncs().any(|sync| it.when.precedes(sync));
    let versions = context.model.file(file).versions().iter();
    versions.filter(|it| it.start < end && start < it.end && it.operation.is_some()).any(|it| !is_durable(it))
}

/// Whether the cells are what a block held here before it was cut off. The block can have been given to the same place
/// again before its new data was written, even after the cut was made durable.
fn is_an_old_block(context: &Context<'_>, seen: &Observation, class: Class, cell: u32) -> bool {
    let Some(file) = seen.file.filter(|_| matches!(class, Class::Resurrected | Class::Rollback)) else { return false };
    let block = context.history.blocks.as_ref().map_or(1, |it| it.block.max(1));
    let start = cell / block * block;
    let cuts = |it: &Version| {
        let is_cut = it.operation.is_some() && matches!(it.source, Source::Void | Source::Zero);
        is_cut && it.start <= start && cell < it.end
    };
    // A block in which the file ended is the file's already.
    may_be_new(context, file, seen, (start, start + block), start + 1)
        && context.model.file(file).versions().iter().any(cuts)
}

/// Whether the cells are what a block shows if a file gets it before its data is written. For garbage or an overrun
/// this holds only if some write copied the cell to a file and counted it: the block belonged to that file before. For
/// an older version it holds only if the cell was in another place at the beginning.
fn is_another_blocks(context: &Context<'_>, seen: &Observation, class: Class, (place, cell): (u32, Cell)) -> bool {
    match class {
        Class::StaleBlock | Class::ForeignFile | Class::Misplaced => true,
        Class::Garbage | Class::Overrun => was_brought_to_a_file(context, cell),
        Class::Rollback => {
            matches!(cell.origin(), Origin::Content { file, offset } if (Some(file), offset) != (seen.file, place))
        }
        _ => false,
    }
}

/// Whether this cell was anywhere in a file: from the beginning, or since a write counted it.
fn was_brought_to_a_file(context: &Context<'_>, cell: Cell) -> bool {
    let history = context.history;
    let (memory, offset, write) = match cell.origin() {
        // It was there from the beginning.
        Origin::Content { .. } | Origin::Overwritten { .. } => return true,
        Origin::Written { operation, memory, offset } => (memory, offset, Some(operation)),
        Origin::Stored { operation, offset } => match history.operations[operation.index()].call {
            Call::Store { memory, .. } => (memory, offset, None),
            _ => return false,
        },
        _ => return false,
    };
    let brings = |it: &Version| {
        let from_there = matches!(it.source, Source::Copy(from, first)
            if from == memory && (first..first + (it.end - it.start)).contains(&offset));
        from_there && it.effect == Effect::Settles && write.is_none_or(|write| it.operation == Some(write))
    };
    (0..history.files.len()).any(|file| context.model.file(FileId(file as u8)).versions().iter().any(brings))
}

/// Notes which of several possible versions an observation saw. Zeroes can belong to any version and say nothing.
fn note(context: &mut Context<'_>, index: usize, seen: &Observation, piece: &Piece, cell: u32, found: Match) {
    let Some(file) = seen.file.filter(|_| seen.way != Some(Way::Crash)) else { return };
    let view = seen.view();
    let object = context.model.file(file);
    let version = object.version(found.version);
    if version.effect == Effect::PastEnd && (!view.mapped || context.search().inside(&view, cell)) {
        context.forgive(Quirk::PastEndStore, seen, (cell, cell + found.cells));
    }
    let (mut at, end) = (seen.index_of(cell), seen.index_of(cell) + found.cells);
    while let Some(quirk) = context.scratch.sources.take_carried((at, end)) {
        context.forgive(quirk, seen, (cell, cell + found.cells));
    }
    let cells = &context.history.cells;
    let has_zeroes = match version.source {
        Source::Void | Source::Zero => return,
        Source::Store(_) => false,
        Source::Copy(..) if !piece.derived => false,
        Source::Content(_) if !object.began_with_zeroes => false,
        _ => any_zero(&cells[at as usize..end as usize]),
    };
    if !has_zeroes {
        return sight(context, index, seen, piece, (cell, cell + found.cells), found.version);
    }
    while at < end {
        if cells[at as usize].is_zero() {
            at += 1;
            continue;
        }
        let run = cells[at as usize..end as usize].iter().position(|it| it.is_zero());
        let to = run.map_or(end, |run| at + run as u32);
        let start = cell + (at - seen.index_of(cell));
        sight(context, index, seen, piece, (start, start + (to - at)), found.version);
        at = to;
    }
}

/// Notes a run of cells that are not zero. If no version is a copy of other data, each cell identifies its version.
fn sight(
    context: &mut Context<'_>,
    index: usize,
    seen: &Observation,
    piece: &Piece,
    (start, end): (u32, u32),
    version: u16,
) {
    let Some(file) = seen.file else { return };
    let (by_read_at_rest, when, certain) = (seen.way == Some(Way::Read), seen.when, !piece.derived);
    let observation = index as u16;
    let sighting = Sighting { file, observation, start, end, version, certain, by_read_at_rest, when };
    context.scratch.sightings.push(sighting);
}
