//! The two invalidations: `invalidate_mapping_pages` leaves what is in use, `invalidate_inode_pages2` does not.

use crate::defect::Defect;
use crate::kernel::Kernel;
use crate::names::{LockKey, PageFlag, Site};
use oracle::{Errno, FileId};

impl Kernel<'_> {
    /// `invalidate_mapping_pages`.
    pub(crate) async fn invalidate_mapping_pages(&self, file: FileId) {
        let indices = self.with(|s| s.cached_indices(file, 0, u32::MAX));
        for index in indices {
            self.preempt().await;
            self.with(|s| {
                let Some(page) = s.file(file).cached(index) else { return };
                if s.try_lock_page(page, Site::InvalidatePage) {
                    s.get_page(page);
                    s.remove_unused_page(page);
                    s.release(LockKey::Page(page));
                    s.put_page(page);
                }
            });
        }
    }

    /// `invalidate_inode_pages2_range`: waits for each page, unmaps it, and removes it whoever has a reference.
    ///
    /// # Errors
    /// `EIO` if a dirty page could not be dropped.
    pub(crate) async fn invalidate_inode_pages2(&self, file: FileId) -> Result<(), Errno> {
        let indices = self.with(|s| s.cached_indices(file, 0, u32::MAX));
        let mut result = Ok(());
        for index in indices {
            let Some(page) = self.find_lock_page(file, index, Site::InvalidatePage).await else { continue };
            self.wait_on_writeback(page).await;
            let pins = self.lock_to_unmap_file(file).await;
            self.with(|s| {
                let mapped = s.page(page).mapcount > 0;
                if mapped || s.mended(Defect::FaultMissesAnInvalidation) {
                    s.file_mut(file).truncate_count += 1;
                }
                if mapped {
                    s.unmap_mapping_range(file, index, index + 1, false);
                }
                if s.page(page).has(PageFlag::Dirty) || !s.release_buffers(page) {
                    result = Err(Errno::EIO);
                } else {
                    s.set(page, PageFlag::Uptodate, false);
                    s.remove_page(page);
                }
            });
            self.unlock_unmapped(pins);
            self.unlock_page(page);
            self.put_page(page);
        }
        result
    }
}
