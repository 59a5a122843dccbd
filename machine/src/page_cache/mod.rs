//! The page cache: a file's pages, how they are found, locked, added and removed, and everything that comes by and
//! disturbs them.

mod address_space;
mod invalidate;
mod nopage;
mod read;
mod reclaim;
mod truncate;
mod writeback;

pub(crate) use address_space::AddressSpaceOperations;
pub use address_space::AopError;
pub(crate) use nopage::{Access, BadAccess};

use crate::inode::Pagevec;
use crate::kernel::Kernel;
use crate::names::{LockKey, Mode, PageFlag, PageId, Site};
use oracle::{Errno, FileId, Owner};

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

    /// `__grab_cache_page`: the page of the file, locked and with a reference; a new one if there is none. `lru`
    /// collects new pages.
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

    /// The same for `block_truncate_page`, with a page that is always found: that 2.6.20 ignores its failure is a
    /// defect of truncate, which would show under every way of writing.
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

    /// `lru_cache_add`: into the caller's own batch, or into the processor's.
    pub(crate) fn lru_add(&self, own: Option<&mut Pagevec>) {
        self.with(|s| s.lru_add(own));
    }

    /// `pagevec_lru_add` at the end of a write: what is left of a batch of the caller's own goes to the lists.
    pub fn drain(&self, batch: Pagevec) {
        self.with(|s| s.drain(&batch));
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
