//! Random small histories, legal ones and damaged ones: what the checker and the brute force are compared on.

use crate::builder::{HistoryBuilder, content, written, zeroes};
use crate::{
    Call, Cell, Clock, Errno, Failure, FaultKind, FaultSet, FileId, History, MemoryId, OperationId, Origin, Outcome,
    Owner, Way,
};
use arbitrary::Unstructured;

const PAGE: u32 = 4;
const LAST: Clock = 14;

/// Makes choices from one byte each; after the last byte it always chooses the first option.
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

    fn one_in(&mut self, count: u32) -> bool {
        self.below(count) == count - 1
    }

    fn among<T: Copy>(&mut self, them: &[T]) -> T {
        them[self.index(them.len())]
    }
}

#[derive(Clone, Copy)]
enum Plan {
    /// From a mapping of a file's first page, or from anonymous memory.
    Write {
        offset: u32,
        asked: u32,
        counted: Option<u32>,
        source: Option<(FileId, u32)>,
    },
    Truncate {
        size: u32,
    },
    Punch {
        offset: u32,
        length: u32,
    },
    Read {
        offset: u32,
        length: u32,
    },
    Stat,
    Fsync,
    Invalidate {
        discards: bool,
    },
}

/// Errors, and the faults that are a reason for them. (The disk may be one, too.)
const ERRORS: [(Errno, Option<FaultKind>); 5] = [
    (Errno::ENOMEM, Some(FaultKind::NoMemory)),
    (Errno::EINTR, Some(FaultKind::Signal)),
    (Errno::ENOSPC, Some(FaultKind::NoSpace)),
    (Errno::EIO, None),
    (Errno::EBUSY, None),
];

/// An operation, and the moment within it at which it happens in the simulation that the history comes from.
struct Step {
    file: FileId,
    plan: Plan,
    when: (Clock, Clock),
    moment: Clock,
    /// For a call that fails (but a write): how.
    error: Option<(Errno, Option<FaultKind>)>,
}

impl Step {
    fn choose(choices: &mut Choices<'_, '_>, files: u32, maps: bool) -> Self {
        let start = choices.below(LAST);
        let mut end = choices.within(start, (start + 7).min(LAST + 1));
        let file = FileId(choices.below(files) as u8);
        let plan = Plan::choose(choices, maps.then_some(files));
        let moment = choices.within(start, end + 1);
        let may_fail = !matches!(plan, Plan::Write { .. } | Plan::Stat);
        let error = (may_fail && choices.one_in(6)).then(|| choices.among(&ERRORS));
        if matches!(plan, Plan::Invalidate { .. }) && error.is_none() {
            end = start;
        }
        Self { file, plan, when: (start, end), moment: moment.min(end), error }
    }
}

impl Plan {
    /// `mapped` files may be sources.
    fn choose(choices: &mut Choices<'_, '_>, mapped: Option<u32>) -> Self {
        match choices.below(18) {
            0..6 => {
                let mapped = mapped.filter(|_| choices.below(2) == 0);
                let source = mapped.map(|files| (FileId(choices.below(files) as u8), choices.below(PAGE)));
                let asked = choices.within(1, 5).min(PAGE - source.map_or(0, |(_, first)| first));
                let counted = match choices.below(6) {
                    0 => None,
                    1 => Some(choices.within(1, asked + 1)),
                    _ => Some(asked),
                };
                Self::Write { offset: choices.below(7), asked, counted, source }
            }
            6..8 => Self::Truncate { size: choices.within(3, 9) },
            8 => Self::Punch { offset: choices.below(2), length: 1 },
            9..15 => Self::Read { offset: choices.below(4), length: choices.within(1, 8) },
            15 => Self::Stat,
            16 => Self::Fsync,
            _ => Self::Invalidate { discards: choices.below(2) == 0 },
        }
    }
}

/// The file while the simulation runs.
struct State {
    cells: Vec<Cell>,
    /// As it was when it was last synchronised.
    synced: Vec<Cell>,
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

    /// Cells that were not synchronised are lost, each or not.
    fn lose(&mut self, choices: &mut Choices<'_, '_>) {
        for (at, cell) in self.cells.iter_mut().enumerate() {
            if choices.below(2) == 1 {
                *cell = self.synced.get(at).copied().unwrap_or(zeroes(1)[0]);
            }
        }
    }
}

/// A history of up to seven operations on one or two files of a few cells, some with a crash at the end, some with
/// failed transfers, half of them with writes that copy from the files. It is legal as it
/// happens; then up to five things in it are changed.
pub fn history(bytes: &mut Unstructured<'_>) -> History {
    let choices = &mut Choices(bytes);
    let mut b = HistoryBuilder::new(PAGE);
    let files = choices.within(1, 3);
    let mut states: Vec<State> = Vec::new();
    for _ in 0..files {
        let size = choices.within(3, 7);
        let file = b.file(size);
        states.push(State { cells: content(file, 0, size), synced: content(file, 0, size) });
    }
    let memory = b.memory(8);
    let maps = choices.below(2) == 1;
    let count = choices.within(2, 8);
    let steps: Vec<Step> = (0..count).map(|_| Step::choose(choices, files, maps)).collect();
    if maps {
        (0..files).for_each(|file| _ = b.mapping(FileId(file as u8), 0, 1, true));
    }
    let crash = choices.one_in(4).then(|| choices.within(LAST / 2, LAST + 2));
    let ids: Vec<OperationId> = steps.iter().map(|step| declare(&mut b, memory, step)).collect();
    let failures = if choices.one_in(3) { choices.within(1, 3) } else { 0 };
    for _ in 0..failures {
        fail(choices, &mut b, files);
    }
    let failed = b.history().failures.clone();
    let transfers = failed.iter().enumerate().map(|(index, it)| (it.at, 0, steps.len() + index));
    let steps_in_order = steps.iter().enumerate().map(|(index, step)| (step.moment, choices.below(256), index));
    let mut order: Vec<(Clock, u32, usize)> = steps_in_order.chain(transfers).collect();
    order.retain(|(moment, ..)| crash.is_none_or(|crash| *moment < crash));
    order.sort_unstable();
    for (.., index) in order {
        match steps.get(index) {
            Some(step) => play(choices, &mut b, &mut states, ids[index], step, memory),
            None => refuse(choices, &mut states, failed[index - steps.len()]),
        }
    }
    if let Some(at) = crash {
        break_off(&mut b, at);
    }
    for (state, file) in states.iter_mut().zip(0..) {
        let mut way = Way::Read;
        if crash.is_some() {
            way = Way::Crash;
            state.lose(choices);
            if choices.one_in(3) {
                let size = state.synced.len() as u32;
                state.resize(size);
            }
        }
        b.rest_by(FileId(file), way, state.cells.len() as u32, &state.cells);
    }
    let mut history = b.finish();
    for _ in 0..choices.below(6) {
        damage(choices, &mut history);
    }
    history
}

/// A transfer fails.
fn fail(choices: &mut Choices<'_, '_>, b: &mut HistoryBuilder, files: u32) {
    let start = choices.below(8);
    let operations = b.history().operations.len();
    let failure = Failure {
        kind: choices.among(&[
            FaultKind::ReadError,
            FaultKind::WriteError,
            FaultKind::WriteError,
            FaultKind::PartialCommit,
        ]),
        file: (!choices.one_in(6)).then(|| FileId(choices.below(files) as u8)),
        start,
        end: start + choices.within(1, 5),
        at: choices.below(LAST + 1),
        by: choices.one_in(3).then(|| OperationId(choices.index(operations) as u8)),
    };
    b.history().failures.push(failure);
}

/// Data that the disk refused is either lost or still in memory.
fn refuse(choices: &mut Choices<'_, '_>, states: &mut [State], failure: Failure) {
    if failure.kind != FaultKind::WriteError {
        return;
    }
    let hit = |file: usize| failure.file.is_none_or(|it| it.index() == file);
    for (_, state) in states.iter_mut().enumerate().filter(|(file, _)| hit(*file)) {
        for at in failure.start..failure.end.min(state.cells.len() as u32) {
            let before = [content(FileId(1), at + 1, 1)[0], zeroes(1)[0], state.cells[at as usize]];
            state.cells[at as usize] = choices.among(&before);
        }
    }
}

/// The machine loses power: operations that have not begun never do, and those under way never return.
fn break_off(b: &mut HistoryBuilder, at: Clock) {
    b.call(Call::Crash, (at, None), None);
    for it in b.history().operations.iter_mut().filter(|it| it.call != Call::Crash) {
        it.invoked = it.invoked.filter(|invoked| *invoked < at);
        it.returned = it.returned.filter(|returned| *returned < at);
        if it.returned.is_none() {
            (it.outcome, it.observed, it.position) = (None, Default::default(), None);
        }
    }
}

/// One operation happens, and what it saw is written down.
fn play(
    choices: &mut Choices<'_, '_>,
    b: &mut HistoryBuilder,
    states: &mut [State],
    id: OperationId,
    step: &Step,
    memory: MemoryId,
) {
    let data = match step.plan {
        Plan::Write { counted: Some(counted), source: Some((file, first)), .. } => {
            // Past the end, the rest of the page is zero.
            let cell = |at| states[file.index()].cells.get(at as usize).copied().unwrap_or(zeroes(1)[0]);
            (first..first + counted).map(cell).collect()
        }
        Plan::Write { counted: Some(counted), .. } => written(id, memory, u32::from(id.0), counted),
        _ => Vec::new(),
    };
    let state = &mut states[step.file.index()];
    match step.plan {
        Plan::Stat => b.position(id, state.cells.len() as u32),
        _ if step.error.is_some() => {}
        Plan::Write { counted: None, .. } => {}
        Plan::Write { offset, counted: Some(_), .. } => state.write(offset, &data),
        Plan::Truncate { size } => state.resize(size),
        Plan::Punch { offset, length } => state.write(offset, &zeroes(length)),
        Plan::Read { offset, length } => {
            let seen = state.read(offset, length);
            b.observe(id, seen);
            b.history().operations[id.index()].outcome = Some(Outcome::Done(seen.len() as u32));
        }
        Plan::Fsync => state.synced = state.cells.clone(),
        Plan::Invalidate { discards } => {
            if discards {
                state.lose(choices);
                state.synced = state.cells.clone();
            }
        }
    }
}

fn declare(b: &mut HistoryBuilder, memory: MemoryId, step: &Step) -> OperationId {
    let file = step.file;
    let number = b.history().operations.len() as u32;
    let id = match step.plan {
        Plan::Write { offset, asked, counted, source } => {
            let outcome = counted.map_or(Outcome::Failed(Errno::EIO), Outcome::Done);
            // The mappings come after the anonymous memory, one a file.
            let map = |(file, first): (FileId, u32)| (MemoryId(memory.0 + 1 + file.0), first);
            let (memory, first) = source.map_or((memory, number), map);
            let write = b.write(file, offset, &[(memory, first, asked)], step.when, outcome);
            if counted != Some(asked) {
                b.fault(write, FaultKind::FailedCommit);
            }
            write
        }
        Plan::Truncate { size } => b.truncate(file, size, step.when),
        Plan::Punch { offset, length } => b.done(Call::Punch { file, offset, length }, step.when),
        Plan::Read { offset, length } => b.read(file, offset, length, step.when, &[]),
        Plan::Stat => b.stat(file, step.when, 0),
        Plan::Fsync => b.done(Call::Fsync { file }, step.when),
        Plan::Invalidate { discards } => b.done(Call::Invalidate { file, discards }, step.when),
    };
    if let Some((errno, fault)) = step.error {
        b.history().operations[id.index()].outcome = Some(Outcome::Failed(errno));
        fault.into_iter().for_each(|it| b.fault(id, it));
    }
    id
}

/// Changes one thing: a cell that was seen, when an operation was, what it returned or why, the length of a read or the
/// size at rest.
fn damage(choices: &mut Choices<'_, '_>, history: &mut History) {
    let target = choices.index(history.operations.len() + history.rest.len());
    let span = match history.operations.get(target) {
        Some(it) => it.observed,
        None => history.rest[target - history.operations.len()].content,
    };
    let crash = history.operations.iter().find(|it| it.call == Call::Crash).and_then(|it| it.invoked);
    let last = crash.map_or(LAST, |it| it.min(LAST + 1) - 1);
    match (choices.below(8), history.operations.get_mut(target)) {
        (0, _) => damage_length(choices, history, target),
        (1, Some(it)) if it.returned.is_some() => {
            let from = choices.below(last);
            let instant = matches!(it.call, Call::Invalidate { .. });
            let to = if instant { from } else { choices.within(from, last + 1) };
            (it.invoked, it.returned) = (Some(from), Some(to));
        }
        (2, Some(it)) if it.returned.is_some() && it.call != Call::Crash => {
            if choices.below(2) == 0 {
                it.faults = FaultSet::default();
            } else {
                damage_outcome(choices, it);
            }
        }
        _ if !span.is_empty() => {
            let index = choices.within(span.start, span.end);
            history.cells[index as usize] = any_cell(choices, history, target, index - span.start);
        }
        _ => {}
    }
}

/// Makes a call that succeeded fail, or one that failed succeed.
fn damage_outcome(choices: &mut Choices<'_, '_>, it: &mut crate::Operation) {
    match it.call {
        Call::Stat { .. } => return,
        // An operation keeps its moment only if it took effect.
        Call::Invalidate { .. } => it.returned = it.invoked,
        _ => {}
    }
    it.outcome = match it.outcome {
        Some(Outcome::Done(_)) => Some(Outcome::Failed(choices.among(&ERRORS).0)),
        _ => Some(Outcome::Done(0)),
    };
    it.observed = Default::default();
}

fn damage_length(choices: &mut Choices<'_, '_>, history: &mut History, target: usize) {
    let operations = history.operations.len();
    if let Some(it) = history.operations.get_mut(target) {
        match it.call {
            Call::Stat { .. } if it.returned.is_some() => it.position = Some(choices.below(12)),
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

/// Something that a cell of a look could have been, so many cells from its start: zero, a beginning, or what a write
/// put there, in any file.
fn any_cell(choices: &mut Choices<'_, '_>, history: &History, target: usize, at: u32) -> Cell {
    let start = match history.operations.get(target).map(|it| it.call) {
        Some(Call::Read { offset, .. }) => offset,
        _ => 0,
    };
    let cell = start + at;
    let overwritten = Cell::new(Origin::Overwritten { file: FileId(0), offset: cell });
    let uninitialised = Cell::new(Origin::Uninitialised { frame: 1, before: Owner::Kernel });
    let mut candidates = vec![zeroes(1)[0], overwritten];
    if choices.one_in(8) {
        candidates.push(uninitialised);
    }
    candidates.extend((0..history.files.len()).map(|file| content(FileId(file as u8), cell, 1)[0]));
    for (index, it) in history.operations.iter().enumerate() {
        if let Call::Write { offset: Some(offset), segments, .. } = it.call {
            let segment = history.segments[segments.start as usize];
            if (offset..offset + segment.length).contains(&cell) {
                let (id, from) = (OperationId(index as u8), segment.offset + (cell - offset));
                candidates.push(match history.memories[segment.memory.index()].mapped {
                    Some((file, base)) => content(file, base + from, 1)[0],
                    None => written(id, segment.memory, from, 1)[0],
                });
            }
        }
    }
    choices.among(&candidates)
}
