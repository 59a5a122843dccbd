//! `filemap_nopage`: the page of a file for a page fault, in the form of 2.6.20 and in the form that always locks the
//! page.

use super::AopError;
use crate::defect::Defect;
use crate::inode::Inodes;
use crate::kernel::Kernel;
use crate::names::{PageFlag, PageId, Site};
use oracle::{Errno, Failure, FaultKind, FileId, Owner};

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
    pub const fn mmap_sem_site(self) -> Site {
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

impl Inodes {
    /// How many pages of a file a fault may reach.
    fn pages_of(&mut self, file: FileId) -> u32 {
        self.size(file).div_ceil(self.geometry.page)
    }
}

impl Kernel<'_> {
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

    /// `filemap_fault` since 2.6.23: always takes the page's lock, looks at `i_size` under it, and returns the page
    /// locked.
    pub(crate) async fn filemap_fault_locked(
        &self,
        file: FileId,
        index: u32,
        access: Access,
    ) -> Result<PageId, BadAccess> {
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
