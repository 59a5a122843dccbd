//! Taking pages away from address spaces, as reclaim does.

use super::Inodes;
use crate::memory::Vma;
use crate::names::{LockKey, PageId, Site};
use oracle::MemoryId;

impl Inodes {
    /// `try_to_unmap`: removes every pte of a page, unless a vma is locked into memory. Anonymous content goes to swap.
    pub(crate) fn try_to_unmap(&mut self, page: PageId) -> bool {
        if self.ptes_of(page).any(|(memory, _)| self.memory(memory).locked || !self.may_unmap(memory)) {
            return false;
        }
        // Each round removes the pte that it finds.
        while let Some((memory, index)) = self.first_pte_of(page) {
            if Vma::has(self.memory(memory).anonymous, index) {
                self.swap_out(memory, index);
            } else {
                self.unmap_page(memory, index);
            }
        }
        true
    }

    /// `try_to_free_pages`: takes one page away from user memory; false if none can be had without waiting.
    pub(crate) fn try_to_free_page(&mut self) -> bool {
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
}
