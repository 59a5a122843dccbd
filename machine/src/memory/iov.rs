//! An iovec under way: which address comes next, and how far the write has got.

use case::Iovec;
use oracle::MemoryId;

/// An address in user memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// The memory.
    pub memory: MemoryId,
    /// Cells from its start; may lie past its end, where nothing is mapped.
    pub offset: u32,
}

impl Address {
    /// The address so many cells further on.
    #[must_use]
    pub const fn plus(self, cells: u32) -> Self {
        Self { memory: self.memory, offset: self.offset + cells }
    }
}

/// The segments of a write, the current one, and the position in it.
#[derive(Clone, Copy, Debug)]
pub struct Iov<'c> {
    segments: &'c [Iovec],
    current: usize,
    base: u32,
    count: u32,
}

impl<'c> Iov<'c> {
    /// An iovec at its beginning.
    #[must_use]
    pub fn new(segments: &'c [Iovec]) -> Self {
        let count = segments.iter().map(|segment| segment.range.len()).sum();
        Self { segments, current: 0, base: 0, count }
    }

    /// How many cells are still to be written.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// How many segments the iovec has.
    #[must_use]
    pub const fn segments(&self) -> usize {
        self.segments.len()
    }

    /// The current address; past the last segment, where the last one ends.
    #[must_use]
    pub fn address(&self) -> Address {
        match self.segments.get(self.current) {
            Some(segment) => {
                let offset = segment.range.start + self.base;
                Address { memory: MemoryId(segment.memory as u8), offset }
            }
            None => self.segments.last().map_or(Address { memory: MemoryId(0), offset: 0 }, |last| Address {
                memory: MemoryId(last.memory as u8),
                offset: last.range.end,
            }),
        }
    }

    /// Whether it points past its last segment.
    #[must_use]
    pub const fn is_past_end(&self) -> bool {
        self.current >= self.segments.len()
    }

    /// How much is left of the current segment; 0 past the last.
    #[must_use]
    pub fn segment_remaining(&self) -> u32 {
        self.segments.get(self.current).map_or(0, |segment| segment.range.len() - self.base)
    }

    /// The pieces of memory that the next `cells` come from, empty segments left out.
    pub fn pieces(&self, cells: u32) -> impl Iterator<Item = (Address, u32)> + use<'c> {
        let mut at = *self;
        let mut left = cells;
        std::iter::from_fn(move || {
            while left > 0 && !at.is_past_end() {
                let (address, length) = (at.address(), at.segment_remaining().min(left));
                at.current += 1;
                at.base = 0;
                left -= length;
                if length > 0 {
                    return Some((address, length));
                }
            }
            None
        })
    }

    /// `filemap_set_next_iovec` as in 2.6.20: at least one round, so that an advance by 0 leaves one empty segment.
    pub fn advance_do_while(&mut self, cells: u32) {
        self.step_over(cells);
        let mut left = cells - self.take(cells);
        while left > 0 {
            left -= self.take(left);
        }
    }

    /// The same after patch 2 of 2007-02-04: an advance by 0 does nothing.
    pub fn advance_while(&mut self, cells: u32) {
        self.step_over(cells);
        let mut left = cells;
        while left > 0 {
            left -= self.take(left);
        }
    }

    /// As in 2.6.24.3 and later: empty segments are never left current while there is more to write.
    pub fn advance(&mut self, cells: u32) {
        self.advance_while(cells);
        while self.count > 0 && self.segment_remaining() == 0 && !self.is_past_end() {
            self.current += 1;
            self.base = 0;
        }
    }

    fn step_over(&mut self, cells: u32) {
        self.count -= cells;
    }

    /// One round: takes what the current segment has of `left`, and leaves it if it is used up.
    fn take(&mut self, left: u32) -> u32 {
        if self.is_past_end() {
            return left;
        }
        let taken = left.min(self.segment_remaining());
        self.base += taken;
        if self.segment_remaining() == 0 {
            self.current += 1;
            self.base = 0;
        }
        taken
    }
}
