//! `server`: a filesystem whose files are another's, as under FUSE and NFS. A commit sends what was written away and waits for the answer;
//! nothing stays behind that is newer than the server's copy, but what was stored through a mapping.
//!
//! Forms: `fuse_commit_write` of 2.6.20, `fuse_write_begin` and `fuse_write_end` of 2.6.24, and two of later kernels, in `fuse.rs`. The server
//! keeps the content on the disk, in blocks that it clears when it allocates them, so that past the end of a file it has only zeroes.

use super::{Committed, fuse};
use crate::bits::bits;
use crate::defect::Defect;
use crate::inode::Mapping;
use crate::kernel::Kernel;
use crate::names::{LockKey, PageFlag, PageId};
use crate::page_cache::AopError;
use crate::state::State;
use crate::trace::Event;
use case::Form;
use oracle::{Cell, Errno, FaultKind, FileId, ZeroSite};

pub(super) const FORMS: &[Form] = &[Form::PrepareWrite, Form::WriteBegin, Form::WriteThrough, Form::WritebackCache];

const HOLE: Cell = Cell::zero(ZeroSite::ReadHole, None);
const DISK: Cell = Cell::zero(ZeroSite::Disk, None);

impl State {
    /// The server answers a WRITE of `[from, to)` of a page: how much of it it has stored, which is less only if it ran out of room.
    pub(super) fn server_writes(
        &mut self,
        (file, index): (FileId, u32),
        page: PageId,
        from: u32,
        to: u32,
    ) -> Result<u32, Errno> {
        let blocks = self.blocks_overlapping(from, to);
        self.note(Event::Submit { page, write: true, blocks });
        // Nothing is sent for a write of nothing.
        let failed = blocks != 0 && self.chance(FaultKind::WriteError).is_some();
        if failed {
            let operation = self.current_operation();
            self.note_failure(FaultKind::WriteError, page, blocks, operation);
        }
        let stored = if failed { Err(Errno::EIO) } else { self.store_on_server(file, index, page, from, to) };
        self.note(Event::Complete { page, write: true, failed: stored.is_err() });
        if let Ok(stored) = stored {
            let end = index * self.geometry.page + from + stored;
            self.server_is_told_of(file, end);
        }
        stored
    }

    fn store_on_server(&mut self, file: FileId, index: u32, page: PageId, from: u32, to: u32) -> Result<u32, Errno> {
        let size = self.geometry.block;
        for block in bits(u32::from(self.blocks_overlapping(from, to))) {
            let logical = index * self.blocks_per_page() + u32::from(block);
            let (start, end) = self.block_range(block.into());
            let (first, last) = (from.max(start), to.min(end));
            let (mapping, new) = match self.get_block(file, logical, true) {
                Err(_) if first > from => return Ok(first - from),
                answer => answer?,
            };
            let Mapping::At(number) = mapping else { continue };
            if new {
                self.disk.block_mut(number, size).fill(DISK);
            }
            self.copy_to_block(page, first..last, number, first - start);
            self.counters.blocks_written += 1;
        }
        Ok(to - from)
    }

    /// The server answers a READ of a page, with zeroes past the end of the file.
    pub(super) fn server_reads(&mut self, file: FileId, page: PageId) -> Result<(), Errno> {
        let size = self.geometry.block;
        let (blocks, end_of_file) = (self.all_blocks(), self.size(file));
        self.note(Event::Submit { page, write: false, blocks });
        let failed = self.chance(FaultKind::ReadError).is_some();
        self.note(Event::Complete { page, write: false, failed });
        if failed {
            let operation = self.current_operation();
            self.note_failure(FaultKind::ReadError, page, blocks, operation);
            return Err(Errno::EIO);
        }
        for block in 0..self.blocks_per_page() {
            let Some(logical) = self.logical(page, block) else { break };
            let mapping = self.file(file).blocks.get(logical as usize).copied();
            let (start, end) = self.block_range(block);
            let inside = match mapping {
                Some(Mapping::At(number)) => {
                    self.copy_from_block(number, page, start);
                    end_of_file.saturating_sub(logical * size).min(size)
                }
                _ => 0,
            };
            self.cells_of_mut(page)[(start + inside) as usize..end as usize].fill(HOLE);
        }
        Ok(())
    }

    /// The server answers a SETATTR of a smaller size: past it, there are only zeroes from now on.
    fn server_truncates(&mut self, file: FileId, size: u32) {
        let block = self.geometry.block;
        self.server_has_size(file, size);
        self.free_blocks(file, size.div_ceil(block), u32::MAX);
        let last = self.file(file).blocks.get((size / block) as usize).copied();
        if let Some(Mapping::At(number)) = last {
            let zero = Cell::zero(ZeroSite::TruncateTail, self.current_operation());
            self.disk.block_mut(number, block)[(size % block) as usize..].fill(zero);
        }
    }
}

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

/// Sends `[from, to)` of a locked page to the server, and waits for it.
async fn send_write(k: &Kernel<'_>, file: FileId, page: PageId, from: u32, to: u32) -> Result<u32, Errno> {
    k.preempt().await;
    let answer = k.with(|s| {
        let Some((_, index)) = s.page(page).mapping else {
            s.oops("sent a page that has left the cache");
            return Ok(to - from);
        };
        s.server_writes((file, index), page, from, to)
    });
    k.preempt().await;
    answer
}

/// How much a server takes of what a write sends it: an error of its own is not the disk's.
pub(super) fn accepted_of(k: &Kernel<'_>, count: u32) -> Result<u32, Errno> {
    k.with(|s| {
        if s.chance(FaultKind::FailedCommit).is_some() {
            return Err(Errno::EIO);
        }
        match s.chance(FaultKind::PartialCommit).map(|fault| fault.kind) {
            Some(case::Injection::PartialCommit { cells }) => Ok(cells.min(count)),
            _ => Ok(count),
        }
    })
}

/// The same with what was copied by a write.
async fn send_copied(k: &Kernel<'_>, file: FileId, page: PageId, from: u32, to: u32) -> Result<u32, Errno> {
    match accepted_of(k, to - from) {
        Ok(accepted) => send_write(k, file, page, from, from + accepted).await,
        Err(errno) => {
            k.preempt().await;
            Err(errno)
        }
    }
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

/// `fuse_commit_write`: the page becomes uptodate only if all of it was written. A short answer is an error; how long the file is then, the
/// server is asked (`fuse_invalidate_attr`: here, at once).
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
    let answer = send_copied(k, file, page, from, to).await;
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
        if to - from == s.geometry.page {
            s.set(page, PageFlag::Dirty, false);
            s.set(page, PageFlag::Uptodate, true);
        }
        Ok(0)
    })
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

/// Sends what was stored through a mapping: the page up to the end of the file, and waits for the answer. It comes back unlocked. Until the answer is
/// there the page is under writeback, so that an fsync that finds it clean waits for it (`fuse_sync_writes`).
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

/// The server's part of a truncate: it gives back the room. It knows the size since `vmtruncate` set it. (2.6.20 tells it first, then sets the
/// size and drops the pages: what a writeback or a reader that comes between does then is a defect of truncate, which would show under every
/// way of writing.)
pub(super) async fn truncate(k: &Kernel<'_>, file: FileId, size: u32) {
    k.preempt().await;
    k.with(|s| s.server_truncates(file, size));
}
