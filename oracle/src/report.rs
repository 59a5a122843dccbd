//! From findings to verdicts: merged, ordered, worded.

use crate::finding::Finding;
use crate::model::{Effect, Model, Source, Version};
use crate::observation::Observation;
use crate::persistence::{Fate, settle};
use crate::{Cell, Class, History, MemoryId, OperationId, Origin, Persistence, Verdict, ZeroSite};

/// Turns findings into verdicts, worst class first and then in the order in which they were seen.
pub(crate) fn report(
    history: &History,
    model: &Model,
    observations: &[Observation],
    findings: &mut Vec<Finding>,
    verdicts: &mut Vec<Verdict>,
) {
    longest_only(findings);
    let fates = settle(history, model, observations, findings);
    for (finding, fate) in findings.drain(..).zip(fates) {
        let seen = finding.observation.map(|index| &observations[index]);
        verdicts.push(verdict(history, model, seen, finding, fate));
    }
    verdicts.sort_by_key(|it| (it.class, it.step, it.start));
}

/// Keeps the longest run of each kind of thing that one observer saw in one file.
fn longest_only(findings: &mut Vec<Finding>) {
    let length = |it: &Finding| it.end - it.start;
    let mut index = 0;
    while index < findings.len() {
        let better = findings.iter().enumerate().any(|(other, it)| {
            other != index
                && it.is_like(&findings[index])
                && it.observation.is_some()
                && (length(it) > length(&findings[index]) || length(it) == length(&findings[index]) && other < index)
        });
        if better {
            findings.remove(index);
        } else {
            index += 1;
        }
    }
}

fn verdict(history: &History, model: &Model, seen: Option<&Observation>, finding: Finding, fate: Fate) -> Verdict {
    let persistence = fate.persistence();
    let class = match (finding.class, persistence) {
        (Class::Rollback, Some(Persistence::Persistent)) => Class::LostWrite,
        (class, _) => class,
    };
    let last = model.last.saturating_sub(1);
    let returned = finding.operation.and_then(|it| history.operations[it.index()].returned);
    let mut involved = finding.involved;
    if let Some(seen) = seen {
        involve(model, seen, finding.start, finding.end, &mut involved);
    }
    let expected = match seen {
        Some(seen) => (finding.start..finding.end).map(|cell| expected(history, model, seen, cell)).collect(),
        None => Vec::new(),
    };
    let message = if finding.message.is_empty() { sentence(class).to_owned() } else { finding.message };
    let message = message + fate.remark();
    Verdict {
        class,
        persistence,
        rule: finding.rule,
        file: finding.file,
        start: finding.start,
        end: finding.end,
        operation: finding.operation,
        way: finding.way,
        involved,
        seen: history.cells[finding.cells.range()].to_vec(),
        expected,
        step: finding.step.or(returned).unwrap_or(last),
        notation: finding.notation,
        message,
    }
}

/// The operations whose versions touch the range and may have been under way or done by then.
fn involve(model: &Model, seen: &Observation, start: u32, end: u32, involved: &mut Vec<OperationId>) {
    let Some(file) = seen.file else { return };
    let touching = |it: &&Version| it.start < end && start < it.end && it.when.from <= seen.when.to;
    for operation in model.file(file).versions().iter().filter(touching).filter_map(|it| it.operation) {
        if !involved.contains(&operation) {
            involved.push(operation);
        }
    }
}

/// The newest version that was certainly legal at one cell, as a cell.
fn expected(history: &History, model: &Model, seen: &Observation, cell: u32) -> Cell {
    let object = match (seen.file, seen.memory) {
        (Some(file), _) => model.file(file),
        (_, Some(memory)) => model.memory(memory),
        _ => return Cell::zero(ZeroSite::Start, None),
    };
    let nothing = Cell::zero(ZeroSite::Start, None);
    let Some(piece) = object.piece_at(cell) else { return nothing };
    let settled =
        object.versions_of(piece).filter(|(_, it)| it.effect == Effect::Settles && it.when.precedes(seen.when));
    let Some((_, it)) = settled.max_by_key(|(_, it)| it.when.from) else { return nothing };
    let along = cell - it.start;
    match (it.source, it.operation) {
        (Source::Content(first), _) => history.cells[(first + along) as usize],
        (Source::Memory(memory, offset), _) => Cell::new(Origin::Memory { memory, offset: offset + along }),
        (Source::Store(offset), Some(operation)) => Cell::new(Origin::Stored { operation, offset: offset + along }),
        (Source::Copy(memory, offset), Some(operation)) => copied(history, operation, memory, offset + along),
        (Source::Through(file, offset), _) => {
            let start = &history.files[file.index()];
            let at = offset + along;
            if at < start.size { history.cells[(start.content.start + at) as usize] } else { nothing }
        }
        _ => Cell::zero(ZeroSite::Start, it.operation),
    }
}

/// What a write copies from memory that nobody has stored to.
fn copied(history: &History, operation: OperationId, memory: MemoryId, offset: u32) -> Cell {
    match history.memories[memory.index()].mapped {
        None => Cell::new(Origin::Written { operation, memory, offset }),
        Some((file, base)) => {
            let (start, at) = (&history.files[file.index()], base + offset);
            if at < start.size {
                history.cells[(start.content.start + at) as usize]
            } else {
                Cell::zero(ZeroSite::Start, None)
            }
        }
    }
}

/// What a class means, as a sentence.
const fn sentence(class: Class) -> &'static str {
    match class {
        Class::Uninit => "memory that nobody had initialised was shown as the file's content",
        Class::StaleBlock => "what a block held before it belonged to this place was shown as the file's content",
        Class::ForeignFile => "another file's data was shown",
        Class::Misplaced => "the file's own data was shown at another offset",
        Class::Overrun => "data was shown that the write did not count",
        Class::EofPollution => "data was shown past the end of the file",
        Class::Resurrected => "data that a truncate had cut off came back",
        Class::Rollback => "an older version was shown after a newer one",
        Class::LostWrite => "an older version came back and stayed: a write is lost",
        Class::Zero => "zeroes were shown that nobody had written",
        Class::Torn => "part of a write was shown with the rest missing",
        Class::Size => "the file had a size that no operation gave it",
        Class::Return => "a call returned what it cannot return",
        Class::ShortRead => "a read ended away from the end of the file",
        Class::AppendOverlap => "two appends overlap, or one does not begin at the end of the file",
        Class::LeakedBlock => "a block has two owners or none, or lies past the end of its file",
        Class::Deadlock => "tasks wait for one another for ever",
        Class::Livelock => "an operation never finishes although nothing is in its way",
        Class::Oops => "the kernel broke a rule of its own",
        Class::Panic => "the code under test panicked",
        Class::StackOverflow => "the code under test ran out of stack",
        Class::Hang => "the code under test kept its turn for ever",
        Class::Garbage => "cells were shown that fit nothing known",
    }
}
