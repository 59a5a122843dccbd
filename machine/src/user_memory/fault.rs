//! Page faults: `handle_mm_fault` and `do_no_page`, in the form of 2.6.20 and in the form that always locks the page.

use crate::defect::Defect;
use crate::kernel::Kernel;
use crate::memory::Vma;
use crate::names::{LockKey, Mode};
use crate::page_cache::{Access, BadAccess};
use crate::trace::Event;
use case::FaultForm;
use oracle::{FileId, MemoryId, Owner, ZeroSite};

impl Kernel<'_> {
    /// A page fault: takes `mmap_sem` for reading, makes the page present, gives it back.
    pub(crate) async fn fault(
        &self,
        memory: MemoryId,
        index: u32,
        write: bool,
        access: Access,
    ) -> Result<(), BadAccess> {
        let mm = self.with(|s| {
            // The kernel's own memory is always there: an access past it is a wild pointer.
            let mm = s.memory(memory).mm.ok_or(BadAccess::Segment)?;
            if s.current_mm().is_none() {
                s.oops("touched user memory without an mm");
                return Err(BadAccess::Segment);
            }
            Ok(mm)
        })?;
        self.lock(LockKey::MmapSem(mm), Mode::Shared, access.mmap_sem_site()).await;
        let result = self.handle_fault(memory, index, write, access).await;
        self.release(LockKey::MmapSem(mm));
        result
    }

    /// `handle_mm_fault`, with `mmap_sem` held.
    pub(crate) async fn handle_fault(
        &self,
        memory: MemoryId,
        index: u32,
        write: bool,
        access: Access,
    ) -> Result<(), BadAccess> {
        let (file_page, resident, shared) = self.with(|s| {
            s.counters.page_table_walks += 1;
            let vma = s.memory(memory);
            if !vma.is_readable(index) {
                s.note(Event::BadFault { memory, index });
                return Err(BadAccess::Segment);
            }
            let file_page = vma.file_page(index).filter(|_| !Vma::has(vma.anonymous, index));
            Ok((file_page, vma.resident(index).is_some(), vma.shared))
        })?;
        let Some((file, page)) = file_page else { return self.map_anonymous_page(memory, index).await };
        if !resident {
            self.map_file_page(memory, index, file, page, access).await?;
        }
        if write { self.make_writable(memory, index, shared).await } else { Ok(()) }
    }

    /// `do_anonymous_page` and `do_swap_page`.
    async fn map_anonymous_page(&self, memory: MemoryId, index: u32) -> Result<(), BadAccess> {
        self.preempt().await;
        if self.with(|s| s.memory(memory).resident(index).is_some()) {
            return Ok(());
        }
        let page = self.alloc_page_for_fault(Owner::Anonymous(memory)).await.ok_or(BadAccess::NoMemory)?;
        self.with(|s| {
            if s.memory(memory).resident(index).is_some() {
                s.put_page(page);
                return Ok(());
            }
            let (private_copy, file) = (Vma::has(s.memory(memory).anonymous, index), s.memory(memory).file);
            if private_copy {
                s.swap_in(memory, index, page);
            } else if file.is_some() {
                // A truncate has dropped the private copy meanwhile: the access faults again, and finds the file.
                s.put_page(page);
                return Ok(());
            } else {
                let size = s.geometry.page;
                s.clear(page, 0, size, ZeroSite::AnonymousPage);
                s.memory_mut(memory).anonymous |= 1 << index;
            }
            s.map_page(memory, index, page, true);
            Ok(())
        })
    }

    /// A write fault on a page of a file that is mapped: shared, it becomes writable and dirty; private, it is copied.
    async fn make_writable(&self, memory: MemoryId, index: u32, shared: bool) -> Result<(), BadAccess> {
        if shared {
            self.with(|s| s.memory_mut(memory).writable |= 1 << index);
            return Ok(());
        }
        self.preempt().await;
        self.with(|s| {
            // The pte can have gone meanwhile: the access faults again.
            let Some(old) = s.memory(memory).resident(index) else { return Ok(()) };
            if Vma::has(s.memory(memory).anonymous, index) {
                return Ok(());
            }
            let copy = s.alloc_page(Owner::Anonymous(memory)).ok_or(BadAccess::NoMemory)?;
            let size = s.geometry.page;
            s.copy_page(old, 0, copy, 0, size);
            s.unmap_page(memory, index);
            s.memory_mut(memory).anonymous |= 1 << index;
            s.map_page(memory, index, copy, true);
            Ok(())
        })
    }

    /// `do_no_page`: finds the page of the file and maps it, unless it was truncated meanwhile.
    async fn map_file_page(
        &self,
        memory: MemoryId,
        index: u32,
        file: FileId,
        file_page: u32,
        access: Access,
    ) -> Result<(), BadAccess> {
        let locks = self.with(|s| s.options.fault);
        loop {
            let truncations = self.with(|s| s.file(file).truncate_count);
            let page = match locks {
                FaultForm::LocksNotUptodate => self.filemap_nopage(file, file_page, access).await?,
                FaultForm::LocksAlways => self.filemap_fault_locked(file, file_page, access).await?,
            };
            if matches!(locks, FaultForm::LocksNotUptodate) {
                self.preempt().await;
            }
            let mapped = self.with(|s| {
                let stale = matches!(locks, FaultForm::LocksNotUptodate) && s.file(file).truncate_count != truncations;
                let past_end = file_page >= s.file(file).size.div_ceil(s.geometry.page);
                let stale = stale || past_end && s.mended(Defect::FaultMissesATruncate);
                // Somebody else can have been faster, and even have swapped out a private copy since: the pte is not
                // empty then.
                let empty = s.memory(memory).resident(index).is_none() && !Vma::has(s.memory(memory).anonymous, index);
                let done = !stale && empty && s.memory(memory).is_readable(index);
                if done {
                    s.map_page(memory, index, page, false);
                }
                if matches!(locks, FaultForm::LocksAlways) {
                    s.release(LockKey::Page(page));
                }
                if !done {
                    s.put_page(page);
                }
                !stale
            });
            if mapped {
                return Ok(());
            }
        }
    }
}
