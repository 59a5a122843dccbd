//! Buffers: `fs/buffer.c`'s generic operations on a page whose blocks have states of their own.

use super::Committed;
use super::blocks::{commit_blocks, read_buffers, zero_new_buffers};
use super::short_copy::{commit_prefix, commit_short_copy, give_back_past_the_end};
use crate::defect::Defect;
use crate::inode::Mapping;
use crate::kernel::Kernel;
use crate::names::{BlockFlag, PageFlag, PageId};
use crate::page_cache::AopError;
use crate::state::State;
use oracle::{Errno, FileId, ZeroSite};
use schedule::bits::bits;

impl State {
    /// `get_block`: where a block of a file is; allocates it if `create`. The second value says whether it was
    /// allocated just now.
    pub(crate) fn get_block(&mut self, file: FileId, logical: u32, create: bool) -> Result<(Mapping, bool), Errno> {
        if self.filesystem == case::Filesystem::Cont {
            return self.fat_get_block(file, logical, create);
        }
        self.get_mapped_block(file, logical, create)
    }

    /// The `get_block` that the filesystem gives to the generic operations.
    pub(super) fn get_block_of_filesystem(
        &mut self,
        file: FileId,
        logical: u32,
        create: bool,
    ) -> Result<(Mapping, bool), Errno> {
        if self.filesystem == case::Filesystem::Extent {
            self.get_extent_block(file, logical, create)
        } else {
            self.get_block(file, logical, create)
        }
    }
}

/// What `__block_prepare_write` finds out about one block.
enum Prepared {
    Ready,
    NeedsRead,
}

/// `block_prepare_write` of 2.6.20: on success nobody can tell any more which blocks are fresh.
pub(super) async fn block_prepare_write(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    from: u32,
    to: u32,
) -> Result<(), AopError> {
    let result = prepare_blocks(k, file, page, from, to, false).await;
    k.with(|s| {
        let fresh = s.page(page).buffers.with(BlockFlag::New);
        s.remember_fresh(fresh);
        if result.is_ok() {
            s.set_blocks(page, fresh, BlockFlag::New, false);
            return;
        }
        if s.mended(Defect::PrepareFailureClears) {
            zero_new_buffers(s, page, from, to, ZeroSite::ErrorPath);
            if let Some((_, index)) = s.page(page).mapping {
                give_back_past_the_end(s, file, page, index, 0, fresh);
            }
            return;
        }
        let fresh = fresh & s.blocks_overlapping(from, to);
        s.set_blocks(page, fresh, BlockFlag::New, false);
        for block in bits(u32::from(fresh)) {
            // Whole blocks, even where the page was uptodate before.
            let (start, end) = s.block_range(u32::from(block));
            s.clear(page, start, end, ZeroSite::ErrorPath);
        }
        s.set_blocks(page, fresh, BlockFlag::Uptodate, true);
        s.mark_buffers_dirty(page, fresh);
        s.set(page, PageFlag::Uptodate, false);
    });
    result.map_err(AopError::Failed)
}

/// The part of `block_write_begin` that prepares the blocks: a fresh block stays marked as new until `write_end`.
pub(super) async fn write_begin_blocks(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    from: u32,
    to: u32,
) -> Result<(), Errno> {
    let result = prepare_blocks(k, file, page, from, to, true).await;
    if result.is_err() {
        k.with(|s| zero_new_buffers(s, page, from, to, ZeroSite::ErrorPath));
    }
    result
}

/// `__block_prepare_write`: maps the blocks of `[from, to)`, clears around it in fresh ones, reads those that are only
/// partly covered.
async fn prepare_blocks(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    from: u32,
    to: u32,
    keeps_new: bool,
) -> Result<(), Errno> {
    let mut left = k.with(|s| {
        s.attach_buffers(page);
        let overlapping = s.blocks_overlapping(from, to);
        if s.page(page).has(PageFlag::Uptodate) {
            let around = s.all_blocks() & !overlapping;
            s.set_blocks(page, around, BlockFlag::Uptodate, true);
        }
        overlapping
    });
    let mut reads = 0_u8;
    while let Some((block, uptodate)) = k.with(|s| prepare_mapped_blocks(s, page, (from, to), &mut left, &mut reads)) {
        k.preempt().await;
        let prepared = k.with(|s| prepare_unmapped_block(s, file, page, block, (from, to), uptodate, keeps_new))?;
        if let Prepared::NeedsRead = prepared {
            reads |= 1 << block;
        }
    }
    read_buffers(k, page, reads).await
}

/// Takes blocks from `left` and prepares those that are mapped, up to the first that is not: that one, and whether the
/// page is uptodate. (All in one go, for nothing can come between them.)
fn prepare_mapped_blocks(
    s: &mut State,
    page: PageId,
    range: (u32, u32),
    left: &mut u8,
    reads: &mut u8,
) -> Option<(u32, bool)> {
    while *left != 0 {
        let block = left.trailing_zeros();
        *left &= *left - 1;
        s.set_block(page, block, BlockFlag::New, false);
        let uptodate = s.page(page).has(PageFlag::Uptodate);
        if !s.test_block(page, block, BlockFlag::Mapped) {
            return Some((block, uptodate));
        }
        if let Prepared::NeedsRead = judge_block(s, page, block, range, uptodate) {
            *reads |= 1 << block;
        }
    }
    None
}

fn prepare_unmapped_block(
    s: &mut State,
    file: FileId,
    page: PageId,
    block: u32,
    range: (u32, u32),
    uptodate: bool,
    keeps_new: bool,
) -> Result<Prepared, Errno> {
    if let Some(logical) = s.logical(page, block) {
        let (mapping, new) = s.get_block_of_filesystem(file, logical, true)?;
        s.map_buffer(page, block, mapping, new);
        if new {
            prepare_fresh_block(s, page, block, range, uptodate, keeps_new);
            return Ok(Prepared::Ready);
        }
    } else {
        s.oops("prepared a page that has left the cache");
    }
    Ok(judge_block(s, page, block, range, uptodate))
}

/// Whether a block that was there before has to be read: only if it is covered in part and not known.
fn judge_block(s: &mut State, page: PageId, block: u32, (from, to): (u32, u32), uptodate: bool) -> Prepared {
    if uptodate {
        s.set_block(page, block, BlockFlag::Uptodate, true);
        return Prepared::Ready;
    }
    let (start, end) = s.block_range(block);
    let partial = start < from || end > to;
    let known = s.test_block(page, block, BlockFlag::Uptodate) || s.test_block(page, block, BlockFlag::Delay);
    if partial && !known { Prepared::NeedsRead } else { Prepared::Ready }
}

fn prepare_fresh_block(
    s: &mut State,
    page: PageId,
    block: u32,
    (from, to): (u32, u32),
    uptodate: bool,
    keeps_new: bool,
) {
    let (start, end) = s.block_range(block);
    if uptodate {
        s.set_block(page, block, BlockFlag::Uptodate, true);
        if keeps_new {
            s.set_block(page, block, BlockFlag::New, false);
            s.mark_buffers_dirty(page, 1 << block);
        }
        return;
    }
    s.clear(page, to.max(start), end, ZeroSite::PrepareEdge);
    s.clear(page, start, from.min(end), ZeroSite::PrepareEdge);
}

/// `generic_commit_write`: the blocks, then the size.
pub(super) async fn generic_commit_write(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    range: Committed,
) -> Result<u32, AopError> {
    if range.is_short() {
        return commit_short_copy(k, file, page, range).await;
    }
    let index = k.with(|s| {
        let Some((_, index)) = s.page(page).mapping else {
            s.oops("committed a page that has left the cache");
            return 0;
        };
        s.attach_buffers(page);
        commit_blocks(s, page, range.from, range.to, false);
        index
    });
    k.preempt().await;
    k.with(|s| {
        let end = index * s.geometry.page + range.to;
        if end > s.size(file) {
            s.set_size(file, end);
        }
    });
    Ok(0)
}

/// `block_write_end`: a short copy into a page that is not uptodate counts as nothing, and only fresh blocks are
/// cleared.
pub(super) async fn block_write_end(k: &Kernel<'_>, page: PageId, pos: u32, len: u32, copied: u32) -> u32 {
    let accepted = k.with(|s| {
        let start = pos % s.geometry.page;
        if copied < len && s.mended(Defect::RejectedCopyStays) {
            return commit_prefix(s, page, Committed { from: start, to: start + len, copied });
        }
        let mut copied = copied;
        if copied < len {
            if !s.test(page, PageFlag::Uptodate) {
                copied = 0;
            }
            zero_new_buffers(s, page, start + copied, start + len, ZeroSite::FreshBlock);
        }
        commit_blocks(s, page, start, start + copied, true);
        copied
    });
    k.preempt().await;
    accepted
}

/// `->truncate`: `block_truncate_page` clears the rest of the last block, then the blocks past it are freed.
pub(super) async fn truncate_blocks(k: &Kernel<'_>, file: FileId, size: u32) {
    let block_size = k.with(|s| s.geometry.block);
    if !size.is_multiple_of(block_size) {
        block_truncate_page(k, file, size).await;
    }
    k.preempt().await;
    k.with(|s| s.free_blocks(file, size.div_ceil(block_size), u32::MAX));
}

async fn block_truncate_page(k: &Kernel<'_>, file: FileId, size: u32) {
    let page_size = k.with(|s| s.geometry.page);
    let page = k.grab_cache_page_nofail(file, size / page_size).await;
    truncate_locked_page(k, file, page, size).await;
    k.unlock_page(page);
    k.put_page(page);
}

/// The part of it with the page locked.
pub(super) async fn truncate_locked_page(k: &Kernel<'_>, file: FileId, page: PageId, size: u32) {
    let (page_size, block_size) = k.with(|s| (s.geometry.page, s.geometry.block));
    let (index, offset) = (size / page_size, size % page_size);
    let block = offset / block_size;
    let mapped = k.with(|s| {
        s.attach_buffers(page);
        if !s.test_block(page, block, BlockFlag::Mapped) {
            let logical = index * s.blocks_per_page() + block;
            let mapping = s.get_block_of_filesystem(file, logical, false).map_or(Mapping::Hole, |(mapping, _)| mapping);
            s.map_buffer(page, block, mapping, false);
        }
        if s.page(page).has(PageFlag::Uptodate) {
            s.set_block(page, block, BlockFlag::Uptodate, true);
        }
        s.test_block(page, block, BlockFlag::Mapped)
    });
    if mapped {
        let known =
            k.with(|s| s.test_block(page, block, BlockFlag::Uptodate) || s.test_block(page, block, BlockFlag::Delay));
        let read = if known { Ok(()) } else { read_buffers(k, page, 1 << block).await };
        if read.is_ok() {
            k.with(|s| {
                s.clear(page, offset, (block + 1) * block_size, ZeroSite::TruncateTail);
                s.mark_buffers_dirty(page, 1 << block);
            });
        }
    }
}
