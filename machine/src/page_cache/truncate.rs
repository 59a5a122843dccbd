//! `vmtruncate` and `truncate_inode_pages`.

use super::AddressSpaceOperations;
use crate::kernel::Kernel;
use crate::names::{LockKey, PageFlag, Site};
use oracle::{FileId, ZeroSite};

impl Kernel<'_> {
    /// `vmtruncate`: sets the size, unmaps, drops the pages, frees the blocks. Extending only sets the size.
    pub async fn vmtruncate(&self, file: FileId, size: u32) {
        self.preempt().await;
        let (old, page_size) = (self.size(file), self.with(|s| s.geometry.page));
        self.with(|s| s.set_size(file, size));
        if size > old {
            return;
        }
        let first = size.div_ceil(page_size);
        self.unmap_for_truncate(file, first, true).await;
        self.truncate_inode_pages(file, size).await;
        if self.with(|s| s.options.fault) == case::FaultForm::LocksAlways {
            // A fault can have mapped a page between the first unmapping and its removal.
            self.unmap_for_truncate(file, first, true).await;
        }
        self.truncate_blocks(file, size).await;
    }

    pub(crate) async fn unmap_for_truncate(&self, file: FileId, first: u32, even_copies: bool) {
        self.preempt().await;
        let pins = self.lock_to_unmap_file(file).await;
        self.with(|s| {
            s.file_mut(file).truncate_count += 1;
            s.unmap_mapping_range(file, first, u32::MAX, even_copies);
        });
        self.unlock_unmapped(pins);
    }

    /// `truncate_inode_pages`: a first pass that does not wait, the partial page, then passes that do.
    pub(crate) async fn truncate_inode_pages(&self, file: FileId, size: u32) {
        let page_size = self.with(|s| s.geometry.page);
        let first = size.div_ceil(page_size);
        self.truncate_unlocked_pages(file, first).await;
        if !size.is_multiple_of(page_size)
            && let Some(page) = self.find_lock_page_unless_kept(file, size / page_size, Site::TruncatePage).await
        {
            self.wait_on_writeback(page).await;
            self.with(|s| {
                s.clear(page, size % page_size, page_size, ZeroSite::TruncateTail);
                s.invalidate_buffers(page, size % page_size);
            });
            self.unlock_page(page);
            self.put_page(page);
        }
        let mut next = first;
        while let Some(index) = self.with(|s| s.next_cached(file, next)) {
            next = index + 1;
            let Some(page) = self.find_get_page(file, index) else { continue };
            self.lock_page_unless_kept(page, Site::TruncatePage).await;
            self.wait_on_writeback(page).await;
            self.with(|s| s.truncate_complete_page(file, page));
            self.unlock_page(page);
            self.put_page(page);
            if self.with(|s| s.next_cached(file, next)).is_none() {
                next = first;
            }
        }
    }

    async fn truncate_unlocked_pages(&self, file: FileId, first: u32) {
        let mut next = first;
        while let Some(index) = self.with(|s| s.next_cached(file, next)) {
            next = index + 1;
            self.preempt().await;
            self.with(|s| {
                let Some(page) = s.file(file).cached(index) else { return };
                if s.page(page).has(PageFlag::KeepAway) || !s.try_lock_page(page, Site::TruncatePage) {
                    return;
                }
                s.get_page(page);
                if !s.page(page).has(PageFlag::Writeback) {
                    s.truncate_complete_page(file, page);
                }
                s.release(LockKey::Page(page));
                s.put_page(page);
            });
        }
    }
}
