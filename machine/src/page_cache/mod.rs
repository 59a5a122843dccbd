//! The page cache: a file's pages, how they are found, locked, added and removed, and everything that comes by and disturbs them.

mod invalidate;
mod lru;
mod read;
mod reclaim;
mod truncate;
mod writeback;

pub use lru::Pagevec;

use crate::kernel::Kernel;
use crate::lock::{Lock, LockKey, Mode, Site};
use crate::memory::{NO_PAGE, PageId};
use crate::state::State;
use crate::trace::{Event, PageFlag};
use oracle::{Errno, FileId, Owner};

/// An inode with its mapping.
#[derive(Debug)]
pub(crate) struct File {
    pub size: u32,
    pub mutex: Lock,
    pub cluster: Lock,
    /// The page in the cache, by the page of the file.
    pub pages: Vec<u16>,
    /// Where each block of it is on disk.
    pub blocks: Vec<crate::disk::Mapping>,
    /// Goes up whenever where a block of it is changes: a mapping with an older number may be out of date.
    pub extent_sequence: u32,
    /// Goes up with every truncate and invalidate that unmaps (2.6.20's protection of faults).
    pub truncate_count: u32,
    /// `AS_EIO`: a write of a page to the disk failed, and no fsync has told of it yet.
    pub write_failed: bool,
    /// Blocks at and after this one were allocated past the end before the experiment began, as `fallocate` leaves them.
    pub preallocated: u32,
    /// `mmu_private` of a filesystem without holes: up to here, everything is allocated and was written or cleared.
    pub frontier: u32,
}

impl File {
    pub const fn new() -> Self {
        Self {
            size: 0,
            mutex: Lock::FREE,
            cluster: Lock::FREE,
            pages: Vec::new(),
            blocks: Vec::new(),
            extent_sequence: 0,
            truncate_count: 0,
            write_failed: false,
            preallocated: 0,
            frontier: 0,
        }
    }

    pub fn cached(&self, index: u32) -> Option<PageId> {
        self.pages.get(index as usize).filter(|page| **page != NO_PAGE).map(|page| PageId(*page))
    }
}

impl State {
    /// Puts a page into a file's cache; false if one is already there.
    pub(crate) fn insert_page(&mut self, page: PageId, file: FileId, index: u32) -> bool {
        if self.file(file).cached(index).is_some() {
            return false;
        }
        let pages = &mut self.file_mut(file).pages;
        if pages.len() <= index as usize {
            pages.resize(index as usize + 1, NO_PAGE);
        }
        pages[index as usize] = page.0;
        self.get_page(page);
        self.page_mut(page).mapping = Some((file, index));
        self.note(Event::Cache { file, index, page });
        true
    }

    /// `remove_from_page_cache`, the cache's reference included.
    pub(crate) fn remove_page(&mut self, page: PageId) {
        if let Some((file, index)) = self.page_mut(page).mapping.take() {
            self.file_mut(file).pages[index as usize] = NO_PAGE;
            self.note(Event::Uncache { file, index, page });
            self.put_page(page);
        }
    }

    /// The indices of a file's cached pages in a range.
    pub(crate) fn cached_indices(&self, file: FileId, start: u32, end: u32) -> Vec<u32> {
        let end = end.min(self.file(file).pages.len() as u32);
        (start..end).filter(|index| self.file(file).cached(*index).is_some()).collect()
    }

    /// The next cached page at or after `start`.
    pub(crate) fn next_cached(&self, file: FileId, start: u32) -> Option<u32> {
        let pages = &self.file(file).pages;
        (start..pages.len() as u32).find(|index| pages[*index as usize] != NO_PAGE)
    }

    /// `set_page_dirty`: with buffers, all of them become dirty.
    pub(crate) fn set_page_dirty(&mut self, page: PageId) {
        if self.page(page).has(PageFlag::Private) {
            self.set_blocks(page, self.all_blocks(), crate::trace::BlockFlag::Dirty, true);
        }
        self.set(page, PageFlag::Dirty, true);
    }
}

impl Kernel<'_> {
    /// `find_get_page`: the cached page, with a reference.
    pub fn find_get_page(&self, file: FileId, index: u32) -> Option<PageId> {
        self.with(|s| {
            let page = s.file(file).cached(index)?;
            s.get_page(page);
            Some(page)
        })
    }

    /// `find_lock_page`.
    pub async fn find_lock_page(&self, file: FileId, index: u32, site: Site) -> Option<PageId> {
        loop {
            let page = self.find_get_page(file, index)?;
            self.lock_page(page, site).await;
            if self.keep_if_cached(page, file, index) {
                return Some(page);
            }
        }
    }

    /// The same for what keeps away from a page that says so.
    pub(crate) async fn find_lock_page_unless_kept(&self, file: FileId, index: u32, site: Site) -> Option<PageId> {
        loop {
            let page = self.find_get_page(file, index)?;
            self.lock_page_unless_kept(page, site).await;
            if self.keep_if_cached(page, file, index) {
                return Some(page);
            }
        }
    }

    /// Whether a locked page is still the one in the cache there; if not, it is given up.
    fn keep_if_cached(&self, page: PageId, file: FileId, index: u32) -> bool {
        self.with(|s| {
            let cached = s.page(page).mapping == Some((file, index));
            if !cached {
                s.release(LockKey::Page(page));
                s.put_page(page);
            }
            cached
        })
    }

    /// `add_to_page_cache`: the page enters the cache locked; false if another is there already.
    pub(crate) fn add_to_page_cache(&self, page: PageId, file: FileId, index: u32) -> bool {
        self.add_to_page_cache_at(page, file, index, Site::AddToPageCache)
    }

    pub(crate) fn add_to_page_cache_at(&self, page: PageId, file: FileId, index: u32, site: Site) -> bool {
        self.with(|s| {
            let added = s.insert_page(page, file, index);
            if added {
                s.take_page_now(page, site);
            }
            added
        })
    }

    /// `__grab_cache_page`: the page of the file, locked and with a reference; a new one if there is none. `lru` collects new pages.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub async fn grab_cache_page(&self, file: FileId, index: u32, lru: Option<&mut Pagevec>) -> Result<PageId, Errno> {
        loop {
            // `find_lock_page`, without a future of its own: every chunk that is written comes through here.
            if let Some(page) = self.find_get_page(file, index) {
                self.lock_page(page, Site::GrabCachePage).await;
                if self.keep_if_cached(page, file, index) {
                    return Ok(page);
                }
                continue;
            }
            self.preempt().await;
            let page = self.with(|s| s.alloc_page(Owner::File(file))).ok_or(Errno::ENOMEM)?;
            if self.add_to_page_cache_at(page, file, index, Site::GrabCachePage) {
                self.lru_add(lru);
                return Ok(page);
            }
            self.put_page(page);
        }
    }

    /// The same for `block_truncate_page`, with a page that is always found: that 2.6.20 ignores its failure is a defect of truncate, which
    /// would show under every way of writing.
    pub(crate) async fn grab_cache_page_nofail(&self, file: FileId, index: u32) -> PageId {
        loop {
            if let Some(page) = self.find_lock_page(file, index, Site::TruncateBlock).await {
                return page;
            }
            self.preempt().await;
            let page = self.with(|s| s.alloc_page_nofail(Owner::File(file)));
            if self.add_to_page_cache_at(page, file, index, Site::TruncateBlock) {
                return page;
            }
            self.put_page(page);
        }
    }

    /// `lock_page` again, on a page whose lock was dropped; false if it has left the cache meanwhile.
    pub async fn relock_page(&self, page: PageId) -> bool {
        self.lock(LockKey::Page(page), Mode::Exclusive, Site::RelockPage).await;
        self.with(|s| s.page(page).mapping.is_some())
    }

    /// `PageUptodate`.
    pub fn is_uptodate(&self, page: PageId) -> bool {
        self.with(|s| s.test(page, PageFlag::Uptodate))
    }

    /// `i_size_read`.
    pub fn size(&self, file: FileId) -> u32 {
        self.with(|s| s.size(file))
    }
}
