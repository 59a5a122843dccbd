//! Writeback: dirty pages go to the disk.

use super::AddressSpaceOperations;
use crate::kernel::Kernel;
use crate::names::{PageFlag, PageId, Site};
use oracle::{Errno, FileId};

impl Kernel<'_> {
    /// `write_cache_pages` over a whole file.
    pub(crate) async fn write_cache_pages(&self, file: FileId) {
        let mut next = 0;
        while let Some(index) = self.with(|s| s.next_cached(file, next)) {
            next = index + 1;
            let dirty = self.with(|s| {
                let page = s.file(file).cached(index);
                page.is_some_and(|page| s.is_tagged_dirty(page))
            });
            if !dirty {
                continue;
            }
            let Some(page) = self.find_lock_page(file, index, Site::WritebackPage).await else { continue };
            self.wait_on_writeback(page).await;
            if self.with(|s| s.page(page).has(PageFlag::Dirty)) {
                self.clear_dirty_and_write(file, page).await;
            } else {
                self.unlock_page(page);
            }
            self.put_page(page);
        }
    }

    /// `pageout` of reclaim, with the page locked; it comes back unlocked.
    pub(crate) async fn pageout(&self, file: FileId, page: PageId) {
        if self.with(|s| s.has_disk()) {
            self.clear_dirty_and_write(file, page).await;
        } else {
            self.unlock_page(page);
        }
    }

    async fn clear_dirty_and_write(&self, file: FileId, page: PageId) {
        if !self.with(|s| s.has_disk()) {
            self.unlock_page(page);
            return;
        }
        self.with(|s| {
            // clear_page_dirty_for_io: page_mkclean makes the next store through a pte dirty the page again.
            s.set(page, PageFlag::Dirty, false);
            s.is_cleaned(page);
        });
        self.writepage(file, page).await;
        self.with(|s| s.is_handed_on(page));
    }

    /// Waits for all writeback of a file; whether some of it failed, now or since somebody waited last (`AS_EIO`).
    pub(crate) async fn wait_for_writeback(&self, file: FileId) -> Result<(), Errno> {
        let mut next = 0;
        while let Some(index) = self.with(|s| s.next_cached(file, next)) {
            next = index + 1;
            let Some(page) = self.find_get_page(file, index) else { continue };
            self.wait_on_writeback(page).await;
            self.put_page(page);
        }
        let failed = self.with(|s| std::mem::take(&mut s.file_mut(file).write_failed));
        if failed { Err(Errno::EIO) } else { Ok(()) }
    }
}
