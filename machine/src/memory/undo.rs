//! The page that a write has prepared, and what a mended write puts back where less counts than was copied: the cells
//! as they were, but for those that somebody else has changed since.

use super::Memory;
use crate::names::PageId;
use case::Filesystem;
use oracle::Cell;

/// A prepared page of a task, and a range of it before and after the copy.
#[derive(Debug, Default)]
pub(super) struct PreparedCopy {
    /// The page that was prepared and not yet committed.
    prepared: Option<PageId>,
    from: u32,
    before: Vec<Cell>,
    copied: Vec<Cell>,
}

impl PreparedCopy {
    /// Nothing was copied yet.
    fn clear(&mut self) {
        self.from = 0;
        self.before.clear();
        self.copied.clear();
    }
}

impl Memory {
    fn copy_mut(&mut self) -> &mut PreparedCopy {
        let task = usize::from(self.current);
        &mut self.copies[task]
    }

    /// A run begins: nobody has prepared anything.
    pub(crate) fn start_copies(&mut self) {
        for copy in &mut self.copies {
            copy.prepared = None;
            copy.clear();
        }
    }

    /// The running task has prepared a page.
    pub(crate) fn begin_prepared(&mut self, page: PageId) {
        let copy = self.copy_mut();
        copy.clear();
        if copy.prepared.replace(page).is_some() {
            self.oops("prepared a page while another prepared page had no commit");
        }
    }

    /// It commits the page.
    pub(crate) fn end_prepared(&mut self, page: PageId) {
        if self.take_prepared() != Some(page) {
            self.oops("committed a page that was not prepared");
        }
    }

    /// The page that the running task has prepared: from here on it has none.
    pub(crate) fn take_prepared(&mut self) -> Option<PageId> {
        self.copy_mut().prepared.take()
    }

    /// Whether a commit of this run can take less than was copied, so that a mended one has to know what was there
    /// before.
    pub(crate) fn may_be_undone(&self) -> bool {
        !self.mends.is_empty() && (self.filesystem == Filesystem::Server || self.plan.has_failing_commits())
    }

    /// Keeps a range of the prepared page that is about to be copied to.
    pub(crate) fn is_about_to_copy(&mut self, page: PageId, from: u32, cells: u32) {
        let (task, size) = (usize::from(self.current), self.geometry.page as usize);
        if self.copies[task].prepared != Some(page) || !self.may_be_undone() {
            return;
        }
        let copy = &mut self.copies[task];
        copy.from = from;
        copy.before.clear();
        copy.before.extend_from_slice(&self.below.cells[page.index() * size..][from as usize..][..cells as usize]);
    }

    /// Keeps what the copy has made of it.
    pub(crate) fn keep_copied(&mut self, page: PageId) {
        let (task, size) = (usize::from(self.current), self.geometry.page as usize);
        let copy = &mut self.copies[task];
        let (from, length) = (copy.from as usize, copy.before.len());
        copy.copied.clear();
        copy.copied.extend_from_slice(&self.below.cells[page.index() * size..][from..from + length]);
    }

    /// Puts back `[from, to)`.
    pub(crate) fn put_back(&mut self, page: PageId, from: u32, to: u32) {
        let (task, size) = (usize::from(self.current), self.geometry.page as usize);
        let copy = &self.copies[task];
        let cells = &mut self.below.cells[page.index() * size..][..size];
        for at in from.max(copy.from)..to.min(copy.from + copy.before.len() as u32) {
            let kept = (at - copy.from) as usize;
            if cells[at as usize] == copy.copied[kept] {
                cells[at as usize] = copy.before[kept];
            }
        }
    }
}
