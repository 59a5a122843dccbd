//! The blocks of a page: read, cleared where they are new, committed.

use crate::defect::Defect;
use crate::disk::RequestKind;
use crate::kernel::Kernel;
use crate::names::{BlockFlag, LockKey, Mode, PageFlag, PageId, Site};
use crate::state::State;
use oracle::{Errno, ZeroSite};
use schedule::bits::bits;

pub(super) async fn read_buffers(k: &Kernel<'_>, page: PageId, blocks: u8) -> Result<(), Errno> {
    if blocks == 0 {
        return Ok(());
    }
    k.with(|s| s.submit(RequestKind::ReadBuffers, page, blocks));
    let mut result = Ok(());
    for block in bits(u32::from(blocks)) {
        k.lock(LockKey::Buffer(page, block), Mode::Wait, Site::WaitForDisk).await;
        if !k.with(|s| s.test_block(page, u32::from(block), BlockFlag::Uptodate)) {
            result = Err(Errno::EIO);
        }
    }
    result
}

/// `page_zero_new_buffers`: fresh blocks that overlap `[from, to)` are cleared there and count as content.
pub(super) fn zero_new_buffers(s: &mut State, page: PageId, from: u32, to: u32, site: ZeroSite) {
    let fresh = s.page(page).buffers.with(BlockFlag::New) & s.blocks_overlapping(from, to);
    if fresh == 0 {
        return;
    }
    if !s.page(page).has(PageFlag::Uptodate) {
        for block in bits(u32::from(fresh)) {
            let (start, end) = s.block_range(u32::from(block));
            s.clear(page, start.max(from), end.min(to), site);
        }
        s.set_blocks(page, fresh, BlockFlag::Uptodate, true);
    }
    s.set_blocks(page, fresh, BlockFlag::New, false);
    s.mark_buffers_dirty(page, fresh);
}

/// `__block_commit_write`. A range that is empty but lies inside a block counts as overlapping that block.
pub(super) fn commit_blocks(s: &mut State, page: PageId, from: u32, to: u32, clears_new: bool) {
    let none = from == to && s.mended(Defect::EmptyCommitTakesABlock);
    let overlapping = if none { 0 } else { s.blocks_overlapping(from, to) };
    s.set_blocks(page, overlapping, BlockFlag::Uptodate, true);
    s.mark_buffers_dirty(page, overlapping);
    if clears_new {
        let all = s.all_blocks();
        s.set_blocks(page, all, BlockFlag::New, false);
    }
    if s.page(page).buffers.with(BlockFlag::Uptodate) == s.all_blocks() {
        s.set(page, PageFlag::Uptodate, true);
    }
}
