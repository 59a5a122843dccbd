//! The hole punch, and what a write that failed does about the blocks that it allocated.

use crate::defect::Defect;
use crate::kernel::Kernel;
use crate::names::{PageFlag, PageId, Site};
use oracle::{FileId, ZeroSite};

impl Kernel<'_> {
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

    /// A hole punch: whole pages go with their blocks, the others are cleared in part. What the lock on the mapping
    /// does in later kernels (no page comes back between) is done here by taking page and blocks away in one step.
    pub(crate) async fn punch_hole(&self, file: FileId, start: u32, end: u32) -> Result<(), oracle::Errno> {
        let (page_size, size) = self.with(|s| (s.geometry.page, s.file(file).size));
        // A filesystem without holes writes zeroes instead.
        let frees = self.with(|s| s.filesystem != case::Filesystem::Cont);
        let end = end.min(size.next_multiple_of(page_size));
        // A hole of nothing, or one past the end. `vfs_fallocate` refuses the first before it calls a filesystem.
        if start >= end {
            return Ok(());
        }
        self.clear_partial_pages(file, (start, end), frees).await?;
        let pages = start.div_ceil(page_size)..if frees { end / page_size } else { 0 };
        for index in pages {
            self.punch_page(file, index).await;
        }
        Ok(())
    }

    /// Clears what the punch takes of pages that it does not take whole. All of them are brought and locked before the
    /// first is changed: that may fail, and a punch that fails has changed nothing.
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
