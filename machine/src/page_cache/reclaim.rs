//! Reclaim: what `shrink_page_list` does to one page. It never waits for a page's lock.

use crate::kernel::Kernel;
use crate::names::{LockKey, PageFlag, Site};
use oracle::{FileId, MemoryId};

impl Kernel<'_> {
    /// Reclaim comes to a page of user memory: it loses its pte if its lock can be had.
    pub(crate) async fn reclaim_pte(&self, memory: MemoryId, index: u32) {
        self.preempt().await;
        self.with(|s| {
            let Some(page) = s.memory(memory).resident(index) else { return };
            if s.memory(memory).mm.is_none() || !s.try_lock_page(page, Site::ReclaimPage) {
                return;
            }
            s.get_page(page);
            s.try_to_unmap(page);
            s.release(LockKey::Page(page));
            s.put_page(page);
        });
    }

    /// Reclaim comes to a page of a file: unmaps it, writes it out if it is dirty, drops it if nobody uses it.
    pub(crate) async fn reclaim_page(&self, file: FileId, index: u32) {
        self.preempt().await;
        let page = self.with(|s| {
            let page = s.file(file).cached(index)?;
            if !s.try_lock_page(page, Site::ReclaimPage) {
                return None;
            }
            s.get_page(page);
            Some(page)
        });
        let Some(page) = page else { return };
        let (keep, dirty) = self.with(|s| {
            let keep = s.page(page).has(PageFlag::Writeback) || !s.try_to_unmap(page);
            (keep, s.page(page).has(PageFlag::Dirty))
        });
        if keep {
            self.unlock_page(page);
        } else if dirty {
            self.pageout(file, page).await;
        } else {
            self.with(|s| s.remove_unused_page(page));
            self.unlock_page(page);
        }
        self.put_page(page);
    }
}
