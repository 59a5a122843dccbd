//! Whether ptes can be removed: Morton's unpaging lock (2007-02-04 09:44) stands between a writer and whoever unmaps
//! its source. There is one for each address space, or one for each vma.

use super::{Memory, Vma};
use crate::names::PageId;
use oracle::{FileId, MemoryId};

/// What whoever removes ptes has to hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnmapLock {
    /// Nothing beside what it always has.
    #[default]
    None,
    /// The unpaging lock of the address space, for writing.
    Unpaging,
    /// The lock of the vma, for writing.
    VmaPin,
}

impl Memory {
    /// The lock that stands between an unmapper and the ptes of this memory.
    pub(crate) fn unpaging_lock_of(&self, memory: MemoryId) -> Option<u8> {
        let mm = self.memory(memory).mm?;
        match self.unmap_lock {
            UnmapLock::None => None,
            UnmapLock::Unpaging => Some(mm),
            UnmapLock::VmaPin => Some(memory.0),
        }
    }

    /// Those of all memories that map a file.
    pub(crate) fn unpaging_locks_of(&self, file: FileId) -> u32 {
        if self.unmap_lock == UnmapLock::None {
            return 0;
        }
        let maps = |memory: &MemoryId| self.memory(*memory).file.is_some_and(|(mapped, _)| mapped == file);
        let memories = (0..self.memories.len()).map(|it| MemoryId(it as u8)).filter(maps);
        memories.filter_map(|memory| self.unpaging_lock_of(memory)).fold(0, |mask, lock| mask | 1 << lock)
    }

    /// Whether ptes of this memory can be removed without waiting.
    pub(crate) fn may_unmap(&self, memory: MemoryId) -> bool {
        self.unpaging_lock_of(memory).is_none_or(|lock| self.is_unpaging_lock_free(lock))
    }

    /// A page of user memory that reclaim may take.
    pub(crate) fn reclaimable(&self, memory: MemoryId, index: u32) -> Option<PageId> {
        let vma = self.memory(memory);
        vma.resident(index).filter(|_| vma.mm.is_some() && !vma.locked)
    }

    /// A lock that keeps a page from being reclaimed.
    pub(crate) fn in_the_way(&self) -> Option<u8> {
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
