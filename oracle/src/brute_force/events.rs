//! What changes a file, and who looks at it.

use super::covers;
use crate::model::{Interval, REST, interval, moment, write_length};
use crate::{Call, Cell, FaultKind, FileId, History, OperationId, Outcome, Span, Way};

/// What an event does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    WriteBegins(Written),
    WriteEnds(Written),
    Truncate(u32),
    Punch(u32, u32),
    /// A successful fsync.
    Sync,
    /// What is cached is dropped, dirty or not.
    Discard,
    /// The disk did not take these cells.
    Refuse(u32, u32),
    Look,
    /// A look after the crash: what is on the disk.
    LookAtDisk,
}

/// A write, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Written {
    pub operation: OperationId,
    pub offset: u32,
    pub counted: u32,
    pub asked: u32,
    /// The file that the source maps, and the cell there that comes to `offset`; `None` for anonymous memory.
    pub source: Option<(FileId, u32)>,
}

#[derive(Clone, Copy)]
pub(super) struct Event {
    pub when: Interval,
    pub act: Act,
    /// Whether the call failed: then it changed nothing, but a concurrent look may see what it was about to do.
    pub failed: bool,
}

pub(super) struct Look {
    pub when: Interval,
    pub file: FileId,
    pub start: u32,
    pub cells: Vec<Cell>,
    /// The length asked for; `None` for the whole file.
    pub asked: Option<u32>,
    /// The size that was seen, for a stat or a look at rest.
    pub size: Option<u32>,
    /// For a read: the operation.
    pub read: Option<OperationId>,
    pub after_crash: bool,
}

impl Look {
    /// The same as an event.
    pub fn event(&self) -> Event {
        let act = if self.after_crash { Act::LookAtDisk } else { Act::Look };
        Event { when: self.when, act, failed: false }
    }

    /// Whether it may have seen an older value than earlier looks did, because something was lost in between.
    pub fn after_a_loss(&self, events: &[Event], cell: u32) -> bool {
        events.iter().any(|it| match it.act {
            Act::Discard => it.when.from <= self.when.to,
            Act::Refuse(start, end) => it.when.from <= self.when.to && covers(start, end, cell),
            _ => false,
        })
    }
}

pub(super) fn looks(history: &History) -> Vec<Look> {
    let mut looks = Vec::new();
    let none = Look {
        when: REST,
        file: FileId(0),
        start: 0,
        cells: Vec::new(),
        asked: None,
        size: None,
        read: None,
        after_crash: false,
    };
    for (index, operation) in history.operations.iter().enumerate() {
        let id = OperationId(index as u8);
        let Some(when) = interval(history, id) else { continue };
        match (operation.call, operation.outcome) {
            (Call::Read { file, offset, length }, Some(Outcome::Done(_))) => {
                let cells = history.observed(id).to_vec();
                looks.push(Look { when, file, start: offset, cells, asked: Some(length), read: Some(id), ..none });
            }
            (Call::Stat { file }, Some(Outcome::Done(_))) => {
                looks.push(Look { when, file, cells: Vec::new(), asked: Some(0), size: operation.position, ..none });
            }
            _ => {}
        }
    }
    for rest in history.rest.iter().filter(|it| matches!(it.way, Way::Read | Way::Crash)) {
        let cells = history.cells[rest.content.range()].to_vec();
        let after_crash = rest.way == Way::Crash;
        looks.push(Look { file: rest.file, cells, size: Some(rest.size), after_crash, ..none });
    }
    looks
}

pub(super) fn events(history: &History, file: FileId) -> Vec<Event> {
    let mut events = Vec::new();
    for (index, it) in history.operations.iter().enumerate() {
        let id = OperationId(index as u8);
        let Some(when) = interval(history, id) else { continue };
        let failed = matches!(it.outcome, Some(Outcome::Failed(_)));
        let mut add = |act| events.push(Event { when, act, failed });
        match it.call {
            Call::Write { file: to, offset: Some(offset), segments } if to == file => {
                let asked = write_length(history, segments);
                let counted = if let Some(Outcome::Done(counted)) = it.outcome { counted.min(asked) } else { 0 };
                let write = Written { operation: id, offset, counted, asked, source: source(history, segments) };
                add(Act::WriteBegins(write));
                add(Act::WriteEnds(write));
            }
            Call::Truncate { file: to, size, .. } if to == file => add(Act::Truncate(size)),
            Call::Punch { file: to, offset, length } if to == file => add(Act::Punch(offset, offset + length)),
            Call::Fsync { file: of } if of == file && it.outcome == Some(Outcome::Done(0)) => add(Act::Sync),
            Call::Invalidate { file: of, discards: true } if of == file && !failed => add(Act::Discard),
            _ => {}
        }
    }
    let refused = history.failures.iter().filter(|it| it.kind == FaultKind::WriteError);
    for it in refused.filter(|it| it.file.is_none_or(|of| of == file)) {
        events.push(Event { when: moment(it.at), act: Act::Refuse(it.start, it.end), failed: false });
    }
    events
}

/// The file behind the memory that a write copies from, and the first cell of it there.
pub(super) fn source(history: &History, segments: Span) -> Option<(FileId, u32)> {
    let segment = history.segments[segments.range()].first()?;
    let (file, base) = history.memories[segment.memory.index()].mapped?;
    Some((file, base + segment.offset))
}

/// Whether `a` must come before `b` in every order.
pub(super) fn before(a: &Event, b: &Event) -> bool {
    let begins_ends = match (a.act, b.act) {
        (Act::WriteBegins(a), Act::WriteEnds(b)) => a.operation == b.operation,
        _ => false,
    };
    begins_ends || a.when.precedes(b.when)
}

/// The writes that have begun and not ended.
pub(super) fn in_flight(events: &[Event], happened: u32) -> impl Iterator<Item = Written> {
    let has = move |index: usize| happened >> index & 1 == 1;
    events.iter().enumerate().filter_map(move |(index, event)| match event.act {
        // A write's end is pushed right after its beginning.
        Act::WriteBegins(write) if has(index) && !has(index + 1) => Some(write),
        _ => None,
    })
}
