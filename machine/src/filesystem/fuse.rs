//! `server`, as FUSE is in later kernels: with a write of its own, or with a cache that is written back.
//!
//! `write-through` is `fuse_perform_write` from 5.14 to 6.15, of requests of one page each: `fuse_fill_write_pages` is
//! what is done before the copy, `fuse_send_write_pages` what is done after it. It is a loop of its own, which touches
//! and copies the source as `generic_perform_write` of the same kernel does; here, it runs in that one. (The size,
//! which it raises when all is sent, is raised with each answer.)
//!
//! `writeback-cache` is `fuse_write_begin` and `fuse_write_end` from 3.15 to 6.17 under `generic_perform_write`, for a
//! server that has asked for `FUSE_WRITEBACK_CACHE`: what is written is sent by writeback. (It sends a copy of the
//! page, which is not locked meanwhile; here, the page.)

use super::server_requests::accepted_of;
use crate::defect::Defect;
use crate::kernel::Kernel;
use crate::names::{PageFlag, PageId};
use oracle::{Errno, FileId, ZeroSite};

/// The part of `fuse_fill_write_pages` before the copy: only the page, unless the last answer was short, which ends the
/// write.
pub(super) async fn fill_page(k: &Kernel<'_>, file: FileId, pos: u32) -> Result<PageId, Errno> {
    if k.with(|s| s.write().answered_short) {
        return Err(Errno::EIO);
    }
    k.grab_cache_page(file, pos / k.page_size(), None).await
}

/// The part of `fuse_fill_write_pages` after the copy, and `fuse_send_write_pages`: a page that is uptodate, or all of
/// which was copied, is unlocked before the server has answered (since 5.13, for the server may read the page to
/// answer), and is not uptodate any more if the server did not take it all.
pub(super) async fn send_page(k: &Kernel<'_>, file: FileId, pos: u32, copied: u32, page: PageId) -> Result<u32, Errno> {
    if copied == 0 {
        k.unlock_page(page);
        k.put_page(page);
        return Ok(0);
    }
    let mended = k.mended(Defect::ShortAnswerForgetsThePage);
    let whole = copied == k.page_size();
    let unlocked = !mended
        && k.with(|s| {
            if whole {
                s.set(page, PageFlag::Uptodate, true);
            }
            s.test(page, PageFlag::Uptodate)
        });
    if unlocked {
        k.unlock_page(page);
    }
    let answer = send_and_extend(k, file, page, pos, copied).await;
    k.with(|s| {
        if answer != Ok(copied) && mended {
            let from = pos % s.geometry.page;
            s.put_back(page, from + answer.unwrap_or(0), from + copied);
        } else if answer != Ok(copied) {
            s.set(page, PageFlag::Uptodate, false);
        } else if whole {
            s.set(page, PageFlag::Uptodate, true);
        }
        let short = answer.is_ok_and(|accepted| accepted < copied);
        s.write_mut().answered_short = short;
    });
    if !unlocked {
        k.unlock_page(page);
    }
    k.put_page(page);
    answer
}

/// Sends what was copied to a page that may have left the cache meanwhile. What the server has, the file has in the
/// same step.
async fn send_and_extend(k: &Kernel<'_>, file: FileId, page: PageId, pos: u32, count: u32) -> Result<u32, Errno> {
    let accepted = accepted_of(k, count);
    k.preempt().await;
    let answer = match accepted {
        Ok(accepted) => k.with(|s| {
            let (index, from) = (pos / s.geometry.page, pos % s.geometry.page);
            let answer = s.server_writes((file, index), page, from, from + accepted);
            if let Ok(stored) = answer
                && pos + stored > s.size(file)
            {
                s.set_size(file, pos + stored);
            }
            answer
        }),
        Err(errno) => Err(errno),
    };
    k.preempt().await;
    k.with(|s| {
        let (index, from) = (pos / s.geometry.page, pos % s.geometry.page);
        s.note_answer((file, index), from, from + count, answer);
    });
    answer
}

/// `fuse_write_begin`: reads the page, unless it is uptodate, will be written whole, or lies past the end of the file.
pub(super) async fn write_begin(k: &Kernel<'_>, file: FileId, pos: u32, len: u32) -> Result<PageId, Errno> {
    let size = k.page_size();
    let (index, from) = (pos / size, pos % size);
    let page = k.grab_cache_page(file, index, None).await?;
    let reads = k.with(|s| {
        if s.test(page, PageFlag::Uptodate) || len == size {
            return false;
        }
        let past_the_end = s.size(file) <= index * size;
        if past_the_end {
            s.clear(page, 0, from, ZeroSite::PrepareEdge);
        }
        !past_the_end
    });
    if !reads {
        return Ok(page);
    }
    // fuse_do_readpage
    k.preempt().await;
    let answer = k.with(|s| s.server_reads(file, page));
    k.preempt().await;
    if let Err(errno) = answer {
        k.unlock_page(page);
        k.put_page(page);
        return Err(errno);
    }
    k.with(|s| s.set(page, PageFlag::Uptodate, true));
    Ok(page)
}

/// `fuse_write_end`: what the copy left of a page that was not read is cleared, up to the end of the page.
pub(super) async fn write_end(k: &Kernel<'_>, file: FileId, pos: u32, len: u32, copied: u32, page: PageId) -> u32 {
    let accepted = k.with(|s| {
        let size = s.geometry.page;
        let (index, from) = (pos / size, pos % size);
        let known = s.test(page, PageFlag::Uptodate);
        // A page that was to be written whole may have more in it than what was copied.
        let rejects = copied < len && !known && s.size(file) > index * size;
        if copied == 0 || rejects && s.mended(Defect::WriteEndClearsThePage) {
            return 0;
        }
        if !known {
            s.clear(page, from + copied, size, ZeroSite::FreshBlock);
            s.set(page, PageFlag::Uptodate, true);
        }
        if pos + copied > s.size(file) {
            s.set_size(file, pos + copied);
        }
        s.set_page_dirty(page);
        copied
    });
    k.preempt().await;
    k.unlock_page(page);
    k.put_page(page);
    accepted
}
