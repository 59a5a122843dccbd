//! Random small histories, legal ones and damaged ones: what the checker and the brute force are compared on.

use crate::builder::{HistoryBuilder, content, written, zeroes};
use crate::{Call, Cell, Clock, Errno, FaultKind, FileId, History, MemoryId, OperationId, Outcome, Way};
use arbitrary::Unstructured;

const PAGE: u32 = 4;
const LAST: Clock = 14;

/// Makes choices, a byte each; when the bytes have run out, the first of all.
struct Choices<'a, 'b>(&'a mut Unstructured<'b>);

impl Choices<'_, '_> {
    fn below(&mut self, bound: u32) -> u32 {
        (u32::from(self.0.arbitrary::<u8>().unwrap_or(0)) * bound) >> 8
    }

    /// A number from `first` up to but not including `end`.
    fn within(&mut self, first: u32, end: u32) -> u32 {
        first + self.below(end - first)
    }

    fn index(&mut self, length: usize) -> usize {
        self.below(length as u32) as usize
    }
}

#[derive(Clone, Copy)]
enum Plan {
    Write { offset: u32, asked: u32, counted: Option<u32> },
    Truncate { size: u32 },
    Punch { offset: u32, length: u32 },
    Read { offset: u32, length: u32 },
    Stat,
}

/// An operation, and the moment within it at which it happens in the simulation that the history comes from.
struct Step {
    file: FileId,
    plan: Plan,
    when: (Clock, Clock),
    moment: Clock,
}

impl Step {
    fn choose(choices: &mut Choices<'_, '_>, files: u32) -> Self {
        let start = choices.below(LAST);
        let end = choices.within(start, (start + 7).min(LAST + 1));
        let file = FileId(choices.below(files) as u8);
        Self { file, plan: Plan::choose(choices), when: (start, end), moment: choices.within(start, end + 1) }
    }
}

impl Plan {
    fn choose(choices: &mut Choices<'_, '_>) -> Self {
        match choices.below(16) {
            0..6 => {
                let asked = choices.within(1, 5);
                let counted = match choices.below(6) {
                    0 => None,
                    1 => Some(choices.within(1, asked + 1)),
                    _ => Some(asked),
                };
                Self::Write { offset: choices.below(7), asked, counted }
            }
            6..8 => Self::Truncate { size: choices.within(3, 9) },
            8 => Self::Punch { offset: choices.below(2), length: 1 },
            9..15 => Self::Read { offset: choices.below(4), length: choices.within(1, 8) },
            _ => Self::Stat,
        }
    }
}

/// The file while the simulation runs.
struct State {
    cells: Vec<Cell>,
}

impl State {
    fn resize(&mut self, size: u32) {
        self.cells.resize(size as usize, zeroes(1)[0]);
    }

    fn write(&mut self, at: u32, cells: &[Cell]) {
        let end = at as usize + cells.len();
        if self.cells.len() < end && !cells.is_empty() {
            self.resize(end as u32);
        }
        self.cells[at as usize..][..cells.len()].copy_from_slice(cells);
    }

    fn read(&self, offset: u32, length: u32) -> &[Cell] {
        let size = self.cells.len() as u32;
        let end = (offset + length).min(size).max(offset.min(size));
        self.cells.get(offset as usize..end as usize).unwrap_or(&[])
    }
}

/// A history of up to seven operations on one or two files of a few cells. It is legal as it happens; then up to five things in it are changed.
pub fn history(bytes: &mut Unstructured<'_>) -> History {
    let choices = &mut Choices(bytes);
    let mut b = HistoryBuilder::new(PAGE);
    let files = choices.within(1, 3);
    let mut states: Vec<State> = Vec::new();
    for _ in 0..files {
        let size = choices.within(3, 7);
        let file = b.file(size);
        states.push(State { cells: content(file, 0, size) });
    }
    let memory = b.memory(8);
    let count = choices.within(2, 8);
    let steps: Vec<Step> = (0..count).map(|_| Step::choose(choices, files)).collect();
    let ids: Vec<OperationId> = steps.iter().map(|step| declare(&mut b, memory, step)).collect();
    let mut order: Vec<(Clock, u32, usize)> =
        steps.iter().enumerate().map(|(index, step)| (step.moment, choices.below(256), index)).collect();
    order.sort_unstable();
    for (.., index) in order {
        let Step { file, plan, .. } = steps[index];
        play(&mut b, &mut states[file.index()], ids[index], plan, memory);
    }
    for (state, file) in states.iter().zip(0..) {
        b.rest_by(FileId(file), Way::Read, state.cells.len() as u32, &state.cells);
    }
    let mut history = b.finish();
    for _ in 0..choices.below(6) {
        damage(choices, &mut history);
    }
    history
}

/// One operation happens, and what it saw is written down.
fn play(b: &mut HistoryBuilder, state: &mut State, id: OperationId, plan: Plan, memory: MemoryId) {
    match plan {
        Plan::Write { counted: None, .. } => {}
        Plan::Write { offset, counted: Some(counted), .. } => {
            state.write(offset, &written(id, memory, u32::from(id.0), counted));
        }
        Plan::Truncate { size } => state.resize(size),
        Plan::Punch { offset, length } => state.write(offset, &zeroes(length)),
        Plan::Read { offset, length } => {
            let seen = state.read(offset, length);
            b.observe(id, seen);
            b.history().operations[id.index()].outcome = Some(Outcome::Done(seen.len() as u32));
        }
        Plan::Stat => b.position(id, state.cells.len() as u32),
    }
}

fn declare(b: &mut HistoryBuilder, memory: MemoryId, step: &Step) -> OperationId {
    let file = step.file;
    let id = b.history().operations.len() as u32;
    match step.plan {
        Plan::Write { offset, asked, counted } => {
            let outcome = counted.map_or(Outcome::Failed(Errno::EIO), Outcome::Done);
            let write = b.write(file, offset, &[(memory, id, asked)], step.when, outcome);
            if counted != Some(asked) {
                // The excuse for the return value, which is not what is compared here.
                b.fault(write, FaultKind::FailedCommit);
            }
            write
        }
        Plan::Truncate { size } => b.truncate(file, size, step.when),
        Plan::Punch { offset, length } => b.done(Call::Punch { file, offset, length }, step.when),
        Plan::Read { offset, length } => b.read(file, offset, length, step.when, &[]),
        Plan::Stat => b.stat(file, step.when, 0),
    }
}

/// Changes one thing: a cell that was seen, when an operation was, the length of a read or the size at rest.
fn damage(choices: &mut Choices<'_, '_>, history: &mut History) {
    let target = choices.index(history.operations.len() + history.rest.len());
    let span = match history.operations.get(target) {
        Some(it) => it.observed,
        None => history.rest[target - history.operations.len()].content,
    };
    match choices.below(6) {
        0 => damage_length(choices, history, target),
        1 if target < history.operations.len() => {
            let from = choices.below(LAST);
            let it = &mut history.operations[target];
            (it.invoked, it.returned) = (Some(from), Some(choices.within(from, LAST + 1)));
        }
        _ if !span.is_empty() => {
            let index = choices.within(span.start, span.end);
            history.cells[index as usize] = any_cell(choices, history, target, index - span.start);
        }
        _ => {}
    }
}

fn damage_length(choices: &mut Choices<'_, '_>, history: &mut History, target: usize) {
    let operations = history.operations.len();
    if let Some(it) = history.operations.get_mut(target) {
        match it.call {
            Call::Stat { .. } => it.position = Some(choices.below(12)),
            Call::Read { .. } if it.observed.start < it.observed.end => {
                it.observed.end -= 1;
                it.outcome = Some(Outcome::Done(it.observed.len()));
            }
            _ => {}
        }
    } else if history.rest[target - operations].size > 0 {
        history.rest[target - operations].size -= 1;
        history.rest[target - operations].content.end -= 1;
    }
}

/// Something that a cell of a look could have been, so many cells from its start: zero, a beginning, or what a write put there, in any file.
fn any_cell(choices: &mut Choices<'_, '_>, history: &History, target: usize, at: u32) -> Cell {
    let start = match history.operations.get(target).map(|it| it.call) {
        Some(Call::Read { offset, .. }) => offset,
        _ => 0,
    };
    let cell = start + at;
    let mut candidates = vec![zeroes(1)[0]];
    candidates.extend((0..history.files.len()).map(|file| content(FileId(file as u8), cell, 1)[0]));
    for (index, it) in history.operations.iter().enumerate() {
        if let Call::Write { offset: Some(offset), segments, .. } = it.call {
            let segment = history.segments[segments.start as usize];
            if (offset..offset + segment.length).contains(&cell) {
                let id = OperationId(index as u8);
                candidates.push(written(id, segment.memory, segment.offset + (cell - offset), 1)[0]);
            }
        }
    }
    candidates[choices.index(candidates.len())]
}
