//! Copies from user memory: prefault, the atomic copy that never faults, and the copy that does.

use crate::defect::Defect;
use crate::kernel::Kernel;
use crate::memory::{Address, Iov};
use crate::names::{LockKey, Mode, PageId, Site};
use crate::page_cache::{Access, BadAccess};
use crate::trace::Event;
use case::CopyForm;
use oracle::{Errno, MemoryId, OperationId, ZeroSite};

impl Kernel<'_> {
    /// `fault_in_pages_readable`: touches the first cell and, if it is on another page, the last. It pins nothing.
    ///
    /// # Errors
    /// `EFAULT` if either cannot be read.
    pub async fn fault_in_pages_readable(&self, address: Address, cells: u32) -> Result<(), Errno> {
        let size = self.page_size();
        let last = Address { offset: (address.offset + cells).saturating_sub(1), ..address };
        let mut at = address;
        loop {
            // `get_user`, without a future of its own: every chunk of most strategies comes through here.
            self.preempt().await;
            if !self.get_user_atomic(at) {
                let faulted = self.fault(at.memory, at.offset / size, false, Access::Prefault).await;
                faulted.map_err(|_| Errno::EFAULT)?;
            }
            if at.offset / size == last.offset / size {
                return Ok(());
            }
            at = last;
        }
    }

    /// `get_user` of one cell, with faults allowed.
    ///
    /// # Errors
    /// `EFAULT` if it cannot be read.
    pub async fn get_user(&self, address: Address) -> Result<(), Errno> {
        self.preempt().await;
        if self.get_user_atomic(address) {
            return Ok(());
        }
        let index = address.offset / self.page_size();
        self.fault(address.memory, index, false, Access::Prefault).await.map_err(|_| Errno::EFAULT)
    }

    /// Whether a cell of user memory could be copied now, without a fault: an atomic `get_user`.
    pub fn get_user_atomic(&self, address: Address) -> bool {
        self.with(|s| {
            let index = address.offset / s.geometry.page;
            s.can_access(address.memory, index, false)
        })
    }

    /// `__copy_from_user_inatomic`, with page faults disabled, of the next `cells` of an iovec to a page: stops at the
    /// first page that is not present. What it could not copy of the segment that it stops in it leaves as it was,
    /// or clears where the machine's primitive clears: patch 9 of 2007-02-04 08:51 takes for granted that it does
    /// not. Returns how many were copied.
    pub fn copy_from_user_atomic(&self, page: PageId, start: u32, iov: &Iov<'_>, cells: u32) -> u32 {
        self.with(|s| {
            let form = s.form_of_atomic_copies();
            s.copy_atomically(page, start, iov, cells, form)
        })
    }

    /// `copy_page_from_iter_atomic` of later kernels: the same, but `raw_copy_from_user` (Linux 4.12) clears on no
    /// machine.
    pub fn copy_page_from_iter_atomic(&self, page: PageId, start: u32, iov: &Iov<'_>, cells: u32) -> u32 {
        self.with(|s| s.copy_atomically(page, start, iov, cells, CopyForm::LeavesTail))
    }

    /// The copy with page faults allowed, from the start of the range. What cannot be copied is cleared.
    /// Returns how many cells were copied.
    pub async fn copy_from_user(&self, page: PageId, start: u32, iov: &Iov<'_>, cells: u32) -> u32 {
        let copied = self.copy_with_faults(page, start, iov, cells).await;
        self.with(|s| {
            if s.page(page).mapping.is_none() || !s.mended(Defect::FailedCopyClears) {
                s.clear(page, start + copied, start + cells, ZeroSite::FailedCopyTail);
            }
        });
        copied
    }

    async fn copy_with_faults(&self, page: PageId, start: u32, iov: &Iov<'_>, cells: u32) -> u32 {
        let mut copied = 0;
        'pieces: for (address, length) in iov.pieces(cells) {
            let mut done = 0;
            while done < length {
                let at = Address { offset: address.offset + done, ..address };
                let piece = self.with(|s| s.copy_present(at, page, start + copied, length - done));
                done += piece;
                copied += piece;
                if done < length && self.fault_source(address.memory, address.offset + done).await.is_err() {
                    break 'pieces;
                }
            }
        }
        self.with(|s| s.note(Event::CopyIn { page, start, wanted: cells, copied }));
        copied
    }

    async fn fault_source(&self, memory: MemoryId, offset: u32) -> Result<(), BadAccess> {
        let index = self.with(|s| offset / s.geometry.page);
        self.fault(memory, index, false, Access::Copy).await
    }

    /// Copies within the kernel: `cells` from one page to another.
    pub fn copy_page(&self, from: PageId, from_start: u32, to: PageId, start: u32, cells: u32) {
        self.with(|s| {
            s.is_about_to_copy(to, start, cells);
            s.copy_page(from, from_start, to, start, cells);
        });
    }

    /// Copies within the kernel, `cells` of a pinned page of user memory to another page: what a user copy would have
    /// put there.
    pub fn copy_pinned_page(&self, from: PageId, from_start: u32, to: PageId, start: u32, cells: u32) {
        self.with(|s| {
            s.is_about_to_copy(to, start, cells);
            let write = s.current_operation().unwrap_or(OperationId(0));
            s.copy_cells(from, from_start, to, start, cells, write);
            s.counters.cells_between_pages += u64::from(cells);
            s.note(Event::CopyPage { from, to, start, end: start + cells });
        });
    }

    /// Clears `[start, end)` of a page.
    pub fn clear(&self, page: PageId, start: u32, end: u32) {
        self.with(|s| s.clear(page, start, end, ZeroSite::ShortCopyTail));
    }
}

impl Kernel<'_> {
    /// `filemap_copy_from_user` of 2.6.20: atomically first, with the machine's primitive, which may clear what it
    /// cannot copy; if that comes up short, from the start again with `kmap` and faults, whatever locks are held.
    /// What cannot be copied is cleared. Returns how many cells were copied.
    pub async fn filemap_copy_from_user(&self, page: PageId, start: u32, iov: &Iov<'_>, cells: u32) -> u32 {
        let copied = self.with(|s| {
            let form = s.form_of_atomic_copies();
            s.copy_atomically(page, start, iov, cells, form)
        });
        if copied == cells || self.keeps_from_faulting(page) {
            return copied;
        }
        self.preempt().await;
        let again = self.kmap_copy_from_user(page, start, iov, cells).await;
        if again < copied && self.mended(Defect::CopiesAgainFromTheStart) { copied } else { again }
    }

    /// Whether a mended run goes no further than the atomic copy, since the page is locked.
    fn keeps_from_faulting(&self, page: PageId) -> bool {
        self.with(|s| s.holds(LockKey::Page(page)) && s.mended(Defect::FaultsWithThePageLocked))
    }

    /// `kmap`, a copy with faults allowed, `kunmap`.
    pub async fn kmap_copy_from_user(&self, page: PageId, start: u32, iov: &Iov<'_>, cells: u32) -> u32 {
        self.kmap().await;
        let copied = self.copy_from_user(page, start, iov, cells).await;
        self.kunmap();
        copied
    }

    /// `filemap_copy_from_user` after patch 8 of 2007-02-04: `kmap`, and the copy with faults allowed, whatever locks
    /// are held. What a single segment cannot fill is cleared; what several cannot fill, only where the machine's
    /// primitive clears (and then to the end of the segment that it stopped in). Returns how many cells were
    /// copied.
    pub async fn filemap_copy_from_user_nonatomic(&self, page: PageId, start: u32, iov: &Iov<'_>, cells: u32) -> u32 {
        if self.keeps_from_faulting(page) {
            return self.copy_from_user_atomic(page, start, iov, cells);
        }
        if iov.segments() == 1 {
            return self.kmap_copy_from_user(page, start, iov, cells).await;
        }
        self.kmap().await;
        let copied = self.copy_with_faults(page, start, iov, cells).await;
        self.with(|s| {
            if s.options.copy == CopyForm::ClearsTail {
                let mut rest = iov.pieces(cells).scan(0, |end, (_, length)| {
                    *end += length;
                    Some(*end)
                });
                let end = rest.find(|end| *end > copied).unwrap_or(copied);
                s.clear(page, start + copied, start + end, ZeroSite::FailedCopyTail);
            }
        });
        self.kunmap();
        copied
    }

    /// `kmap`: takes a slot, where they are few.
    pub async fn kmap(&self) {
        if self.with(|s| s.options.kmap_slots.is_some()) {
            self.lock(LockKey::Kmap, Mode::Exclusive, Site::Kmap).await;
        }
    }

    /// `kunmap`.
    pub fn kunmap(&self) {
        if self.with(|s| s.options.kmap_slots.is_some()) {
            self.release(LockKey::Kmap);
        }
    }

    /// `fault_in_iov_iter_readable`: touches every page of the next `cells`; returns how many cells it could not reach.
    pub async fn fault_in_iov_iter_readable(&self, iov: &Iov<'_>, cells: u32) -> u32 {
        let size = self.page_size();
        let mut left = cells;
        for (address, length) in iov.pieces(cells) {
            let mut done = 0;
            while done < length {
                let at = Address { offset: address.offset + done, ..address };
                if self.get_user(at).await.is_err() {
                    return left;
                }
                let piece = (size - at.offset % size).min(length - done);
                done += piece;
                left -= piece;
            }
        }
        left
    }
}
