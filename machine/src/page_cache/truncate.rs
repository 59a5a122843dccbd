//! `vmtruncate` and `truncate_inode_pages`, and the hole punch.

use crate::defect::Defect;
use crate::kernel::Kernel;
use crate::lock::{LockKey, Site};
use crate::memory::PageId;
use crate::state::State;
use crate::trace::PageFlag;
use oracle::{FileId, ZeroSite};

impl State {
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
}

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

    /// What a write that failed does about the blocks that it allocated up to `end`: cuts the file at its size.
    pub async fn trim_blocks(&self, file: FileId, end: u32) {
        // On a cluster, another node can change the size between the look at it and the truncate.
        let locked = self.lock_cluster_where_mended(file, Defect::TrimWithoutTheClusterLock).await;
        let size = self.size(file);
        if end > size {
            self.vmtruncate(file, size).await;
        }
        if locked {
            self.cluster_unlock(file);
        }
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

    /// A hole punch: whole pages go with their blocks, the others are cleared in part. What the lock on the mapping does in later
    /// kernels (no page comes back between) is done here by taking page and blocks away in one step.
    pub(crate) async fn punch_hole(&self, file: FileId, start: u32, end: u32) -> Result<(), oracle::Errno> {
        let (page_size, size) = self.with(|s| (s.geometry.page, s.file(file).size));
        // A filesystem without holes writes zeroes instead.
        let frees = self.with(|s| s.filesystem != case::Filesystem::Cont);
        let end = end.min(size.next_multiple_of(page_size));
        self.clear_partial_pages(file, (start, end), frees).await?;
        let pages = start.div_ceil(page_size)..if frees { end / page_size } else { 0 };
        for index in pages {
            self.punch_page(file, index).await;
        }
        Ok(())
    }

    /// Clears what the punch takes of pages that it does not take whole. All of them are brought and locked before the first is changed: that may
    /// fail, and a punch that fails has changed nothing.
    async fn clear_partial_pages(
        &self,
        file: FileId,
        (start, end): (u32, u32),
        frees: bool,
    ) -> Result<(), oracle::Errno> {
        let page_size = self.page_size();
        let is_partial = |index: u32| !frees || index * page_size < start || (index + 1) * page_size > end;
        let indices = || (start / page_size..end.div_ceil(page_size)).filter(|it| is_partial(*it));
        loop {
            let mut held = [None; case::Case::MAX_FILE_PAGES as usize];
            for (slot, index) in held.iter_mut().zip(indices()) {
                *slot = Some(self.read_cache_page(file, index).await);
            }
            let pages = || held.iter().flatten().filter_map(|it| it.ok());
            if let Some(Err(errno)) = held.iter().flatten().find(|it| it.is_err()) {
                pages().for_each(|page| self.put_page(page));
                return Err(*errno);
            }
            let locked = self.lock_cluster_where_mended(file, Defect::PunchWithoutTheClusterLock).await;
            for page in pages() {
                self.lock_page(page, Site::PunchPage).await;
            }
            let there = self
                .with(|s| pages().all(|page| s.page(page).mapping.is_some() && s.page(page).has(PageFlag::Uptodate)));
            for (page, index) in pages().zip(indices()).filter(|_| there) {
                self.wait_on_writeback(page).await;
                let (first, last) = (index * page_size, (index + 1) * page_size);
                self.with(|s| {
                    s.clear(page, start.max(first) - first, end.min(last) - first, ZeroSite::Punch);
                    s.set_page_dirty(page);
                });
            }
            for page in pages() {
                self.unlock_page(page);
                self.put_page(page);
            }
            if locked {
                self.cluster_unlock(file);
            }
            if there {
                return Ok(());
            }
        }
    }

    async fn punch_page(&self, file: FileId, index: u32) {
        let locked = self.lock_cluster_where_mended(file, Defect::PunchWithoutTheClusterLock).await;
        let (page, pins) = loop {
            let page = self.find_lock_page_unless_kept(file, index, Site::PunchPage).await;
            if let Some(page) = page {
                self.wait_on_writeback(page).await;
            }
            let pins = self.lock_to_unmap_file(file).await;
            // A reader can have brought one meanwhile.
            if page.is_some() || self.with(|s| s.file(file).cached(index).is_none()) {
                break (page, pins);
            }
            self.unlock_unmapped(pins);
        };
        self.with(|s| {
            s.file_mut(file).truncate_count += 1;
            s.unmap_mapping_range(file, index, index + 1, false);
            if let Some(page) = page {
                s.truncate_complete_page(file, page);
            }
            let blocks = s.blocks_per_page();
            s.free_blocks(file, index * blocks, (index + 1) * blocks);
        });
        self.unlock_unmapped(pins);
        if let Some(page) = page {
            self.unlock_page(page);
            self.put_page(page);
        }
        if locked {
            self.cluster_unlock(file);
        }
    }
    /// `read_cache_page`: the page, uptodate (unless it left the cache), with a reference.
    async fn read_cache_page(&self, file: FileId, index: u32) -> Result<PageId, oracle::Errno> {
        let mut size = u32::MAX;
        self.page_to_read(file, index, &mut size).await
    }
}
