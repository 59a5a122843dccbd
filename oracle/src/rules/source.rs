//! The source of a write, or the memory of a load or store: which of its cells can be read, and when.

use crate::model::{Interval, Model, failed, interval};
use crate::{Call, FaultKind, History, MemoryId, OperationId, Outcome, Span};

/// Since when a source cell is bad.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Bad {
    /// From before the call to after the return.
    Throughout,
    /// At some moment between.
    Somewhen,
}

/// The source of one write.
pub(super) struct SourceMap<'a> {
    pub history: &'a History,
    pub model: &'a Model,
    pub segments: Span,
    pub when: Interval,
}

impl SourceMap<'_> {
    /// The first cell of the write, not before `from`, that cannot be read.
    pub(super) fn first(&self, from: u32, bad: Bad) -> Option<u32> {
        let mut start = 0;
        for segment in &self.history.segments[self.segments.range()] {
            let end = start + segment.length;
            let mut cell = start.max(from);
            while cell < end {
                let offset = segment.offset + (cell - start);
                if self.is_bad(segment.memory, offset, bad) {
                    return Some(cell);
                }
                // All cells of a page are good or bad together.
                cell += self.history.page - offset % self.history.page;
            }
            start = end;
        }
        None
    }

    fn is_bad(&self, memory: MemoryId, offset: u32, bad: Bad) -> bool {
        let place = Place { history: self.history, model: self.model, memory, offset };
        place.is_unmapped(self.when, bad) || place.is_unbacked(self.when, bad)
    }

    /// Whether a count ends a segment.
    pub(super) fn is_boundary(&self, count: u32) -> bool {
        let mut end = 0;
        self.history.segments[self.segments.range()].iter().any(|segment| {
            end += segment.length;
            end == count
        })
    }
}

/// A cell of user memory.
pub(super) struct Place<'a> {
    pub history: &'a History,
    pub model: &'a Model,
    pub memory: MemoryId,
    pub offset: u32,
}

impl Place<'_> {
    /// Whether nothing is mapped here, or nothing that can be read: an access gets `SIGSEGV`.
    pub(super) fn is_unmapped(&self, when: Interval, bad: Bad) -> bool {
        let it = &self.history.memories[self.memory.index()];
        let page = self.offset / self.history.page;
        self.offset >= it.length
            || page < 64 && it.unreadable >> page & 1 == 1
            || self.model.any_unmap && self.was_unmapped(page, when, bad)
    }

    fn was_unmapped(&self, page: u32, reader: Interval, bad: Bad) -> bool {
        (0..self.history.operations.len()).any(|index| {
            let operation = &self.history.operations[index];
            let Call::Unmap { memory, first, pages } = operation.call else { return false };
            let Some(when) = interval(self.history, OperationId(index as u8)) else { return false };
            let in_time = match bad {
                Bad::Throughout => when.precedes(reader) && matches!(operation.outcome, Some(Outcome::Done(_))),
                Bad::Somewhen => when.from <= reader.to,
            };
            memory == self.memory && (first..first + pages).contains(&page) && in_time
        })
    }

    /// Whether the page of the file behind it lies past the end, or could not be read from the disk: an access gets
    /// `SIGBUS`.
    pub(super) fn is_unbacked(&self, when: Interval, bad: Bad) -> bool {
        let Some((file, base)) = self.history.memories[self.memory.index()].mapped else { return false };
        let (size, page) = (self.model.size(file), self.history.page);
        let start = (base + self.offset) / page * page;
        match bad {
            Bad::Throughout => size.greatest(when) <= start,
            Bad::Somewhen => {
                let range = (start, start + page);
                size.least(when) <= start || failed(self.history, FaultKind::ReadError, file, range, when)
            }
        }
    }
}
