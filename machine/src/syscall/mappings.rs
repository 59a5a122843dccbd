//! munmap(2), mremap(2), madvise(2), mlock(2): everything that takes `mmap_sem` for writing, and reclaim of ptes, which
//! does not.

use super::DONE;
use crate::kernel::Kernel;
use crate::names::{LockKey, Mode, Site};
use crate::page_cache::Access;
use oracle::{Errno, MemoryId, Outcome};
use std::ops::Range;

impl Kernel<'_> {
    /// `down_write(mmap_sem)`; the kernel's own memory has none, and cannot be unmapped.
    async fn lock_mm(&self, memory: MemoryId) -> Option<LockKey> {
        let key = LockKey::MmapSem(self.with(|s| s.memory(memory).mm)?);
        self.lock(key, Mode::Exclusive, Site::MmapSemWrite).await;
        Some(key)
    }

    pub(super) async fn sys_munmap(&self, memory: usize, pages: Range<u32>) -> Outcome {
        let memory = MemoryId(memory as u8);
        let Some(key) = self.lock_mm(memory).await else { return Outcome::Failed(Errno::EINVAL) };
        let pins = self.lock_to_unmap(memory).await;
        for index in pages.start..pages.end.min(self.with(|s| s.memory(memory).pages)) {
            self.preempt().await;
            self.with(|s| {
                s.memory_mut(memory).unreadable |= 1 << index;
                s.zap_page(memory, index);
            });
        }
        self.unlock_unmapped(pins);
        self.release(key);
        DONE
    }

    pub(super) async fn sys_mremap(&self, memory: usize) -> Outcome {
        let pages = self.with(|s| s.memory(MemoryId(memory as u8)).pages);
        self.sys_munmap(memory, 0..pages).await
    }

    pub(super) async fn sys_madvise_dontneed(&self, memory: usize, pages: Range<u32>) -> Outcome {
        let memory = MemoryId(memory as u8);
        let Some(key) = self.lock_mm(memory).await else { return Outcome::Failed(Errno::EINVAL) };
        if self.with(|s| s.memory(memory).locked) {
            self.release(key);
            return Outcome::Failed(Errno::EINVAL);
        }
        let pins = self.lock_to_unmap(memory).await;
        for index in pages.start..pages.end.min(self.with(|s| s.memory(memory).pages)) {
            self.preempt().await;
            self.with(|s| s.zap_page(memory, index));
        }
        self.unlock_unmapped(pins);
        self.release(key);
        DONE
    }

    /// Makes every page present with `mmap_sem` held for writing.
    pub(super) async fn sys_mlock(&self, memory: usize) -> Outcome {
        let memory = MemoryId(memory as u8);
        let Some(key) = self.lock_mm(memory).await else { return Outcome::Failed(Errno::EINVAL) };
        self.with(|s| s.memory_mut(memory).locked = true);
        let pages = self.with(|s| s.memory(memory).pages);
        let mut result = DONE;
        for index in 0..pages {
            if self.follow_or_fault(memory, index, Access::MakePresent).await.is_err() {
                result = Outcome::Failed(Errno::ENOMEM);
                break;
            }
        }
        self.release(key);
        result
    }

    pub(super) async fn reclaim_ptes(&self, memory: usize, pages: Range<u32>) -> Outcome {
        let memory = MemoryId(memory as u8);
        for index in pages.start..pages.end.min(self.with(|s| s.memory(memory).pages)) {
            self.reclaim_pte(memory, index).await;
        }
        DONE
    }
}
