//! R1 (with S2, S5, S6, S8 as the reasons): every observed cell is a version that is current at some moment of the look.

use super::{Context, Sighting};
use crate::classify::{Complaint, classify};
use crate::exercised::Quirk;
use crate::model::{Effect, Match, Piece};
use crate::observation::Observation;
use crate::{Rule, Way};

/// Judges every observation, cell by cell, and notes which versions were seen.
pub(super) fn check(context: &mut Context<'_>) {
    context.scratch.sightings.clear();
    let observations = context.observations;
    for (index, seen) in observations.iter().enumerate() {
        let known = known_prefix(context, &observations[..index], seen);
        observe(context, index, seen, seen.start + known);
    }
}

/// How much of a look at rest an earlier look has seen already, cell for cell, with nothing wrong in it.
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
    let same = cells[known.range()] == cells[seen.cells.range()][..known.len() as usize];
    if same { known.len() } else { 0 }
}

fn observe(context: &mut Context<'_>, index: usize, seen: &Observation, from: u32) {
    let view = seen.view();
    let model = context.model;
    let mut cell = from;
    while cell < seen.end() {
        let mut search = context.search();
        let Some(&piece) = search.object(&view).piece_at(cell) else { return };
        let (at, to) = (seen.index_of(cell), seen.cells.end);
        let found = search.longest(&view, &piece, cell, at, to);
        let contested = match (seen.file, seen.memory) {
            (Some(file), _) => model.file(file).contested(&piece),
            (_, Some(memory)) => model.memory(memory).contested(&piece),
            _ => false,
        };
        if contested {
            context.exercised.count(Rule::R1);
        }
        match found {
            Some(found) => {
                if contested {
                    note(context, index, seen, &piece, cell, found);
                }
                cell += found.cells;
            }
            None => {
                complain(context, index, seen, &piece, cell);
                cell += 1;
            }
        }
    }
}

fn complain(context: &mut Context<'_>, index: usize, seen: &Observation, piece: &Piece, cell: u32) {
    let profile = context.profile;
    match classify(&mut context.search(), seen, piece, cell, profile) {
        Complaint::Wrong(rule, class) => context.findings.cell((index, seen), rule, class, cell),
        Complaint::Quirk(quirk) => context.exercised.count_quirk(quirk),
        Complaint::SizeAlone => {}
    }
}

/// Notes which version an observation saw where several compete; zeroes are everybody's and say nothing.
fn note(context: &mut Context<'_>, index: usize, seen: &Observation, piece: &Piece, cell: u32, found: Match) {
    let Some(file) = seen.file else { return };
    let view = seen.view();
    let object = context.model.file(file);
    let version = object.version(found.version);
    if version.effect == Effect::PastEnd && (!view.mapped || context.search().inside(&view, cell)) {
        context.exercised.count_quirk(Quirk::PastEndStore);
    }
    let cells = &context.history.cells;
    let (mut at, end) = (seen.index_of(cell), seen.index_of(cell) + found.cells);
    while at < end {
        if cells[at as usize].is_zero() {
            at += 1;
            continue;
        }
        let run = cells[at as usize..end as usize].iter().position(|it| it.is_zero());
        let to = run.map_or(end, |run| at + run as u32);
        let start = cell + (at - seen.index_of(cell));
        let unique = object.versions_of(piece).all(|(other, it)| {
            other == found.version || !context.search().may_imitate(&view, piece, it, start, at, to)
        });
        if unique {
            let sighting =
                Sighting { file, observation: index as u16, start, end: start + (to - at), version: found.version };
            context.scratch.sightings.push(sighting);
        }
        at = to;
    }
}
