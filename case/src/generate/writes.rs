//! Generated writes: offsets beside edges, short vectors, sources that cross into a page that is not there.

use super::{Builder, edges};
use crate::{Iovec, MemoryKind, PageRange, Range, TaskOperation};

impl Builder<'_, '_, '_> {
    /// A write to the file, its first or second segment from that memory. What follows will focus on both.
    pub(super) fn write(&mut self, file: usize, memory: usize) -> TaskOperation {
        let size = self.case.files[file].size;
        let most = size.max(self.geometry.page) + self.geometry.page;
        let aliased = self.shape.maps_files() && self.choices.chance(192);
        let offset = if aliased {
            // Where the source maps the page that is written.
            edges::place(&mut self.choices, self.geometry, size, size.min(self.geometry.page).saturating_sub(1))
        } else if self.choices.chance(48) {
            self.focus.range.end
        } else {
            edges::place(&mut self.choices, self.geometry, size, most)
        };
        let offset = offset.min(self.limit() - 1);
        let segments = self.segments(file, offset, memory);
        TaskOperation::Write { file, offset, segments }
    }

    pub(super) fn append(&mut self, file: usize, memory: usize) -> TaskOperation {
        let offset = self.case.files[file].size;
        let segments = self.segments(file, offset, memory);
        TaskOperation::Append { file, segments }
    }

    fn segments(&mut self, file: usize, offset: u32, memory: usize) -> Vec<Iovec> {
        let mut count = 1;
        if self.choices.chance(self.features.vector) {
            count = 2 + self.choices.pick(&[5, 2, 1]) as usize;
        }
        let count = count.min(self.weights.most_segments());
        let mm = self.case.memories[memory].mm;
        let mut segments = Vec::with_capacity(count);
        let mut end = offset;
        for index in 0..count {
            // The given memory comes last: its page is then first touched by the copy, not by the prefault.
            let from = if index + 1 == count { memory } else { self.memory_of(mm, memory) };
            let segment = self.segment(from, end);
            let room = self.limit().saturating_sub(end);
            let segment = cut(segment, room);
            end += segment.range.len();
            segments.push(segment);
            if !segment.range.is_empty() {
                let page = (segment.range.end - 1) / self.geometry.page;
                let page = page.min(self.case.memories[from].pages - 1);
                self.focus.memory = Some(from);
                self.focus.pages = PageRange { start: page, end: page + 1 };
            }
        }
        self.focus.file = file;
        self.focus.range = Range { start: offset, end };
        segments
    }

    /// A memory of this address space.
    fn memory_of(&mut self, mm: Option<u8>, otherwise: usize) -> usize {
        let drawn = self.choices.index(self.case.memories.len());
        if self.case.memories[drawn].mm == mm { drawn } else { otherwise }
    }

    pub(super) fn segment(&mut self, memory: usize, offset: u32) -> Iovec {
        let page = self.geometry.page;
        let whole = self.case.memories[memory].pages * page;
        if self.choices.chance(self.features.empty_segment) {
            let at = edges::place(&mut self.choices, self.geometry, whole, whole);
            return Iovec { memory, range: Range { start: at, end: at } };
        }
        let length = edges::length(&mut self.choices, self.geometry, offset);
        let mapped = matches!(self.case.memories[memory].kind, MemoryKind::Map { .. });
        let start = match self.choices.byte() & 7 {
            0 | 1 => 0,
            2 if whole == page => 0,
            // Into the next page, which may not be there: a short copy.
            2..=4 => {
                let edge = self.choices.within(1, (whole / page).max(2) - 1) * page;
                edge.saturating_sub(self.choices.within(1, length))
            }
            5 if mapped => offset % page,
            _ => edges::place(&mut self.choices, self.geometry, whole, whole - 1),
        };
        let start = start.min(whole - 1);
        if self.choices.chance(self.features.bad_pointer) {
            let most = self.case.memories[memory].max_range_end(self.geometry);
            let start = if self.choices.chance(64) { whole } else { start };
            let end = (whole.max(start) + edges::length(&mut self.choices, self.geometry, 0)).min(most);
            return Iovec { memory, range: Range { start: start.min(end), end } };
        }
        Iovec { memory, range: Range { start, end: (start + length).min(whole) } }
    }
}

/// The segment, of at most `room` cells.
fn cut(segment: Iovec, room: u32) -> Iovec {
    let end = segment.range.end.min(segment.range.start + room);
    Iovec { range: Range { end, ..segment.range }, ..segment }
}
