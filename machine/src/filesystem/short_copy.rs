//! What a mended write commits of a page with buffers after a short copy, as later kernels do it by `write_end`: as
//! much as was copied and can be known, with nothing left behind of the rest.

use super::Committed;
use super::blocks::{commit_blocks, read_buffers, zero_new_buffers};
use crate::defect::Defect;
use crate::kernel::Kernel;
use crate::names::{BlockFlag, PageFlag, PageId};
use crate::page_cache::AopError;
use crate::state::State;
use oracle::{Errno, FileId, ZeroSite};
use schedule::bits::bits;

/// What a mended write commits after a short copy: all that was copied. What the write would have covered of a block
/// and did not is read first, unless the block is fresh or uptodate.
pub(super) async fn commit_short_copy(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    range: Committed,
) -> Result<u32, AopError> {
    let (fresh, missing) = k.with(|s| {
        s.attach_buffers(page);
        let fresh = s.take_fresh();
        s.set_blocks(page, fresh, BlockFlag::New, true);
        let end = range.from + range.copied;
        (fresh, (range.copied > 0 && !is_known_at(s, page, end)).then_some(end / s.geometry.block))
    });
    if let Some(block) = missing {
        read_around_copy(k, page, block, range).await;
    }
    let (index, accepted) = k.with(|s| {
        let Some((_, index)) = s.page(page).mapping else {
            s.oops("committed a page that has left the cache");
            return (0, 0);
        };
        let accepted = commit_prefix(s, page, range);
        let accepted_to = if accepted > 0 { range.from + accepted } else { 0 };
        give_back_past_the_end(s, file, page, index, accepted_to, fresh);
        (index, accepted)
    });
    k.preempt().await;
    k.with(|s| {
        let end = index * s.geometry.page + range.from + accepted;
        if accepted > 0 && end > s.size(file) {
            s.set_size(file, end);
        }
    });
    if accepted == 0 && range.copied > 0 { Err(AopError::Failed(Errno::EIO)) } else { Ok(accepted) }
}

/// What a mended commit does where the filesystem fails before its own steps: what was copied goes again, and so do the
/// blocks that were allocated for it.
pub(super) async fn undo_failed_commit(k: &Kernel<'_>, file: FileId, page: PageId, range: Committed) {
    if !k.mended(Defect::FailedCommitStays) {
        return;
    }
    k.with(|s| {
        s.put_back(page, range.from, range.to);
        s.dirty_what_was_put_back(page, range.from, range.to);
    });
    // A commit of nothing cannot fail.
    let _ = commit_short_copy(k, file, page, Committed { copied: 0, ..range }).await;
}

/// Frees those of the blocks that were only just allocated which lie past the end of the file, before anybody can take
/// them for content.
pub(super) fn give_back_past_the_end(
    s: &mut State,
    file: FileId,
    page: PageId,
    index: u32,
    accepted_to: u32,
    fresh: u8,
) {
    let (page_start, block_size) = (index * s.geometry.page, s.geometry.block);
    let size = s.file(file).size.max(if accepted_to > 0 { page_start + accepted_to } else { 0 });
    let end = size.div_ceil(block_size).saturating_sub(page_start / block_size);
    let past = fresh & s.all_blocks() & u8::MAX.checked_shl(end).unwrap_or(0);
    if past == 0 {
        return;
    }
    let first = page_start / block_size;
    for block in bits(u32::from(past)) {
        s.free_blocks(file, first + u32::from(block), first + u32::from(block) + 1);
    }
    s.frontier_goes_back(file, (first + past.trailing_zeros()) * block_size);
    for flag in [BlockFlag::Mapped, BlockFlag::New, BlockFlag::Dirty, BlockFlag::Delay] {
        s.set_blocks(page, past, flag, false);
    }
}

/// Reads a block that the copy has filled in part, and keeps what was copied.
async fn read_around_copy(k: &Kernel<'_>, page: PageId, block: u32, range: Committed) {
    let (start, _) = k.with(|s| s.block_range(block));
    let (from, to) = (range.from.max(start), range.from + range.copied);
    let copied = k.with(|s| s.cells_of_mut(page)[from as usize..to as usize].to_vec());
    if read_buffers(k, page, 1 << block).await.is_ok() {
        k.with(|s| s.cells_of_mut(page)[from as usize..to as usize].copy_from_slice(&copied));
    }
}

/// Whether what lies past a place inside a block is known: it is at the block's end, or the block is uptodate or fresh.
fn is_known_at(s: &mut State, page: PageId, at: u32) -> bool {
    let block = at / s.geometry.block;
    at.is_multiple_of(s.geometry.block)
        || s.test(page, PageFlag::Uptodate)
        || s.test_block(page, block, BlockFlag::Uptodate)
        || s.test_block(page, block, BlockFlag::New)
}

/// Commits as much of a short copy as needs no read: a block that is neither fresh nor uptodate counts only if all of
/// it was copied.
pub(super) fn commit_prefix(s: &mut State, page: PageId, Committed { from, to, copied }: Committed) -> u32 {
    let (end, block_size) = (from + copied, s.geometry.block);
    let known = is_known_at(s, page, end);
    let accepted = if known { copied } else { (end / block_size * block_size).saturating_sub(from) };
    zero_new_buffers(s, page, end, to, ZeroSite::FreshBlock);
    commit_blocks(s, page, from, from + accepted, true);
    accepted
}

impl State {
    /// What was put back is newer than the disk, where writeback came by meanwhile.
    pub(super) fn dirty_what_was_put_back(&mut self, page: PageId, from: u32, to: u32) {
        if self.page(page).has(PageFlag::Private) {
            let known = self.page(page).buffers.with(BlockFlag::Uptodate) & self.blocks_overlapping(from, to);
            self.mark_buffers_dirty(page, known);
        } else if self.page(page).has(PageFlag::Uptodate) {
            self.set_page_dirty(page);
        }
    }
}
