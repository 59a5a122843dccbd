//! The cached pages of files: how they come into the cache and leave it.

use super::Inodes;
use crate::memory::NO_PAGE;
use crate::names::{BlockFlag, PageFlag, PageId};
use crate::trace::Event;
use oracle::FileId;

impl Inodes {
    /// Puts a page into a file's cache; false if one is already there.
    pub(crate) fn insert_page(&mut self, page: PageId, file: FileId, index: u32) -> bool {
        if self.file(file).cached(index).is_some() {
            return false;
        }
        let pages = &mut self.file_mut(file).pages;
        if pages.len() <= index as usize {
            pages.resize(index as usize + 1, NO_PAGE);
        }
        pages[index as usize] = page.0;
        self.get_page(page);
        self.page_mut(page).mapping = Some((file, index));
        self.note(Event::Cache { file, index, page });
        true
    }

    /// `remove_from_page_cache`, the cache's reference included.
    pub(crate) fn remove_page(&mut self, page: PageId) {
        if let Some((file, index)) = self.page_mut(page).mapping.take() {
            self.file_mut(file).pages[index as usize] = NO_PAGE;
            self.note(Event::Uncache { file, index, page });
            self.put_page(page);
        }
    }

    /// The indices of a file's cached pages in a range.
    pub(crate) fn cached_indices(&self, file: FileId, start: u32, end: u32) -> Vec<u32> {
        let end = end.min(self.file(file).pages.len() as u32);
        (start..end).filter(|index| self.file(file).cached(*index).is_some()).collect()
    }

    /// The next cached page at or after `start`.
    pub(crate) fn next_cached(&self, file: FileId, start: u32) -> Option<u32> {
        let pages = &self.file(file).pages;
        (start..pages.len() as u32).find(|index| pages[*index as usize] != NO_PAGE)
    }

    /// `set_page_dirty`: with buffers, all of them become dirty.
    pub(crate) fn set_page_dirty(&mut self, page: PageId) {
        if self.page(page).has(PageFlag::Private) {
            let all = self.all_blocks();
            self.set_blocks(page, all, BlockFlag::Dirty, true);
        }
        self.set(page, PageFlag::Dirty, true);
    }

    /// `truncate_complete_page`, with the page locked.
    pub(crate) fn truncate_complete_page(&mut self, file: FileId, page: PageId) {
        if self.page(page).mapping.is_none_or(|(mapped, _)| mapped != file) {
            return;
        }
        self.set(page, PageFlag::Dirty, false);
        self.invalidate_buffers(page, 0);
        self.set(page, PageFlag::Uptodate, false);
        self.set(page, PageFlag::MappedToDisk, false);
        self.remove_page(page);
    }

    /// `invalidate_complete_page`: only a page that nobody else uses. `page` is locked, and the caller has a reference.
    pub(crate) fn remove_unused_page(&mut self, page: PageId) -> bool {
        let it = self.page(page);
        if it.mapping.is_none() || it.has(PageFlag::Dirty) || it.has(PageFlag::Writeback) || it.mapcount > 0 {
            return false;
        }
        if it.count != 2 || !self.release_buffers(page) {
            return false;
        }
        self.set(page, PageFlag::Uptodate, false);
        self.remove_page(page);
        true
    }
}
