//! Morton's unpaging lock (2007-02-04 09:44): a writer holds it for reading over its copy, and whoever unmaps pages takes it for writing. One an
//! address space, or one a vma.
//!
//! The thread does not say in which order it comes. Taken here: an unmapper takes it where it comes to the ptes, with the locks that it has
//! then (`mmap_sem` for munmap and madvise, `i_mutex` for truncate, the page for an invalidation); reclaim does not wait for it, unless
//! there is no other way to get a page, and the allocation may not fail.

use super::{PageId, Vma};
use crate::defect::Defect;
use crate::kernel::Kernel;
use crate::lock::{Lock, LockKey, Mode, Site, bits};
use crate::state::State;
use oracle::{FaultKind, FileId, MemoryId, Owner};

/// What whoever removes ptes has to hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unmapping {
    /// Nothing beside what it always has.
    #[default]
    Free,
    /// The unpaging lock of the address space, for writing.
    TakesUnpagingLock,
    /// The lock of the vma, for writing.
    TakesVmaPin,
}

/// One for each address space or vma.
pub(crate) const UNPAGING_LOCKS: usize = case::Case::MAX_MEMORIES;

impl State {
    /// The lock that stands between an unmapper and the ptes of this memory.
    fn unpaging_lock_of(&self, memory: MemoryId) -> Option<u8> {
        let mm = self.memory(memory).mm?;
        match self.unmapping {
            Unmapping::Free => None,
            Unmapping::TakesUnpagingLock => Some(mm),
            Unmapping::TakesVmaPin => Some(memory.0),
        }
    }

    /// Those of all memories that map a file.
    fn unpaging_locks_of(&self, file: FileId) -> u32 {
        if self.unmapping == Unmapping::Free {
            return 0;
        }
        let maps = |memory: &MemoryId| self.memory(*memory).file.is_some_and(|(mapped, _)| mapped == file);
        let memories = (0..self.memories.len()).map(|it| MemoryId(it as u8)).filter(maps);
        memories.filter_map(|memory| self.unpaging_lock_of(memory)).fold(0, |mask, lock| mask | 1 << lock)
    }

    /// Whether ptes of this memory can be removed without waiting.
    pub(crate) fn may_unmap(&self, memory: MemoryId) -> bool {
        self.unpaging_lock_of(memory).is_none_or(|lock| self.unpaging[usize::from(lock)].is_free())
    }

    /// `try_to_free_pages`: takes one page away from user memory; false if none can be had without waiting.
    fn try_to_free_page(&mut self) -> bool {
        let frames = self.frames.free();
        for memory in (0..self.memories.len()).map(|it| MemoryId(it as u8)) {
            for index in 0..self.memory(memory).pages {
                if let Some(page) = self.reclaimable(memory, index)
                    && self.may_unmap(memory)
                    && self.try_lock_page(page, Site::ReclaimPage)
                {
                    self.get_page(page);
                    if self.try_to_unmap(page) {
                        self.remove_unused_page(page);
                    }
                    self.release(LockKey::Page(page));
                    self.put_page(page);
                    if self.frames.free() > frames {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// A page of user memory that reclaim may take.
    fn reclaimable(&self, memory: MemoryId, index: u32) -> Option<PageId> {
        let vma = self.memory(memory);
        vma.resident(index).filter(|_| vma.mm.is_some() && !vma.locked)
    }

    /// A lock that keeps a page from being reclaimed.
    fn in_the_way(&self) -> Option<u8> {
        let memories = (0..self.memories.len()).map(|it| MemoryId(it as u8));
        let has_pages = |memory: &MemoryId| {
            (0..self.memory(*memory).pages).any(|index| {
                let alone =
                    |page: PageId| Vma::has(self.memory(*memory).anonymous, index) && self.page(page).count == 1;
                self.reclaimable(*memory, index).is_some_and(alone)
            })
        };
        memories.filter(|memory| !self.may_unmap(*memory)).filter(has_pages).find_map(|it| self.unpaging_lock_of(it))
    }
}

impl Kernel<'_> {
    /// `down_read` of the writer's unpaging lock, or of the pin on the vma of its source. A kernel thread has no mm: an oops.
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

    /// An allocation of a page fault. Where memory can be pinned, it does not fail for want of a frame: it reclaims, and waits for what is in
    /// the way of that, be it its own.
    pub(crate) async fn alloc_page_for_fault(&self, owner: Owner) -> Option<PageId> {
        loop {
            let (page, in_the_way) = self.with(|s| {
                if s.unmapping == Unmapping::Free || s.frames.left() > 0 {
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

impl State {
    pub(crate) fn free_unpaging_locks(&mut self) {
        self.unpaging = [Lock::FREE; UNPAGING_LOCKS];
    }
}
