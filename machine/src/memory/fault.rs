//! Page faults: `do_no_page` and `filemap_nopage`, in the form of 2.6.20 and in the form that always locks the page.

use super::{PageId, Vma};
use crate::defect::Defect;
use crate::filesystem::AopError;
use crate::kernel::Kernel;
use crate::lock::{LockKey, Mode, Site};
use crate::state::State;
use crate::trace::{Event, PageFlag};
use case::FaultForm;
use oracle::{Errno, Failure, FaultKind, FileId, MemoryId, Owner, ZeroSite};

/// Who caused a page fault, which says where the locks that it takes are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `fault_in_pages_readable`.
    Prefault,
    /// A copy from user memory.
    Copy,
    /// A load or store of the task itself.
    User,
    /// `make_pages_present`, with `mmap_sem` already held.
    MakePresent,
    /// `get_user_pages` of the write path, with `mmap_sem` already held.
    GetUserPages,
}

impl Access {
    const fn mmap_sem_site(self) -> Site {
        match self {
            Self::Prefault => Site::PrefaultMmapSem,
            Self::Copy => Site::CopyMmapSem,
            Self::User => Site::UserMmapSem,
            Self::MakePresent | Self::GetUserPages => Site::GetUserPagesMmapSem,
        }
    }

    const fn nopage_site(self) -> Site {
        match self {
            Self::Prefault => Site::PrefaultNopage,
            Self::Copy => Site::CopyNopage,
            Self::User => Site::UserNopage,
            Self::MakePresent | Self::GetUserPages => Site::GetUserPagesNopage,
        }
    }
}

/// Why a page fault could not be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadAccess {
    /// Nothing is mapped there, or it may not be accessed.
    Segment,
    /// The file ends before it, or reading it failed.
    Bus,
    /// No memory.
    NoMemory,
}

impl From<BadAccess> for Errno {
    fn from(bad: BadAccess) -> Self {
        match bad {
            BadAccess::Segment | BadAccess::Bus => Self::EFAULT,
            BadAccess::NoMemory => Self::ENOMEM,
        }
    }
}

impl State {
    /// Whether the pte is there and allows the access: then there is no fault.
    pub(crate) fn can_access(&self, memory: MemoryId, index: u32, write: bool) -> bool {
        let vma = self.memory(memory);
        vma.resident(index).is_some() && (!write || Vma::has(vma.writable, index))
    }

    /// How many pages of a file a fault may reach.
    fn pages_of(&mut self, file: FileId) -> u32 {
        self.size(file).div_ceil(self.geometry.page)
    }
}

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
            if s.tasks[usize::from(s.current)].mm.is_none() {
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
                s.clear(page, 0, s.geometry.page, ZeroSite::AnonymousPage);
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
                // Somebody else can have been faster, and even have swapped out a private copy since: the pte is not empty then.
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

    /// `filemap_nopage` of 2.6.20: takes the page's lock only if it is not uptodate, and returns it unlocked.
    pub(crate) async fn filemap_nopage(&self, file: FileId, index: u32, access: Access) -> Result<PageId, BadAccess> {
        let site = access.nopage_site();
        let mut tries = 0;
        loop {
            if index >= self.with(|s| s.pages_of(file)) {
                return Err(BadAccess::Bus);
            }
            let Some(page) = self.find_get_page(file, index) else {
                self.page_cache_read(file, index).await?;
                continue;
            };
            if self.with(|s| s.test(page, PageFlag::Uptodate)) {
                return Ok(page);
            }
            self.lock_page_unless_kept(page, site).await;
            if self.with(|s| s.page(page).mapping.is_none()) {
                self.unlock_page(page);
                self.put_page(page);
                continue;
            }
            if self.with(|s| s.test(page, PageFlag::Uptodate)) {
                self.unlock_page(page);
                return Ok(page);
            }
            if !self.read_again(file, page, site, &mut tries).await {
                self.put_page(page);
                return Err(BadAccess::Bus);
            }
            if self.with(|s| s.test(page, PageFlag::Uptodate)) {
                return Ok(page);
            }
            self.put_page(page);
        }
    }

    /// Reads a locked page that is not uptodate, and waits; whether there may be another try.
    async fn read_again(&self, file: FileId, page: PageId, site: Site, tries: &mut u32) -> bool {
        *tries += 1;
        let before = self.with(|s| {
            s.set(page, PageFlag::Error, false);
            s.history.failures.len()
        });
        let started = self.readpage(file, page).await;
        if started.is_err() && *tries > 1 {
            let started_over = started == Err(AopError::Truncated) && self.mended(Defect::FaultGivesUp);
            if !started_over {
                return false;
            }
        }
        self.wait_on_page_locked(page, site).await;
        if *tries <= 2 {
            return true;
        }
        // That somebody took the page away, or that a block of it could not be written, is no failure to read it.
        let failed = self.with(|s| {
            let start = s.page(page).mapping.map(|(_, index)| index * s.geometry.page);
            let is_read_of_it =
                |it: &Failure| it.kind == FaultKind::ReadError && it.file == Some(file) && Some(it.start) == start;
            s.history.failures[before..].iter().any(is_read_of_it)
        });
        (started == Err(AopError::Truncated) || !failed) && self.mended(Defect::FaultGivesUp)
    }

    /// `filemap_fault` since 2.6.23: always takes the page's lock, looks at `i_size` under it, and returns the page locked.
    async fn filemap_fault_locked(&self, file: FileId, index: u32, access: Access) -> Result<PageId, BadAccess> {
        let site = access.nopage_site();
        let mut tries = 0;
        loop {
            if index >= self.with(|s| s.pages_of(file)) {
                return Err(BadAccess::Bus);
            }
            let Some(page) = self.find_get_page(file, index) else {
                self.page_cache_read(file, index).await?;
                continue;
            };
            self.lock_page_unless_kept(page, site).await;
            if self.with(|s| s.page(page).mapping.is_none()) {
                self.unlock_page(page);
                self.put_page(page);
                continue;
            }
            if self.with(|s| s.test(page, PageFlag::Uptodate)) {
                if index >= self.with(|s| s.pages_of(file)) {
                    self.unlock_page(page);
                    self.put_page(page);
                    return Err(BadAccess::Bus);
                }
                return Ok(page);
            }
            let more = self.read_again(file, page, site, &mut tries).await;
            self.put_page(page);
            if !more {
                return Err(BadAccess::Bus);
            }
        }
    }

    /// `page_cache_read`: puts a new page into the cache and starts to read it.
    async fn page_cache_read(&self, file: FileId, index: u32) -> Result<(), BadAccess> {
        self.preempt().await;
        let page = self.alloc_page_for_fault(Owner::File(file)).await.ok_or(BadAccess::NoMemory)?;
        if self.add_to_page_cache(page, file, index) {
            // An error shows as a page that is not uptodate.
            let _ = self.readpage(file, page).await;
        }
        self.put_page(page);
        Ok(())
    }
}
