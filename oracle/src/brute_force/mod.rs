//! The reference for the checker: the same rules, decided by trying every order of the operations. Slow, short and plain.
//!
//! It knows what small histories need, file by file: writes from untouched anonymous memory (whole, short or failed), truncates that succeed, punches
//! inside the file, reads, stats and looks at rest by `read(2)`. It decides R1 with S2, S5 and S6, R2, the pairs of R4, S1 and S3 for
//! these. An operation has a beginning and an end; an order of all beginnings and ends is possible if it respects the clock. A write
//! takes effect at its end; between the two, a reader may see any part of it. Every read is tried on its own, cell by cell, but for R2,
//! where all reads of a cell must fit one order.

mod agree;
pub mod small;

pub use agree::{Disagreement, compare};

use crate::model::{Interval, REST, interval, write_length};
use crate::{Call, Cell, FileId, History, OperationId, Origin, Outcome, Way};

/// What an event does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    WriteBegins(Written),
    WriteEnds(Written),
    Truncate(u32),
    Punch(u32, u32),
    Look,
}

/// A write, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Written {
    operation: OperationId,
    offset: u32,
    counted: u32,
    asked: u32,
}

#[derive(Clone, Copy)]
struct Event {
    when: Interval,
    act: Act,
}

/// What one cell holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    Beginning,
    By(OperationId),
    Zero,
    Void { exposed: bool },
}

/// What a read saw of one cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Beginning,
    By(OperationId),
    Zero,
    Stranger,
}

struct Look {
    when: Interval,
    file: FileId,
    start: u32,
    cells: Vec<Cell>,
    /// The length asked for; `None` for the whole file.
    asked: Option<u32>,
    /// The size that was seen, for a stat or a look at rest.
    size: Option<u32>,
}

/// Whether a correct kernel could have produced a small history: at most 12 operations that change a file.
#[must_use]
pub fn is_legal(history: &History) -> bool {
    let looks = looks(history);
    (0..history.files.len()).map(|index| FileId(index as u8)).all(|file| {
        let events = events(history, file);
        let looks: Vec<&Look> = looks.iter().filter(|it| it.file == file).collect();
        looks.iter().all(|look| length_is_legal(history, file, &events, look))
            && looks.iter().all(|look| cells_are_legal(history, file, &events, look))
            && one_order_fits(history, file, &events, &looks)
            && pairs_are_serial(&events, &looks)
    })
}

fn looks(history: &History) -> Vec<Look> {
    let mut looks = Vec::new();
    for (index, operation) in history.operations.iter().enumerate() {
        let Some(when) = interval(history, OperationId(index as u8)) else { continue };
        match operation.call {
            Call::Read { file, offset, length } if operation.outcome.is_some() => looks.push(Look {
                when,
                file,
                start: offset,
                cells: history.observed(OperationId(index as u8)).to_vec(),
                asked: Some(length),
                size: None,
            }),
            Call::Stat { file } => {
                looks.push(Look { when, file, start: 0, cells: Vec::new(), asked: Some(0), size: operation.position });
            }
            _ => {}
        }
    }
    for rest in history.rest.iter().filter(|it| it.way == Way::Read) {
        let cells = history.cells[rest.content.range()].to_vec();
        looks.push(Look { when: REST, file: rest.file, start: 0, cells, asked: None, size: Some(rest.size) });
    }
    looks
}

fn events(history: &History, file: FileId) -> Vec<Event> {
    let mut events = Vec::new();
    for (index, it) in history.operations.iter().enumerate() {
        let id = OperationId(index as u8);
        let Some(when) = interval(history, id) else { continue };
        let mut add = |act| events.push(Event { when, act });
        match it.call {
            Call::Write { file: to, offset: Some(offset), segments } if to == file => {
                let asked = write_length(history, segments);
                let counted = if let Some(Outcome::Done(counted)) = it.outcome { counted.min(asked) } else { 0 };
                let write = Written { operation: id, offset, counted, asked };
                add(Act::WriteBegins(write));
                add(Act::WriteEnds(write));
            }
            Call::Truncate { file: to, size, .. } if to == file => add(Act::Truncate(size)),
            Call::Punch { file: to, offset, length } if to == file => add(Act::Punch(offset, offset + length)),
            _ => {}
        }
    }
    events
}

/// Whether `a` must come before `b` in every order.
fn before(a: &Event, b: &Event) -> bool {
    let begins_ends = match (a.act, b.act) {
        (Act::WriteBegins(a), Act::WriteEnds(b)) => a.operation == b.operation,
        _ => false,
    };
    begins_ends || a.when.precedes(b.when)
}

/// Whether some order reaches the goal. `step` says what an event makes of a state (nothing: it cannot happen there); `goal` is asked
/// about the set of events that have happened.
fn reaches<S: Copy + PartialEq>(
    events: &[Event],
    start: S,
    step: &dyn Fn(usize, u32, S) -> Option<S>,
    goal: &dyn Fn(u32) -> bool,
) -> bool {
    let mut todo = vec![(0_u32, start)];
    let mut known = todo.clone();
    while let Some((happened, state)) = todo.pop() {
        if goal(happened) {
            return true;
        }
        for index in (0..events.len()).filter(|index| happened >> index & 1 == 0) {
            let ready = (0..events.len())
                .all(|other| happened >> other & 1 == 1 || other == index || !before(&events[other], &events[index]));
            let Some(next) = step(index, happened, state).filter(|_| ready) else { continue };
            let next = (happened | 1 << index, next);
            if !known.contains(&next) {
                known.push(next);
                todo.push(next);
            }
        }
    }
    false
}

/// The writes that have begun and not ended.
fn in_flight(events: &[Event], happened: u32) -> impl Iterator<Item = Written> {
    let has = move |index: usize| happened >> index & 1 == 1;
    events.iter().enumerate().filter_map(move |(index, event)| match event.act {
        // A write's end is pushed right after its beginning.
        Act::WriteBegins(write) if has(index) && !has(index + 1) => Some(write),
        _ => None,
    })
}

fn with_look(events: &[Event], when: Interval) -> Vec<Event> {
    events.iter().copied().chain([Event { when, act: Act::Look }]).collect()
}

fn length_is_legal(history: &History, file: FileId, events: &[Event], look: &Look) -> bool {
    let events = with_look(events, look.when);
    let accepts = |size: u32| {
        let length = look.asked.unwrap_or(u32::MAX).min(size.saturating_sub(look.start));
        look.size.is_none_or(|it| it == size) && look.cells.len() as u32 == length
    };
    let step = |index: usize, happened: u32, size: u32| match events[index].act {
        Act::WriteBegins(_) | Act::Punch(..) => Some(size),
        Act::WriteEnds(write) if write.counted > 0 => Some(size.max(write.offset + write.counted)),
        Act::WriteEnds(_) => Some(size),
        Act::Truncate(to) => Some(to),
        Act::Look => {
            let furthest = in_flight(&events, happened).filter(|it| it.asked > 0).map(|it| it.offset + it.asked).max();
            (size..=furthest.unwrap_or(0).max(size)).any(accepts).then_some(size)
        }
    };
    let last = events.len() - 1;
    reaches(&events, history.files[file.index()].size, &step, &|happened| happened >> last & 1 == 1)
}

fn beginning(history: &History, file: FileId, cell: u32) -> Value {
    if cell < history.files[file.index()].size { Value::Beginning } else { Value::Void { exposed: false } }
}

/// What an event makes of one cell's value.
fn apply(act: Act, cell: u32, value: Value) -> Value {
    match (act, value) {
        (Act::WriteEnds(it), _) if (it.offset..it.offset + it.counted).contains(&cell) => Value::By(it.operation),
        (Act::WriteEnds(it), Value::Void { .. }) if it.counted > 0 && cell < it.offset => Value::Void { exposed: true },
        (Act::Truncate(size), _) if size <= cell => Value::Void { exposed: false },
        (Act::Truncate(_), Value::Void { .. }) => Value::Void { exposed: true },
        (Act::Punch(start, end), _) if (start..end).contains(&cell) => Value::Zero,
        _ => value,
    }
}

/// What an observed cell says; it must be this very cell of its origin.
fn seen(history: &History, file: FileId, cell: u32, it: Cell) -> Seen {
    match it.origin() {
        Origin::Zero { .. } => Seen::Zero,
        Origin::Content { file: of, offset } if of == file && offset == cell => Seen::Beginning,
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
        _ => Seen::Stranger,
    }
}

fn cells_are_legal(history: &History, file: FileId, events: &[Event], look: &Look) -> bool {
    let events = with_look(events, look.when);
    let last = events.len() - 1;
    look.cells.iter().zip(look.start..).all(|(&it, cell)| {
        let seen = seen(history, file, cell, it);
        let step = |index: usize, happened: u32, value: Value| {
            if events[index].act != Act::Look {
                return Some(apply(events[index].act, cell, value));
            }
            let mut flying = in_flight(&events, happened);
            let legal = match seen {
                Seen::Stranger => false,
                Seen::Beginning => value == Value::Beginning,
                Seen::By(write) => {
                    let covers = |it: Written| (it.offset..it.offset + it.asked).contains(&cell);
                    value == Value::By(write) || flying.any(|it| it.operation == write && covers(it))
                }
                Seen::Zero => match value {
                    Value::Zero | Value::Void { exposed: true } => true,
                    Value::Void { exposed: false } => flying.any(|it| it.asked > 0 && cell < it.offset),
                    _ => false,
                },
            };
            legal.then_some(value)
        };
        reaches(&events, beginning(history, file, cell), &step, &|happened| happened >> last & 1 == 1)
    })
}

/// R2: all reads of a cell that saw settled data fit into one order.
fn one_order_fits(history: &History, file: FileId, events: &[Event], looks: &[&Look]) -> bool {
    let end = looks.iter().map(|it| it.start + it.cells.len() as u32).max().unwrap_or(0);
    (0..end).all(|cell| {
        let mut all: Vec<Event> = events.iter().copied().filter(|it| !matches!(it.act, Act::WriteBegins(_))).collect();
        let mut values = vec![None; all.len()];
        for look in looks {
            let Some(&it) = cell.checked_sub(look.start).and_then(|at| look.cells.get(at as usize)) else { continue };
            let value = match seen(history, file, cell, it) {
                Seen::Beginning => Value::Beginning,
                Seen::By(write) if settles(&all, write, cell) => Value::By(write),
                _ => continue,
            };
            all.push(Event { when: look.when, act: Act::Look });
            values.push(Some(value));
        }
        let step = |index: usize, _: u32, value: Value| match values[index] {
            None => Some(apply(all[index].act, cell, value)),
            Some(wanted) => (wanted == value).then_some(value),
        };
        let everything = (1_u32 << all.len()) - 1;
        reaches(&all, beginning(history, file, cell), &step, &|happened| happened == everything)
    })
}

fn settles(events: &[Event], write: OperationId, cell: u32) -> bool {
    events.iter().any(|it| match it.act {
        Act::WriteEnds(it) => it.operation == write && (it.offset..it.offset + it.counted).contains(&cell),
        _ => false,
    })
}

/// R4: of two writes at once, the same one has won wherever both wrote.
fn pairs_are_serial(events: &[Event], looks: &[&Look]) -> bool {
    let writes = || {
        events.iter().filter_map(|event| match event.act {
            Act::WriteEnds(write) => Some((event.when, write)),
            _ => None,
        })
    };
    let covers = |write: &Written, cell: u32| (write.offset..write.offset + write.counted).contains(&cell);
    looks.iter().filter(|it| it.asked.is_none()).all(|look| {
        writes().all(|(first, a)| {
            writes().filter(|(second, b)| second.overlaps(first) && a.operation < b.operation).all(|(_, b)| {
                let both = (0_u32..).zip(&look.cells).filter(|(cell, _)| covers(&a, *cell) && covers(&b, *cell));
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
