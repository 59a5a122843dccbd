//! `libfs`: ramfs and its like. There is no disk: what is in the cache is the file, and a page that is not there is a
//! hole.
//!
//! Forms: before and after Piggin's patch 1 of 2007-02-04 08:49, tmpfs of 2.6.20, which has a write of its own, and
//! `simple_write_begin`/`simple_write_end` of 2.6.24.

use super::Committed;
use crate::defect::Defect;
use crate::kernel::Kernel;
use crate::names::{PageFlag, PageId};
use crate::page_cache::AopError;
use crate::state::State;
use case::Form;
use oracle::{Errno, FileId, ZeroSite};

pub(super) const FORMS: &[Form] = &[Form::AfterPatch1, Form::BeforePatch1, Form::Tmpfs, Form::WriteBegin];

pub(super) async fn readpage(k: &Kernel<'_>, _file: FileId, page: PageId) -> Result<(), AopError> {
    k.with(|s| {
        let size = s.geometry.page;
        s.clear(page, 0, size, ZeroSite::ReadHole);
        s.set(page, PageFlag::Uptodate, true);
    });
    k.unlock_page(page);
    Ok(())
}

pub(super) async fn prepare_write(
    k: &Kernel<'_>,
    _file: FileId,
    page: PageId,
    from: u32,
    to: u32,
) -> Result<(), AopError> {
    k.with(|s| {
        if s.test(page, PageFlag::Uptodate) {
            return;
        }
        let size = s.geometry.page;
        let whole = to - from == size;
        let early = s.form == Form::BeforePatch1 && !s.mended(Defect::SimplePrepareIsUptodateEarly);
        match s.form {
            Form::BeforePatch1 if early => {
                // The hole between `from` and `to` stays as it was, and yet the page is readable from now on.
                if !whole {
                    clear_around(s, page, from, to);
                }
                s.set(page, PageFlag::Uptodate, true);
            }
            _ if !whole => {
                s.clear(page, 0, size, ZeroSite::PreparePage);
                s.set(page, PageFlag::Uptodate, true);
            }
            _ => {}
        }
    });
    if k.with(|s| s.form == Form::BeforePatch1) {
        // From here on readers do not wait.
        k.preempt().await;
    }
    Ok(())
}

fn clear_around(s: &mut State, page: PageId, from: u32, to: u32) {
    let size = s.geometry.page;
    s.clear(page, 0, from, ZeroSite::PrepareEdge);
    s.clear(page, to, size, ZeroSite::PrepareEdge);
}

pub(super) async fn commit_write(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    range: Committed,
) -> Result<u32, AopError> {
    if range.is_short() {
        return Ok(commit_prefix(k, file, page, range).await);
    }
    let Committed { from, to, .. } = range;
    k.with(|s| {
        let early = s.form == Form::BeforePatch1 && !s.mended(Defect::SimplePrepareIsUptodateEarly);
        if !early && to - from == s.geometry.page {
            s.set(page, PageFlag::Uptodate, true);
        }
    });
    k.preempt().await;
    k.with(|s| extend_and_dirty(s, file, page, to));
    Ok(0)
}

/// What was copied counts; what was not is a hole of the file, and reads as one.
async fn commit_prefix(k: &Kernel<'_>, file: FileId, page: PageId, Committed { from, to, copied }: Committed) -> u32 {
    k.with(|s| {
        if !s.test(page, PageFlag::Uptodate) {
            s.clear(page, from + copied, to, ZeroSite::FreshBlock);
            s.set(page, PageFlag::Uptodate, true);
        }
    });
    k.preempt().await;
    if copied > 0 {
        k.with(|s| extend_and_dirty(s, file, page, from + copied));
    }
    copied
}

fn extend_and_dirty(s: &mut State, file: FileId, page: PageId, to: u32) {
    // A page that left the cache while it was unlocked has no host any more: the kernel would follow a null pointer.
    let Some((_, index)) = s.page(page).mapping else {
        return s.oops("committed a page that has left the cache");
    };
    let end = index * s.geometry.page + to;
    if end > s.size(file) {
        s.set_size(file, end);
    }
    s.set_page_dirty(page);
}

impl Kernel<'_> {
    /// `shmem_getpage` for a write: the page, uptodate and with a reference, but not locked.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub async fn shmem_getpage(&self, file: FileId, index: u32) -> Result<PageId, Errno> {
        let page = self.grab_cache_page(file, index, None).await?;
        self.with(|s| {
            if !s.test(page, PageFlag::Uptodate) {
                let size = s.geometry.page;
                s.clear(page, 0, size, ZeroSite::ReadHole);
                s.set(page, PageFlag::Uptodate, true);
            }
        });
        self.unlock_page(page);
        Ok(page)
    }

    /// `i_size_write` where the size has to grow, and `set_page_dirty`, with no page locked. False where a mended write
    /// sees that the page has left the cache: then it has changed nothing.
    pub fn shmem_extend_and_dirty(&self, file: FileId, page: PageId, end: u32) -> bool {
        self.with(|s| {
            if s.page(page).mapping.is_none() && s.mended(Defect::CopyMissesARemoval) {
                return false;
            }
            if end > s.size(file) {
                s.set_size(file, end);
            }
            s.set_page_dirty(page);
            true
        })
    }
}

pub(super) async fn write_begin(k: &Kernel<'_>, file: FileId, pos: u32, len: u32) -> Result<PageId, Errno> {
    let size = k.with(|s| s.geometry.page);
    let (index, from) = (pos / size, pos % size);
    let page = k.grab_cache_page(file, index, None).await?;
    k.with(|s| {
        if !s.test(page, PageFlag::Uptodate) && len != size {
            clear_around(s, page, from, from + len);
        }
    });
    Ok(page)
}

pub(super) async fn write_end(
    k: &Kernel<'_>,
    file: FileId,
    pos: u32,
    len: u32,
    copied: u32,
    page: PageId,
) -> Result<u32, Errno> {
    k.with(|s| {
        let from = pos % s.geometry.page;
        if !s.test(page, PageFlag::Uptodate) {
            // What a short copy left is a hole of the file, and reads as one.
            s.clear(page, from + copied, from + len, ZeroSite::FreshBlock);
            s.set(page, PageFlag::Uptodate, true);
        }
        if copied > 0 || len == 0 || !s.mended(Defect::SimpleSizeRaisedForNothing) {
            extend_and_dirty(s, file, page, from + copied);
        }
    });
    k.preempt().await;
    k.unlock_page(page);
    k.put_page(page);
    Ok(copied)
}

pub(super) async fn writepage(k: &Kernel<'_>, _file: FileId, page: PageId) {
    k.unlock_page(page);
}

pub(super) async fn truncate(_k: &Kernel<'_>, _file: FileId, _size: u32) {}
