//! `journal`: ext3 with ordered data. A handle of the running transaction is open from prepare to commit, over the user
//! copy; a commit of the transaction waits until the last handle is closed, and meanwhile none is opened.
//!
//! Forms: 2.6.20, where a failed `prepare_write` commits what it had cleared (`ext3_prepare_failure`);
//! `ext3_write_begin` and `ext3_ordered_write_end` of 2.6.24; and `ext4_write_begin` and `ext4_write_end` as of 5.16
//! and 6.15, mounted `data=ordered,nodelalloc`: a handle is opened before the page is locked, and what a short write
//! allocated past the end is given back. (A full disk is not tried again after a commit: freed blocks are free at once
//! here.)

use super::short_copy::{commit_prefix, undo_failed_commit};
use super::{Committed, buffer, buffer_io};
use crate::defect::Defect;
use crate::disk::RequestKind;
use crate::kernel::Kernel;
use crate::names::{BlockFlag, LockKey, Mode, PageFlag, PageId, Site};
use crate::page_cache::AopError;
use crate::state::State;
use case::Form;
use oracle::{Errno, FaultKind, FileId};

pub(super) const FORMS: &[Form] = &[Form::PrepareWrite, Form::WriteBegin, Form::WriteBeginTrims];

pub(super) use buffer_io::block_read_full_page as readpage;

impl Kernel<'_> {
    /// `journal_start`: a handle within an open one is the same.
    async fn journal_start(&self) {
        if self.with(|s| s.write().handles) == 0 {
            self.lock(LockKey::Journal, Mode::Shared, Site::JournalStart).await;
        }
        self.with(|s| s.write_mut().handles += 1);
    }

    /// `journal_stop`.
    pub(super) fn journal_stop(&self) {
        let last = self.with(|s| {
            let handles = &mut s.write_mut().handles;
            *handles = handles.saturating_sub(1);
            *handles == 0
        });
        if last {
            self.release(LockKey::Journal);
        }
    }

    /// `journal_commit_transaction`: waits for all handles, and writes the data that has to be on the disk before what
    /// points to it.
    pub(crate) async fn journal_commit(&self) {
        self.lock(LockKey::Journal, Mode::Exclusive, Site::JournalCommit).await;
        let written = self.with(State::write_ordered_data);
        for page in written {
            self.wait_on_writeback(page).await;
            self.put_page(page);
        }
        self.with(|s| s.persist_all_inodes());
        self.release(LockKey::Journal);
    }
}

impl State {
    /// `journal_submit_data_buffers`: without the pages' locks. The pages that are under writeback now, with a
    /// reference each.
    fn write_ordered_data(&mut self) -> Vec<PageId> {
        let mut written = Vec::new();
        for file in (0..self.files.len()).map(|it| FileId(it as u8)) {
            let mut next = 0;
            while let Some(index) = self.next_cached(file, next) {
                next = index + 1;
                let Some(page) = self.file(file).cached(index) else { continue };
                if self.page(page).has(PageFlag::Writeback) {
                    self.get_page(page);
                    written.push(page);
                    continue;
                }
                let buffers = &self.page(page).buffers;
                let ready = buffers.with(BlockFlag::Dirty) & buffers.with(BlockFlag::Mapped);
                if !self.page(page).has(PageFlag::Private) || ready == 0 {
                    continue;
                }
                self.set_blocks(page, ready, BlockFlag::Dirty, false);
                self.set(page, PageFlag::Writeback, true);
                self.recheck_waiters(LockKey::Writeback(page));
                self.submit(RequestKind::Write, page, ready);
                self.get_page(page);
                written.push(page);
            }
        }
        written
    }
}

/// `ext3_prepare_write`.
pub(super) async fn prepare_write(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    from: u32,
    to: u32,
) -> Result<(), AopError> {
    k.journal_start().await;
    let result = buffer::block_prepare_write(k, file, page, from, to).await;
    if result.is_err() && k.mended(Defect::Ext3PrepareFailureCommits) {
        k.journal_stop();
    } else if result.is_err() {
        ext3_prepare_failure(k, file, page, from, to).await;
    }
    result
}

/// `ext3_prepare_failure`: commits the blocks before the first that could not be had, for some of them may be new, and
/// are clear now.
async fn ext3_prepare_failure(k: &Kernel<'_>, file: FileId, page: PageId, from: u32, to: u32) {
    let end = k.with(|s| {
        let mapped = s.page(page).buffers.with(BlockFlag::Mapped);
        let missing = s.blocks_overlapping(from, to) & !mapped;
        if missing == 0 { to } else { s.block_range(missing.trailing_zeros()).0 }
    });
    if end <= from {
        return k.journal_stop();
    }
    // It does not fail here: nothing was copied that could be put back.
    let _ = buffer::generic_commit_write(k, file, page, Committed::all(from, end)).await;
    k.journal_stop();
}

/// A chance for the journal to have been aborted.
fn journal_fails(k: &Kernel<'_>) -> bool {
    k.with(|s| s.chance(FaultKind::FailedCommit).is_some())
}

/// `ext3_ordered_commit_write` of 2.6.20. It fails in two places: where `ext3_journal_dirty_data` does, and then
/// `generic_commit_write` is not called; and where `ext3_journal_stop` does, when all is committed.
pub(super) async fn commit_write(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    range: Committed,
) -> Result<u32, AopError> {
    if journal_fails(k) {
        undo_failed_commit(k, file, page, range).await;
        k.journal_stop();
        return Err(AopError::Failed(Errno::EIO));
    }
    let result = buffer::generic_commit_write(k, file, page, range).await;
    let stop_fails = journal_fails(k);
    k.journal_stop();
    if stop_fails && !k.mended(Defect::FailsAfterItsCommit) {
        return Err(AopError::Failed(Errno::EIO));
    }
    result
}

/// `ext3_write_begin`: the page, and then a handle. `ext4_write_begin`: it gives the page's lock up for as long as it
/// opens the handle.
pub(super) async fn write_begin(k: &Kernel<'_>, file: FileId, pos: u32, len: u32) -> Result<PageId, Errno> {
    let size = k.page_size();
    let page = loop {
        let page = k.grab_cache_page(file, pos / size, None).await?;
        if opens_handles_first(k) {
            k.unlock_page(page);
            k.journal_start().await;
            if k.relock_page(page).await {
                break page;
            }
            k.unlock_page(page);
            k.put_page(page);
            k.journal_stop();
        } else {
            k.journal_start().await;
            break page;
        }
    };
    let from = pos % size;
    if let Err(errno) = buffer::write_begin_blocks(k, file, page, from, from + len).await {
        k.journal_stop();
        k.unlock_page(page);
        k.put_page(page);
        k.trim_blocks(file, pos + len).await;
        return Err(errno);
    }
    Ok(page)
}

/// `ext3_ordered_write_end` and `ext4_write_end`.
pub(super) async fn write_end(
    k: &Kernel<'_>,
    file: FileId,
    pos: u32,
    len: u32,
    copied: u32,
    page: PageId,
) -> Result<u32, Errno> {
    let ext4 = k.with(|s| s.form == Form::WriteBeginTrims);
    // ext3_journal_dirty_data; ext4 has only the list of inodes whose data is to be written, in memory.
    if !ext4 && journal_fails(k) {
        return fail_write_end(k, file, (pos, len), page).await;
    }
    let accepted = buffer::block_write_end(k, page, pos, len, copied).await;
    k.with(|s| {
        let defect = if ext4 { Defect::Ext4SizeRaisedForNothing } else { Defect::Ext3SizeRaisedForNothing };
        let nothing = accepted == 0 && len > 0 && s.mended(defect);
        if !nothing && pos + accepted > s.size(file) {
            s.set_size(file, pos + accepted);
        }
    });
    if ext4 {
        k.unlock_page(page);
        k.put_page(page);
        k.preempt().await;
    }
    let stop_fails = journal_fails(k);
    k.journal_stop();
    if !ext4 {
        k.unlock_page(page);
        k.put_page(page);
    }
    if accepted < len && (ext4 || k.mended(Defect::Ext3BlocksPastTheEndStay)) {
        // ext4_truncate_failed_write. (The inode is on the list of orphans meanwhile, for a crash.)
        k.trim_blocks(file, pos + len).await;
    }
    if stop_fails && !k.mended(Defect::FailsAfterItsCommit) { Err(Errno::EIO) } else { Ok(accepted) }
}

/// What was copied is not committed, nor what is fresh cleared.
async fn fail_write_end(k: &Kernel<'_>, file: FileId, (pos, len): (u32, u32), page: PageId) -> Result<u32, Errno> {
    let mended = k.mended(Defect::FailedCommitStays);
    k.with(|s| {
        if mended {
            let from = pos % s.geometry.page;
            s.put_back(page, from, from + len);
            s.dirty_what_was_put_back(page, from, from + len);
            commit_prefix(s, page, Committed { from, to: from + len, copied: 0 });
        }
    });
    k.journal_stop();
    k.unlock_page(page);
    k.put_page(page);
    if mended {
        k.trim_blocks(file, pos + len).await;
    }
    Err(Errno::EIO)
}

/// Whether a handle is opened with no page locked, as jbd2 asks for since 2.6.28: `ext3` opens it under the page's
/// lock.
fn opens_handles_first(k: &Kernel<'_>) -> bool {
    k.with(|s| s.form == Form::WriteBeginTrims)
}

/// `ext3_ordered_writepage`: reclaim within a handle leaves the page dirty. `ext4_writepage` opens no handle, for
/// whoever makes a page writable has its blocks allocated (`ext4_page_mkwrite`; here, it allocates them).
pub(super) async fn writepage(k: &Kernel<'_>, file: FileId, page: PageId) {
    if k.with(|s| s.write().handles) > 0 {
        k.with(|s| s.set_page_dirty(page));
        k.unlock_page(page);
        return;
    }
    if opens_handles_first(k) {
        return buffer_io::block_write_full_page(k, file, page).await;
    }
    k.journal_start().await;
    buffer_io::block_write_full_page(k, file, page).await;
    k.journal_stop();
}

/// `ext3_truncate`: the last page is locked before the handle is opened. `ext4_truncate`: after.
pub(super) async fn truncate(k: &Kernel<'_>, file: FileId, size: u32) {
    let (page_size, block_size) = k.with(|s| (s.geometry.page, s.geometry.block));
    let handle_first = opens_handles_first(k);
    if handle_first {
        k.journal_start().await;
    }
    let partial = !size.is_multiple_of(block_size);
    let page = if partial { Some(k.grab_cache_page_nofail(file, size / page_size).await) } else { None };
    if !handle_first {
        k.journal_start().await;
    }
    if let Some(page) = page {
        buffer::truncate_locked_page(k, file, page, size).await;
        k.unlock_page(page);
        k.put_page(page);
    }
    k.preempt().await;
    k.with(|s| s.free_blocks(file, size.div_ceil(block_size), u32::MAX));
    k.journal_stop();
}
