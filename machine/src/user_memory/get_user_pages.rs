//! `get_user_pages` and `make_pages_present`: making pages present, and pinning them.

use crate::kernel::Kernel;
use crate::memory::Address;
use crate::names::{LockKey, Mode, PageId, Site};
use crate::page_cache::{Access, BadAccess};
use oracle::{Errno, MemoryId};

impl Kernel<'_> {
    /// `down_read(mmap_sem)`, `get_user_pages` of one page for reading, `up_read`: the page with a reference.
    ///
    /// # Errors
    /// `EFAULT` where nothing can be read, `ENOMEM`. A task without an mm oopses.
    pub async fn get_user_page(&self, address: Address) -> Result<PageId, Errno> {
        let Some(mm) = self.with(|s| s.current_mm()) else {
            self.oops("get_user_pages without an mm");
            return Err(Errno::EFAULT);
        };
        let index = self.with(|s| address.offset / s.geometry.page);
        self.lock(LockKey::MmapSem(mm), Mode::Shared, Site::GetUserPagesMmapSem).await;
        let page = self.follow_or_fault(address.memory, index, Access::GetUserPages).await;
        if let Ok(page) = page {
            self.get_page(page);
        }
        self.release(LockKey::MmapSem(mm));
        page.map_err(Errno::from)
    }

    /// Faults until the pte is there; it cannot go before the next preemption point.
    pub(crate) async fn follow_or_fault(
        &self,
        memory: MemoryId,
        index: u32,
        access: Access,
    ) -> Result<PageId, BadAccess> {
        loop {
            if let Some(page) = self.with(|s| s.memory(memory).resident(index)) {
                return Ok(page);
            }
            self.handle_fault(memory, index, false, access).await?;
        }
    }
}
