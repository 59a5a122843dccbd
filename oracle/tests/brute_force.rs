//! The checker against the brute force, on random small histories, legal ones and damaged ones. `SHORTCOPY_HISTORIES` says how many.

use fastrand::Rng;
use shortcopy_oracle::builder::{HistoryBuilder, content, written, zeroes};
use shortcopy_oracle::{
    Call, Cell, Checker, Clock, Errno, FileId, History, MemoryId, OperationId, Outcome, Profile, Quirk, Way,
    brute_force,
};

const PAGE: u32 = 4;
const LAST: Clock = 14;

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
    plan: Plan,
    when: (Clock, Clock),
    moment: Clock,
}

fn plan(random: &mut Rng) -> Plan {
    match random.u32(0..16) {
        0..6 => {
            let asked = random.u32(1..5);
            let counted = match random.u32(0..6) {
                0 => None,
                1 => Some(random.u32(1..=asked)),
                _ => Some(asked),
            };
            Plan::Write { offset: random.u32(0..7), asked, counted }
        }
        6..8 => Plan::Truncate { size: random.u32(3..9) },
        8 => Plan::Punch { offset: random.u32(0..2), length: 1 },
        9..15 => Plan::Read { offset: random.u32(0..4), length: random.u32(1..8) },
        _ => Plan::Stat,
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
}

/// Plays the steps in the order of their moments and writes down what happens.
fn history(random: &mut Rng) -> History {
    let mut b = HistoryBuilder::new(PAGE);
    let (size, memory) = (random.u32(3..7), MemoryId(0));
    let file = b.file(size);
    b.memory(8);
    let count = random.usize(2..8);
    let steps: Vec<Step> = (0..count)
        .map(|_| {
            let start = random.u32(0..LAST);
            let end = random.u32(start..(start + 7).min(LAST + 1));
            Step { plan: plan(random), when: (start, end), moment: random.u32(start..=end) }
        })
        .collect();
    let ids: Vec<OperationId> = steps.iter().map(|step| declare(&mut b, file, memory, step)).collect();
    let mut order: Vec<usize> = (0..count).collect();
    random.shuffle(&mut order);
    order.sort_by_key(|&index| steps[index].moment);
    let mut state = State { cells: content(file, 0, size) };
    for index in order {
        let id = ids[index];
        match steps[index].plan {
            Plan::Write { counted: None, .. } => {}
            Plan::Write { offset, counted: Some(counted), .. } => {
                state.write(offset, &written(id, memory, u32::from(id.0), counted));
            }
            Plan::Truncate { size } => state.resize(size),
            Plan::Punch { offset, length } => state.write(offset, &zeroes(length)),
            Plan::Read { offset, length } => {
                let end = (offset + length).min(state.cells.len() as u32).max(offset.min(state.cells.len() as u32));
                let seen = state.cells.get(offset as usize..end as usize).unwrap_or(&[]).to_vec();
                b.observe(id, &seen);
                b.history().operations[id.index()].outcome = Some(Outcome::Done(seen.len() as u32));
            }
            Plan::Stat => b.position(id, state.cells.len() as u32),
        }
    }
    b.rest_by(file, Way::Read, state.cells.len() as u32, &state.cells);
    let mut history = b.finish();
    for _ in 0..random.u32(0..6) {
        damage(random, &mut history);
    }
    history
}

fn declare(b: &mut HistoryBuilder, file: FileId, memory: MemoryId, step: &Step) -> OperationId {
    let id = b.history().operations.len() as u32;
    match step.plan {
        Plan::Write { offset, asked, counted } => {
            let outcome = counted.map_or(Outcome::Failed(Errno::EIO), Outcome::Done);
            let write = b.write(file, offset, &[(memory, id, asked)], step.when, outcome);
            if counted != Some(asked) {
                // The excuse for the return value, which is not what is compared here.
                b.fault(write, shortcopy_oracle::FaultKind::FailedCommit);
            }
            write
        }
        Plan::Truncate { size } => b.truncate(file, size, step.when),
        Plan::Punch { offset, length } => b.done(Call::Punch { file, offset, length }, step.when),
        Plan::Read { offset, length } => b.read(file, offset, length, step.when, &[]),
        Plan::Stat => b.stat(file, step.when, 0),
    }
}

/// Changes one thing that was seen: a cell, the length of a read or the size at rest.
fn damage(random: &mut Rng, history: &mut History) {
    let operations = 0..history.operations.len();
    let target = random.usize(0..operations.len() + 1);
    let span = history.operations.get(target).map_or(history.rest[0].content, |it| it.observed);
    match random.u32(0..6) {
        0 => {
            if let Some(it) = history.operations.get_mut(target) {
                match it.call {
                    Call::Stat { .. } => it.position = Some(random.u32(0..12)),
                    Call::Read { .. } if it.observed.start < it.observed.end => {
                        it.observed.end -= 1;
                        it.outcome = Some(Outcome::Done(it.observed.len()));
                    }
                    _ => {}
                }
            } else if history.rest[0].size > 0 {
                history.rest[0].size -= 1;
                history.rest[0].content.end -= 1;
            }
        }
        1 if target < history.operations.len() => {
            let it = &mut history.operations[target];
            it.invoked = it.invoked.map(|_| random.u32(0..LAST));
            it.returned = it.invoked.map(|invoked| random.u32(invoked..=LAST));
        }
        _ if !span.is_empty() => {
            let index = random.u32(span.start..span.end);
            let cell = any_cell(random, history, span.start, index);
            history.cells[index as usize] = cell;
        }
        _ => {}
    }
}

fn any_cell(random: &mut Rng, history: &History, start: u32, index: u32) -> Cell {
    let base = history.operations.iter().find(|it| it.observed.start == start && !it.observed.is_empty());
    let base = base.map_or(0, |it| if let Call::Read { offset, .. } = it.call { offset } else { 0 });
    let cell = base + (index - start);
    let mut choices = vec![zeroes(1)[0], content(FileId(0), cell, 1)[0]];
    for (index, it) in history.operations.iter().enumerate() {
        if let Call::Write { offset: Some(offset), segments, .. } = it.call {
            let segment = history.segments[segments.start as usize];
            if (offset..offset + segment.length).contains(&cell) {
                let id = OperationId(index as u8);
                choices.push(written(id, segment.memory, segment.offset + (cell - offset), 1)[0]);
            }
        }
    }
    choices[random.usize(0..choices.len())]
}

#[test]
fn checker_and_brute_force_agree() {
    let count: u64 =
        std::env::var("SHORTCOPY_HISTORIES").map_or(5_000, |it| it.parse().expect("a number of histories"));
    let mut checker = Checker::new();
    let (mut legal, mut illegal) = (0_u64, 0_u64);
    for seed in 0..count {
        let history = history(&mut Rng::with_seed(seed));
        checker.reset();
        let verdicts = checker.check(&history, Profile::Linux).to_vec();
        // What Linux is forgiven is still not legal.
        let quirks =
            [Quirk::TruncateZeroes, Quirk::TornSize].iter().map(|&it| checker.exercised().quirk(it)).sum::<u64>();
        let accepted = verdicts.is_empty() && quirks == 0;
        let expected = brute_force::is_legal(&history);
        *(if expected { &mut legal } else { &mut illegal }) += 1;
        assert_eq!(accepted, expected, "seed {seed}: {verdicts:#?}\nquirks {quirks}\n{history:#?}");
    }
    assert!(legal > count / 5 && illegal > count / 5, "the mix is too one-sided: {legal} legal, {illegal} illegal");
}
