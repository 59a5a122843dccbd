//! What each cell of a file may hold, in memory and on the disk.

use super::events::{Act, Event, Look, Written, before, in_flight};
use super::{covers, reaches};
use crate::model::{Interval, interval, moment};
use crate::{Call, Cell, FaultKind, FileId, History, OperationId, Origin};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What one cell holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Beginning,
    /// What the disk had under a page that was dirty from the beginning.
    Overwritten,
    By(OperationId),
    Zero,
    Void {
        exposed: bool,
    },
    /// The block's previous content, whatever it was: the disk refused the data that was to be written.
    Anything,
}

/// A cell, and what the disk may have of it: a bit for each value; and how long the file is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    value: Value,
    disk: u32,
    size: u32,
}

impl Value {
    const fn bit(self) -> u32 {
        match self {
            Self::Beginning => 1,
            Self::Overwritten => 1 << 1,
            Self::Zero => 1 << 2,
            Self::Void { .. } => 1 << 3,
            Self::Anything => 1 << 4,
            Self::By(operation) => 1 << (5 + operation.0),
        }
    }

    /// The values in a set. A hole that is read from the disk is before the end of the file.
    fn members(set: u32) -> impl Iterator<Item = Self> {
        let plain = [Self::Beginning, Self::Overwritten, Self::Zero, Self::Void { exposed: true }, Self::Anything];
        let written = (0..27).map(|it| Self::By(OperationId(it)));
        plain.into_iter().chain(written).filter(move |it| set & it.bit() != 0)
    }
}

impl State {
    fn beginning(history: &History, file: FileId, cell: u32) -> Self {
        let within = cell < history.files[file.index()].size;
        let value = if within { Value::Beginning } else { Value::Void { exposed: false } };
        let below = if within { Value::Overwritten.bit() } else { 0 };
        Self { value, disk: value.bit() | below, size: history.files[file.index()].size }
    }

    fn put(self, value: Value) -> Self {
        Self { value, disk: self.disk | value.bit(), ..self }
    }

    /// The size after an event.
    fn sized(self, act: Act) -> Self {
        let size = match act {
            Act::Truncate(size) => size,
            Act::WriteEnds(it) if it.counted > 0 => self.size.max(it.offset + it.counted),
            _ => self.size,
        };
        Self { size, ..self }
    }

    /// What an event makes of it.
    fn apply(self, act: Act, cell: u32, next: &mut Vec<Self>) {
        let only = |value: Value| Self { value, disk: value.bit(), ..self };
        let after = match (act, self.value) {
            (Act::WriteEnds(it), _) if covers(it.offset, it.offset + it.counted, cell) => {
                self.put(Value::By(it.operation))
            }
            (Act::WriteEnds(it), Value::Void { .. }) if it.counted > 0 && cell < it.offset => {
                self.put(Value::Void { exposed: true })
            }
            // A truncate that makes the file longer adds nothing past the old end.
            (Act::Truncate(size), _) if size <= cell && self.size < size => self,
            (Act::Truncate(size), _) if size <= cell => self.put(Value::Void { exposed: false }),
            (Act::Truncate(_), Value::Void { .. }) => self.put(Value::Void { exposed: true }),
            (Act::Punch(start, end), _) if covers(start, end, cell) => self.put(Value::Zero),
            (Act::Sync, value) => only(value),
            (Act::Discard, _) => return next.extend(Value::members(self.disk).map(only)),
            (Act::Refuse(start, end), _) if covers(start, end, cell) => only(Value::Anything),
            _ => self,
        };
        next.push(after.sized(act));
    }
}

/// The cell that a write from anonymous memory puts at `cell`.
fn written(history: &History, write: &Written, cell: u32) -> Option<Cell> {
    let Call::Write { segments, .. } = history.operations[write.operation.index()].call else { return None };
    let mut at = write.offset;
    history.segments[segments.range()].iter().find_map(|segment| {
        let start = at;
        at += segment.length;
        let origin = Origin::Written {
            operation: write.operation,
            memory: segment.memory,
            offset: segment.offset + cell.checked_sub(start)?,
        };
        (cell < at).then(|| Cell::new(origin))
    })
}

/// When and how somebody looks at one cell.
#[derive(Clone, Copy)]
struct Sight {
    file: FileId,
    cell: u32,
    /// The look as an event.
    event: Event,
    /// Through a mapping, which shows the rest of the last page.
    mapped: bool,
}

/// All that a cell may be where somebody looks at it.
fn shown(history: &History, events: &[Event], sight: Sight) -> BTreeSet<Value> {
    let events: Vec<Event> = events.iter().copied().chain([sight.event]).collect();
    let found = RefCell::new(BTreeSet::new());
    let note = |happened: u32, state: State, value: Value| {
        let mut found = found.borrow_mut();
        let mut flying = in_flight(&events, happened);
        let ends = (1..=sight.cell).contains(&state.size);
        match value {
            Value::Void { exposed: true } => _ = found.insert(Value::Zero),
            // Mapped cells are in the first page.
            Value::Void { exposed: false } if sight.mapped && ends => _ = found.insert(Value::Zero),
            Value::Void { exposed: false } if flying.any(|it| it.asked > 0 && sight.cell < it.offset) => {
                found.insert(Value::Zero);
            }
            Value::Void { .. } => {}
            value => _ = found.insert(value),
        }
        let flying = in_flight(&events, happened).filter(|it| covers(it.offset, it.offset + it.asked, sight.cell));
        found.extend(flying.map(|it| Value::By(it.operation)));
    };
    let step = |index: usize, happened: u32, state: State, next: &mut Vec<State>| {
        let event = &events[index];
        let lasts = !event.failed || matches!(event.act, Act::WriteBegins(_) | Act::WriteEnds(_));
        match event.act {
            Act::Look => note(happened, state, state.value),
            Act::LookAtDisk => Value::members(state.disk).for_each(|it| note(happened, state, it)),
            act if lasts => state.apply(act, sight.cell, next),
            act => {
                next.push(state);
                if event.when.overlaps(sight.event.when) {
                    state.apply(act, sight.cell, next);
                }
            }
        }
    };
    reaches(&events, State::beginning(history, sight.file, sight.cell), &before, &step, &|_| false);
    found.into_inner()
}

/// What the writes of a history may have copied from files.
pub(super) struct Copies<'a> {
    history: &'a History,
    /// The events of each file.
    events: &'a [Vec<Event>],
    /// What each cell of each write from a mapped file may have been copied from: a value at the source's cell.
    sources: BTreeMap<(OperationId, u32), BTreeSet<Value>>,
}

impl<'a> Copies<'a> {
    /// Tries every order for every cell that a write may have copied from a file.
    pub fn new(history: &'a History, events: &'a [Vec<Event>]) -> Self {
        // Nobody copies anything after the machine has lost power.
        let crash = history.operations.iter().filter(|it| it.call == Call::Crash).filter_map(|it| it.invoked).min();
        let mut sources = BTreeMap::new();
        for write in events.iter().flatten().filter_map(write_of) {
            let (Some((file, first)), Some(when)) = (write.source, interval(history, write.operation)) else {
                continue;
            };
            let when = Interval { to: crash.map_or(when.to, |crash| when.to.min(crash)), ..when };
            for along in 0..write.asked {
                let event = Event { when, act: Act::Look, failed: false };
                let sight = Sight { file, cell: first + along, event, mapped: true };
                sources.insert((write.operation, along), shown(history, &events[file.index()], sight));
            }
        }
        Self { history, events, sources }
    }

    fn write(&self, file: FileId, operation: OperationId) -> Option<Written> {
        self.events[file.index()].iter().filter_map(write_of).find(|it| it.operation == operation)
    }

    /// Whether a value of a cell may look so.
    fn is(&self, value: Value, (file, cell): (FileId, u32), it: Cell, been: &mut BTreeSet<(OperationId, u32)>) -> bool {
        match value {
            Value::Beginning => it == Cell::new(Origin::Content { file, offset: cell }),
            Value::Overwritten => it == Cell::new(Origin::Overwritten { file, offset: cell }),
            Value::Zero | Value::Void { .. } => it.is_zero(),
            Value::Anything => !it.is_uninitialised(),
            Value::By(operation) => {
                let Some(write) = self.write(file, operation) else { return false };
                let Some((source, first)) = write.source else {
                    return written(self.history, &write, cell) == Some(it);
                };
                let along = cell - write.offset;
                let mut sources = self.sources.get(&(operation, along)).into_iter().flatten();
                been.insert((operation, along))
                    && sources.any(|value| self.is(*value, (source, first + along), it, been))
            }
        }
    }

    /// What a cell that looks so must be the value of, if only one beginning or write can be meant, whenever it was.
    fn means(&self, (file, cell): (FileId, u32), it: Cell) -> Option<Value> {
        let covering = |it: &Written| covers(it.offset, it.offset + it.asked, cell);
        let writes = self.events[file.index()].iter().filter_map(write_of).filter(covering);
        let values = writes.map(|it| Value::By(it.operation)).chain([Value::Beginning]);
        let mut meant = values.filter(|value| self.is(*value, (file, cell), it, &mut BTreeSet::new()));
        let value = meant.next().filter(|_| !it.is_zero());
        value.filter(|_| meant.next().is_none())
    }
}

fn write_of(event: &Event) -> Option<Written> {
    match event.act {
        Act::WriteEnds(write) => Some(write),
        _ => None,
    }
}

/// R1 with S2, S5, S6 and, after a crash, S9: each cell that a look saw is what the cell held, or what the disk did.
pub(super) fn cells_are_legal(copies: &Copies<'_>, look: &Look) -> bool {
    let (history, file) = (copies.history, look.file);
    look.cells.iter().zip(look.start..).all(|(&it, cell)| {
        let sight = Sight { file, cell, event: look.event(), mapped: false };
        let values = shown(history, &copies.events[file.index()], sight);
        values.into_iter().any(|value| copies.is(value, (file, cell), it, &mut BTreeSet::new()))
    })
}

/// R2: all reads of a cell that saw settled data fit into one order. What was lost may come back older, and says
/// nothing; nor does what several may have put there.
pub(super) fn one_order_fits(copies: &Copies<'_>, file: FileId, looks: &[&Look]) -> bool {
    let (history, events) = (copies.history, &copies.events[file.index()]);
    let end = looks.iter().map(|it| it.start + it.cells.len() as u32).max().unwrap_or(0);
    let changes = |it: &Event| {
        !it.failed && matches!(it.act, Act::Truncate(_) | Act::Punch(..)) || matches!(it.act, Act::WriteEnds(_))
    };
    (0..end).all(|cell| {
        let mut all: Vec<Event> = events.iter().copied().filter(changes).collect();
        let mut values = vec![None; all.len()];
        for look in looks.iter().filter(|it| !it.after_crash && !it.after_a_loss(events, cell)) {
            let Some(&it) = cell.checked_sub(look.start).and_then(|at| look.cells.get(at as usize)) else { continue };
            let value = match copies.means((file, cell), it) {
                Some(Value::By(write)) if !settles(&all, write, cell) => continue,
                Some(Value::By(write)) if is_of_vain_try(history, (file, cell), write, look) => continue,
                Some(value) => value,
                None => continue,
            };
            all.push(look.event());
            values.push(Some(value));
        }
        let step = |index: usize, _: u32, state: State, next: &mut Vec<State>| match values[index] {
            None => state.apply(all[index].act, cell, next),
            Some(wanted) if wanted == state.value => next.push(state),
            Some(_) => {}
        };
        let everything = (1_u32 << all.len()) - 1;
        let start = State::beginning(history, file, cell);
        reaches(&all, start, &before, &step, &|happened| happened == everything)
    })
}

/// Whether the look began before the write learnt that less of the cell was taken than it had put there.
fn is_of_vain_try(history: &History, (file, cell): (FileId, u32), write: OperationId, look: &Look) -> bool {
    history.failures.iter().any(|it| {
        it.kind == FaultKind::PartialCommit
            && (it.file, it.by) == (Some(file), Some(write))
            && covers(it.start, it.end, cell)
            && look.when.from <= moment(it.at).to
    })
}

fn settles(events: &[Event], write: OperationId, cell: u32) -> bool {
    events
        .iter()
        .filter_map(write_of)
        .any(|it| it.operation == write && covers(it.offset, it.offset + it.counted, cell))
}

/// R4: of two writes at once, the same one has won wherever both wrote.
pub(super) fn pairs_are_serial(copies: &Copies<'_>, file: FileId, looks: &[&Look]) -> bool {
    let events = &copies.events[file.index()];
    let writes = || {
        events.iter().filter_map(|event| match event.act {
            Act::WriteEnds(write) => Some((event.when, write)),
            _ => None,
        })
    };
    looks.iter().filter(|it| it.asked.is_none() && !it.after_crash).all(|look| {
        writes().all(|(first, a)| {
            writes().filter(|(second, b)| second.overlaps(first) && a.operation < b.operation).all(|(_, b)| {
                let wrote = |cell: u32| {
                    [a, b].iter().all(|it| covers(it.offset, it.offset + it.counted, cell))
                        && !look.after_a_loss(events, cell)
                };
                let both = (0_u32..).zip(&look.cells).filter(|(cell, _)| wrote(*cell));
                let winner = |(cell, it): (u32, &Cell)| match copies.means((file, cell), *it) {
                    Some(Value::By(operation)) => Some(operation),
                    _ => None,
                };
                let winners: Vec<OperationId> = both.filter_map(winner).collect();
                !(winners.contains(&a.operation) && winners.contains(&b.operation))
            })
        })
    })
}
