//! What each cell of a file may hold, in memory and on the disk.

use super::events::{Act, Event, Look, before, in_flight};
use super::{covers, reaches};
use crate::{Call, Cell, FileId, History, OperationId, Origin};

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
    /// What the block held before, whatever that is: the disk refused what was to be written.
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

/// What a read saw of one cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Beginning,
    Overwritten,
    By(OperationId),
    Zero,
    /// What some block may have held.
    Stranger,
    Uninitialised,
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
            // A truncate that makes the file longer puts nothing past the end.
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

/// What an observed cell says; it must be this very cell of its origin.
fn seen(history: &History, file: FileId, cell: u32, it: Cell) -> Seen {
    match it.origin() {
        Origin::Zero { .. } => Seen::Zero,
        Origin::Content { file: of, offset } if of == file && offset == cell => Seen::Beginning,
        Origin::Overwritten { file: of, offset } if of == file && offset == cell => Seen::Overwritten,
        Origin::Written { operation, memory, offset } => {
            let Call::Write { file: to, offset: Some(mut at), segments } = history.operations[operation.index()].call
            else {
                return Seen::Stranger;
            };
            let here = history.segments[segments.range()].iter().any(|segment| {
                let start = at;
                at += segment.length;
                segment.memory == memory && (start..at).contains(&cell) && segment.offset + (cell - start) == offset
            });
            if here && to == file { Seen::By(operation) } else { Seen::Stranger }
        }
        Origin::Uninitialised { .. } => Seen::Uninitialised,
        _ => Seen::Stranger,
    }
}

/// R1 with S2, S5, S6 and, after a crash, S9: each cell that a look saw is what the cell held, or what the disk did.
pub(super) fn cells_are_legal(history: &History, file: FileId, events: &[Event], look: &Look) -> bool {
    let events: Vec<Event> = events.iter().copied().chain([look.event()]).collect();
    let last = events.len() - 1;
    look.cells.iter().zip(look.start..).all(|(&it, cell)| {
        let seen = seen(history, file, cell, it);
        let step = |index: usize, happened: u32, state: State, next: &mut Vec<State>| {
            let event = &events[index];
            let lasts = !event.failed || matches!(event.act, Act::WriteBegins(_) | Act::WriteEnds(_));
            match event.act {
                Act::Look if shows(&events, happened, cell, seen, state.value) => next.push(state),
                Act::LookAtDisk if Value::members(state.disk).any(|it| shows(&events, happened, cell, seen, it)) => {
                    next.push(state);
                }
                Act::Look | Act::LookAtDisk => {}
                act if lasts => state.apply(act, cell, next),
                act => {
                    next.push(state);
                    if event.when.overlaps(look.when) {
                        state.apply(act, cell, next);
                    }
                }
            }
        };
        reaches(&events, State::beginning(history, file, cell), &before, &step, &|happened| happened >> last & 1 == 1)
    })
}

/// Whether a cell that holds `value` may be seen so, given what has happened.
fn shows(events: &[Event], happened: u32, cell: u32, seen: Seen, value: Value) -> bool {
    let mut flying = in_flight(events, happened);
    if value == Value::Anything {
        return seen != Seen::Uninitialised;
    }
    match seen {
        Seen::Stranger | Seen::Uninitialised => false,
        Seen::Beginning => value == Value::Beginning,
        Seen::Overwritten => value == Value::Overwritten,
        Seen::By(write) => {
            let writes = flying.any(|it| it.operation == write && covers(it.offset, it.offset + it.asked, cell));
            value == Value::By(write) || writes
        }
        Seen::Zero => match value {
            Value::Zero | Value::Void { exposed: true } => true,
            Value::Void { exposed: false } => flying.any(|it| it.asked > 0 && cell < it.offset),
            _ => false,
        },
    }
}

/// R2: all reads of a cell that saw settled data fit into one order. What was lost may come back older, and says nothing.
pub(super) fn one_order_fits(history: &History, file: FileId, events: &[Event], looks: &[&Look]) -> bool {
    let end = looks.iter().map(|it| it.start + it.cells.len() as u32).max().unwrap_or(0);
    let changes = |it: &Event| {
        !it.failed && matches!(it.act, Act::Truncate(_) | Act::Punch(..)) || matches!(it.act, Act::WriteEnds(_))
    };
    (0..end).all(|cell| {
        let mut all: Vec<Event> = events.iter().copied().filter(changes).collect();
        let mut values = vec![None; all.len()];
        for look in looks.iter().filter(|it| !it.after_crash && !it.after_a_loss(events, cell)) {
            let Some(&it) = cell.checked_sub(look.start).and_then(|at| look.cells.get(at as usize)) else { continue };
            let value = match seen(history, file, cell, it) {
                Seen::Beginning => Value::Beginning,
                Seen::By(write) if settles(&all, write, cell) => Value::By(write),
                _ => continue,
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

fn settles(events: &[Event], write: OperationId, cell: u32) -> bool {
    events.iter().any(|it| match it.act {
        Act::WriteEnds(it) => it.operation == write && covers(it.offset, it.offset + it.counted, cell),
        _ => false,
    })
}

/// R4: of two writes at once, the same one has won wherever both wrote.
pub(super) fn pairs_are_serial(events: &[Event], looks: &[&Look]) -> bool {
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
                let winner = |it: &Cell| match it.origin() {
                    Origin::Written { operation, .. } => Some(operation),
                    _ => None,
                };
                let winners: Vec<OperationId> = both.filter_map(|(_, it)| winner(it)).collect();
                !(winners.contains(&a.operation) && winners.contains(&b.operation))
            })
        })
    })
}
