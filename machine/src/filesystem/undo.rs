//! What a mended write puts back where less counts than was copied: the cells of the page as they were, but for those that somebody else has
//! changed since.

use crate::memory::PageId;
use crate::state::State;
use oracle::Cell;

/// A prepared range before and after the copy.
#[derive(Debug, Default)]
pub(crate) struct Undo {
    from: u32,
    before: Vec<Cell>,
    copied: Vec<Cell>,
}

impl State {
    /// Keeps a range of a page that is about to be copied to.
    pub(super) fn keep_before(&mut self, page: PageId, from: u32, to: u32) {
        let (task, size) = (usize::from(self.current), self.geometry.page as usize);
        let undo = &mut self.tasks[task].undo;
        undo.from = from;
        undo.before.clear();
        undo.before.extend_from_slice(&self.cells[page.index() * size..][from as usize..to as usize]);
    }

    /// Keeps what the copy has made of it.
    pub(super) fn keep_copied(&mut self, page: PageId) {
        let (task, size) = (usize::from(self.current), self.geometry.page as usize);
        let undo = &mut self.tasks[task].undo;
        let (from, length) = (undo.from as usize, undo.before.len());
        undo.copied.clear();
        undo.copied.extend_from_slice(&self.cells[page.index() * size..][from..from + length]);
    }

    /// Puts back `[from, to)`.
    pub(super) fn put_back(&mut self, page: PageId, from: u32, to: u32) {
        let (task, size) = (usize::from(self.current), self.geometry.page as usize);
        let undo = &self.tasks[task].undo;
        let cells = &mut self.cells[page.index() * size..][..size];
        for at in from.max(undo.from)..to.min(undo.from + undo.before.len() as u32) {
            let kept = (at - undo.from) as usize;
            if cells[at as usize] == undo.copied[kept] {
                cells[at as usize] = undo.before[kept];
            }
        }
    }
}
