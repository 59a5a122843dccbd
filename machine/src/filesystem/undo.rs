//! What a mended write puts back where less counts than was copied: the cells of the page as they were, but for those that somebody else has
//! changed since.

use crate::memory::PageId;
use crate::state::State;
use crate::trace::{BlockFlag, PageFlag};
use case::Filesystem;
use oracle::Cell;

/// A prepared range before and after the copy.
#[derive(Debug, Default)]
pub(crate) struct Undo {
    from: u32,
    before: Vec<Cell>,
    copied: Vec<Cell>,
}

impl Undo {
    /// Nothing was copied yet.
    pub fn clear(&mut self) {
        self.from = 0;
        self.before.clear();
        self.copied.clear();
    }
}

impl State {
    /// Whether a commit of this run can take less than was copied, so that a mended one has to know what was there before.
    pub(super) fn may_be_undone(&self) -> bool {
        !self.mends.is_empty() && (self.filesystem == Filesystem::Server || self.plan.has_failing_commits())
    }

    /// Keeps a range of the prepared page that is about to be copied to.
    pub(crate) fn is_about_to_copy(&mut self, page: PageId, from: u32, cells: u32) {
        let (task, size) = (usize::from(self.current), self.geometry.page as usize);
        if self.tasks[task].prepared != Some(page) || !self.may_be_undone() {
            return;
        }
        let undo = &mut self.tasks[task].undo;
        undo.from = from;
        undo.before.clear();
        undo.before.extend_from_slice(&self.cells[page.index() * size..][from as usize..][..cells as usize]);
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

    /// What was put back is newer than the disk, where writeback came by meanwhile.
    pub(super) fn dirty_what_was_put_back(&mut self, page: PageId, from: u32, to: u32) {
        if self.page(page).has(PageFlag::Private) {
            let known = self.page(page).buffers.with(BlockFlag::Uptodate) & self.blocks_overlapping(from, to);
            self.mark_buffers_dirty(page, known);
        } else if self.page(page).has(PageFlag::Uptodate) {
            self.set_page_dirty(page);
        }
    }
}
