//! Morton's unpaging lock (2007-02-04 09:44), as tasks wait for it: a writer holds it for reading during its copy, and
//! whoever unmaps pages takes it for writing.
//!
//! The thread does not say in which order it comes. Taken here: an unmapper takes it where it comes to the ptes, with
//! the locks that it has then (`mmap_sem` for munmap and madvise, `i_mutex` for truncate, the page for an
//! invalidation); reclaim does not wait for it, unless there is no other way to get a page, and the allocation may not
//! fail.

use crate::defect::Defect;
use crate::kernel::Kernel;
use crate::memory::UnmapLock;
use crate::names::{LockKey, Mode, PageId, Site};
use oracle::{FaultKind, FileId, MemoryId, Owner};
use schedule::bits::bits;

impl Kernel<'_> {
    /// `down_read` of the writer's unpaging lock, or of the pin on the vma of its source. A kernel thread has no mm: an
    /// oops.
    pub async fn down_read_unpaging(&self, source: MemoryId) -> Option<u8> {
        if self.is_kernel_ds() {
            if self.mended(Defect::UnpagingLockNeedsAnMm) {
                return None;
            }
            self.oops("took the unpaging lock without an mm");
            return std::future::pending().await;
        }
        let lock = self.with(|s| s.unpaging_lock_of(source))?;
        self.lock(LockKey::Unpaging(lock), Mode::Shared, Site::Unpaging).await;
        Some(lock)
    }

    /// `up_read`.
    pub fn up_read_unpaging(&self, lock: Option<u8>) {
        if let Some(lock) = lock {
            self.release(LockKey::Unpaging(lock));
        }
    }

    /// For writing, before ptes of a memory go.
    pub(crate) async fn lock_to_unmap(&self, memory: MemoryId) -> u32 {
        let lock = self.with(|s| s.unpaging_lock_of(memory));
        self.lock_all_to_unmap(lock.map_or(0, |lock| 1 << lock)).await
    }

    /// The same before all ptes of a file's pages go.
    pub(crate) async fn lock_to_unmap_file(&self, file: FileId) -> u32 {
        self.lock_all_to_unmap(self.with(|s| s.unpaging_locks_of(file))).await
    }

    async fn lock_all_to_unmap(&self, locks: u32) -> u32 {
        for lock in bits(locks) {
            self.lock(LockKey::Unpaging(lock), Mode::Exclusive, Site::Unmap).await;
        }
        locks
    }

    pub(crate) fn unlock_unmapped(&self, locks: u32) {
        for lock in bits(locks) {
            self.release(LockKey::Unpaging(lock));
        }
    }

    /// An allocation of a page fault. Where memory can be pinned, it does not fail for want of a frame: it reclaims,
    /// and waits for what is in the way of that, be it its own.
    pub(crate) async fn alloc_page_for_fault(&self, owner: Owner) -> Option<PageId> {
        loop {
            let (page, in_the_way) = self.with(|s| {
                if s.unmap_lock == UnmapLock::None || s.frames.left() > 0 {
                    return (s.alloc_page(owner), None);
                }
                if s.try_to_free_page() {
                    return (s.alloc_page(owner), None);
                }
                let in_the_way = s.in_the_way();
                if in_the_way.is_none() {
                    let operation = s.current_operation();
                    s.blame(operation, FaultKind::NoMemory);
                }
                (None, in_the_way)
            });
            let Some(lock) = in_the_way else { return page };
            self.lock(LockKey::Unpaging(lock), Mode::Exclusive, Site::DirectReclaim).await;
            self.release(LockKey::Unpaging(lock));
        }
    }
}
