//! `server`: a filesystem whose files are another's, as under FUSE and NFS. A commit sends what was written away and
//! waits for the answer; nothing stays behind that is newer than the server's copy, but what was stored through a
//! mapping.
//!
//! Forms: `fuse_commit_write` of 2.6.20, `fuse_write_begin` and `fuse_write_end` of 2.6.24, and two of later kernels,
//! in `fuse.rs`. The server keeps the content on the disk, in blocks that it clears when it allocates them, so that
//! past the end of a file it has only zeroes.

use super::server_requests::{accepted_of, send_write};
use super::{Committed, fuse};
use crate::defect::Defect;
use crate::kernel::Kernel;
use crate::names::{LockKey, PageFlag, PageId};
use crate::page_cache::AopError;
use crate::state::State;
use case::Form;
use oracle::{Errno, FaultKind, FileId};

pub(super) const FORMS: &[Form] = &[Form::PrepareWrite, Form::WriteBegin, Form::WriteThrough, Form::WritebackCache];

/// There is nothing to prepare: what the write does not cover is the server's.
pub(super) async fn prepare_write(
    _k: &Kernel<'_>,
    _file: FileId,
    _page: PageId,
    _from: u32,
    _to: u32,
) -> Result<(), AopError> {
    Ok(())
}

/// The same with what was copied by a write.
async fn send_copied(k: &Kernel<'_>, file: FileId, page: PageId, from: u32, to: u32) -> Result<u32, Errno> {
    let answer = match accepted_of(k, to - from) {
        Ok(accepted) => send_write(k, file, page, from, from + accepted).await,
        Err(errno) => {
            k.preempt().await;
            Err(errno)
        }
    };
    k.with(|s| {
        if let Some(place) = s.page(page).mapping {
            s.note_answer(place, from, to, answer);
        }
    });
    answer
}

/// The file is at least so long as to have `[..to)` of the page.
fn extend(s: &mut State, file: FileId, page: PageId, to: u32) {
    let Some((_, index)) = s.page(page).mapping else {
        return s.oops("committed a page that has left the cache");
    };
    let end = index * s.geometry.page + to;
    if end > s.size(file) {
        s.set_size(file, end);
    }
}

/// `fuse_commit_write`: the page becomes uptodate only if all of it was written. A short answer is an error; how long
/// the file is then, the server is asked (`fuse_invalidate_attr`: here, at once).
pub(super) async fn commit_write(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    range: Committed,
) -> Result<u32, AopError> {
    let Committed { from, to, copied } = range;
    if range.is_short() {
        return if copied == 0 { Ok(0) } else { send_prefix(k, file, page, from, copied).await };
    }
    let whole = to - from == k.page_size();
    let was_dirty = whole && k.mended(Defect::CommitForgetsAStore) && k.with(|s| take_dirty(s, page));
    let answer = send_copied(k, file, page, from, to).await;
    if was_dirty && answer != Ok(to - from) {
        k.with(|s| s.set(page, PageFlag::Dirty, true));
    }
    if answer != Ok(to - from) && k.mended(Defect::ShortAnswerStays) {
        k.with(|s| s.put_back(page, from + answer.unwrap_or(0), to));
        return match answer {
            Ok(stored) if stored > 0 => {
                k.with(|s| extend(s, file, page, from + stored));
                Ok(stored)
            }
            answer => Err(AopError::Failed(answer.err().unwrap_or(Errno::EIO))),
        };
    }
    let stored = answer?;
    k.with(|s| {
        extend(s, file, page, from + stored);
        if stored < to - from {
            return Err(AopError::Failed(Errno::EIO));
        }
        if whole {
            if !s.mended(Defect::CommitForgetsAStore) {
                s.set(page, PageFlag::Dirty, false);
            }
            s.set(page, PageFlag::Uptodate, true);
        }
        Ok(0)
    })
}

/// Takes the dirty bit away; whether it was there.
fn take_dirty(s: &mut State, page: PageId) -> bool {
    let was_dirty = s.test(page, PageFlag::Dirty);
    if was_dirty {
        s.set(page, PageFlag::Dirty, false);
    }
    was_dirty
}

/// What a mended write sends after a short copy: what was copied, and no more.
async fn send_prefix(k: &Kernel<'_>, file: FileId, page: PageId, from: u32, copied: u32) -> Result<u32, AopError> {
    let answer = send_copied(k, file, page, from, from + copied).await;
    k.with(|s| {
        if answer != Ok(copied) && s.mended(Defect::ShortAnswerStays) {
            s.put_back(page, from + answer.unwrap_or(0), from + copied);
        }
    });
    let stored = answer?;
    if stored > 0 {
        k.with(|s| extend(s, file, page, from + stored));
    }
    Ok(stored)
}

/// `fuse_write_begin` of 2.6.24: only the page.
pub(super) async fn write_begin(k: &Kernel<'_>, file: FileId, pos: u32, len: u32) -> Result<PageId, Errno> {
    match k.with(|s| s.form) {
        Form::WriteThrough => fuse::fill_page(k, file, pos).await,
        Form::WritebackCache => fuse::write_begin(k, file, pos, len).await,
        _ => k.grab_cache_page(file, pos / k.page_size(), None).await,
    }
}

/// `fuse_write_end` of 2.6.24: sends what was copied, and that alone.
pub(super) async fn write_end(
    k: &Kernel<'_>,
    file: FileId,
    pos: u32,
    len: u32,
    copied: u32,
    page: PageId,
) -> Result<u32, Errno> {
    match k.with(|s| s.form) {
        Form::WriteThrough => return fuse::send_page(k, file, pos, copied, page).await,
        Form::WritebackCache => return Ok(fuse::write_end(k, file, pos, len, copied, page).await),
        _ => {}
    }
    let result = if copied > 0 { fuse_buffered_write(k, file, page, pos, copied).await } else { Ok(0) };
    k.unlock_page(page);
    k.put_page(page);
    result
}

/// `fuse_buffered_write`: the server may accept less than it was sent.
async fn fuse_buffered_write(k: &Kernel<'_>, file: FileId, page: PageId, pos: u32, count: u32) -> Result<u32, Errno> {
    let page_size = k.page_size();
    let from = pos % page_size;
    let answer = send_copied(k, file, page, from, from + count).await;
    let puts_back = answer != Ok(count) && k.mended(Defect::ShortAnswerOfWriteEndStays);
    if puts_back {
        k.with(|s| s.put_back(page, from + answer.unwrap_or(0), from + count));
    }
    let accepted = answer?;
    k.with(|s| {
        extend(s, file, page, from + accepted);
        // Even if the server accepted less than the page.
        if count == page_size && !puts_back {
            s.set(page, PageFlag::Uptodate, true);
        }
    });
    Ok(accepted)
}

/// `fuse_readpage`: asks the server and waits, with the page locked.
pub(super) async fn readpage(k: &Kernel<'_>, file: FileId, page: PageId) -> Result<(), AopError> {
    k.preempt().await;
    let answer = k.with(|s| s.server_reads(file, page));
    k.preempt().await;
    if answer.is_ok() {
        k.with(|s| s.set(page, PageFlag::Uptodate, true));
    }
    k.unlock_page(page);
    answer.map_err(AopError::Failed)
}

/// Sends what was stored through a mapping: the page up to the end of the file, and waits for the answer. It comes back
/// unlocked. Until the answer is there the page is under writeback, so that an fsync that finds it clean waits for it
/// (`fuse_sync_writes`).
pub(super) async fn writepage(k: &Kernel<'_>, file: FileId, page: PageId) {
    let inside = k.with(|s| {
        let (page_size, size) = (s.geometry.page, s.size(file));
        s.page(page).mapping.map_or(0, |(_, index)| size.saturating_sub(index * page_size).min(page_size))
    });
    if inside > 0 {
        k.with(|s| set_writeback(s, page, true));
        let answer = send_write(k, file, page, 0, inside).await;
        k.with(|s| {
            if answer != Ok(inside) {
                lose(s, page, inside);
            }
            set_writeback(s, page, false);
        });
    }
    k.unlock_page(page);
}

fn set_writeback(s: &mut State, page: PageId, on: bool) {
    s.set(page, PageFlag::Writeback, on);
    s.recheck_waiters(LockKey::Writeback(page));
}

/// What the server did not take is lost, as after a write error.
fn lose(s: &mut State, page: PageId, inside: u32) {
    let operation = s.current_operation();
    let blocks = s.blocks_overlapping(0, inside);
    s.blame(operation, FaultKind::WriteError);
    s.note_failure(FaultKind::WriteError, page, blocks, operation);
    s.set_write_failed(page);
    s.set(page, PageFlag::Error, true);
}

/// The server's part of a truncate: it gives back the room. It knows the size since `vmtruncate` set it. (2.6.20 tells
/// it first, then sets the size and drops the pages: what a writeback or a reader that comes between does then is a
/// defect of truncate, which would show under every way of writing.)
pub(super) async fn truncate(k: &Kernel<'_>, file: FileId, size: u32) {
    k.preempt().await;
    k.with(|s| s.server_truncates(file, size));
}
