//! The content of a memory, whether its pages are there or not; a page that is brought back in gets its content from
//! here.

use crate::cell_size::{CellSize, PAGE};
use crate::pattern::{Key, Patterns, Version};
use case::{PageRange, Range as Cells};
use std::ops::Range;

/// What a cell of anonymous memory holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// A pattern that names the write it was filled for, or none.
    Pristine(Version),
    /// A zero: its page was given back.
    Zero,
    /// What a store left.
    Stored,
}

/// What was there before a store.
#[derive(Debug)]
pub(crate) struct Before {
    start: usize,
    bytes: Vec<u8>,
    cells: Vec<Held>,
}

/// The shadow of one memory.
#[derive(Debug, Default)]
pub(crate) struct Shadow {
    /// Whether the slot is anonymous memory, whole, readable and watched.
    pub is_clean: bool,
    /// The content of anonymous memory.
    pub bytes: Vec<u8>,
    /// The same, by cell.
    pub cells: Vec<Held>,
    /// Bit `n`: page `n` is there.
    pub resident: u32,
    /// Bit `n`: page `n` was brought in while a task waits for it, and the task still sleeps.
    pub brought: u32,
    /// Writes under way that copy from it.
    pub writers: u32,
    /// Bit `n`: page `n` was unmapped or moved away.
    pub unmapped: u32,
    cell: usize,
}

impl Shadow {
    /// Pristine memory of this many pages.
    pub fn begin(&mut self, pages: u32, cell_size: CellSize, memory: usize, patterns: &Patterns) {
        self.cell = cell_size.cell();
        self.bytes.resize(pages as usize * PAGE, 0);
        patterns.fill(Key::memory(memory, Version::Initial), &mut self.bytes);
        self.cells.clear();
        self.cells.resize(self.bytes.len() / self.cell, Held::Pristine(Version::Initial));
        self.writers = 0;
    }

    /// Fills the pristine cells of a range for an operation; returns the ranges of bytes that it filled.
    pub fn fill(
        &mut self,
        memory: usize,
        cells: Cells,
        operation: u8,
        cell_size: CellSize,
        patterns: &Patterns,
    ) -> Vec<Range<usize>> {
        let version = Version::Operation(operation);
        let end = (cells.end as usize).min(self.cells.len());
        let mut filled = Vec::new();
        let mut at = (cells.start as usize).min(end);
        while at < end {
            let is_pristine = matches!(self.cells[at], Held::Pristine(_));
            let length = self.cells[at..end].iter().take_while(|it| matches!(it, Held::Pristine(_)) == is_pristine);
            let next = at + length.count();
            if is_pristine {
                self.cells[at..next].fill(Held::Pristine(version));
                let bytes = at * cell_size.cell()..next * cell_size.cell();
                patterns.fill(Key::memory(memory, version).advance(bytes.start), &mut self.bytes[bytes.clone()]);
                filled.push(bytes);
            }
            at = next;
        }
        filled
    }

    /// Notes a store, as far as its pages are mapped. Returns what was there before, to be put back if needed.
    pub fn store(&mut self, start: usize, bytes: &[u8]) -> Before {
        let mut pages = (start / PAGE) as u32..u32::BITS;
        let gone = pages.find(|page| self.unmapped >> page & 1 == 1).map_or(usize::MAX, |it| it as usize * PAGE);
        let end = (start + bytes.len()).min(self.bytes.len()).min(gone);
        let start = start.min(end);
        let cells = start / self.cell..end / self.cell;
        let before =
            Before { start, bytes: self.bytes[start..end].to_vec(), cells: self.cells[cells.clone()].to_vec() };
        self.bytes[start..end].copy_from_slice(&bytes[..end - start]);
        self.cells[cells].fill(Held::Stored);
        before
    }

    /// Settles the result of a store that has stored this many of its bytes. It may have stopped on the way, and pages
    /// may have been given back during the stop. Those that it had stored to before the stop are zero, and those that
    /// it stored to afterwards are not; a look at what is `there` tells them apart. Cells that it did not reach are as
    /// before, unless somebody else has changed them.
    pub fn settle(&mut self, before: &Before, bytes: &[u8], stored: usize, there: impl Fn(Range<usize>) -> Vec<u8>) {
        let stored = (stored / self.cell * self.cell).min(before.bytes.len());
        for at in (0..before.bytes.len()).step_by(self.cell) {
            let (cell, own) = (before.start + at..before.start + at + self.cell, at..at + self.cell);
            let held = self.cells[cell.start / self.cell];
            if at >= stored && held == Held::Stored && self.bytes[cell.clone()] == bytes[own.clone()] {
                self.bytes[cell.clone()].copy_from_slice(&before.bytes[own]);
                self.cells[cell.start / self.cell] = before.cells[at / self.cell];
            } else if at < stored
                && held == Held::Zero
                && self.is_resident(cell.start)
                && there(cell.clone()) == bytes[own.clone()]
            {
                self.bytes[cell.clone()].copy_from_slice(&bytes[own]);
                self.cells[cell.start / self.cell] = Held::Stored;
            }
        }
    }

    const fn is_resident(&self, at: usize) -> bool {
        self.resident >> (at / PAGE) & 1 == 1
    }

    /// Gives pages back: they are zero from now on.
    pub fn zero(&mut self, pages: PageRange) {
        self.resident &= !super::mask(pages);
        let end = (pages.end as usize * PAGE).min(self.bytes.len());
        let start = (pages.start as usize * PAGE).min(end);
        self.bytes[start..end].fill(0);
        self.cells[start / self.cell..end / self.cell].fill(Held::Zero);
    }
}
