//! Buffers: reading and writing whole pages, as `fs/buffer.c` does for `->readpage` and `->writepage`.

use super::AopError;
use crate::disk::{Mapping, RequestKind};
use crate::kernel::Kernel;
use crate::lock::LockKey;
use crate::memory::PageId;
use crate::state::State;
use crate::trace::{BlockFlag, PageFlag};
use oracle::{FaultKind, FileId, ZeroSite};

/// `block_read_full_page`. A buffer that is mapped and not uptodate is read from the disk, even if its block was never written.
pub(super) async fn block_read_full_page(k: &Kernel<'_>, file: FileId, page: PageId) -> Result<(), AopError> {
    k.with(|s| {
        s.attach_buffers(page);
        s.set(page, PageFlag::Error, false);
        let end_block = s.file(file).size.div_ceil(s.geometry.block);
        let missing = s.all_blocks() & !s.page(page).buffers.with(BlockFlag::Uptodate);
        let unmapped = missing & !s.page(page).buffers.with(BlockFlag::Mapped);
        let mut holes = 0_u8;
        for block in crate::lock::bits(u32::from(unmapped)) {
            let block = u32::from(block);
            if let Some(logical) = s.logical(page, block).filter(|logical| *logical < end_block) {
                let mapping = s.get_block(file, logical, false).map_or(Mapping::Hole, |(mapping, _)| mapping);
                s.map_buffer(page, block, mapping, false);
            }
            if !s.test_block(page, block, BlockFlag::Mapped) {
                let (start, end) = s.block_range(block);
                s.clear(page, start, end, ZeroSite::ReadHole);
                holes |= 1 << block;
            }
        }
        s.set_blocks(page, holes, BlockFlag::Uptodate, true);
        let queued = missing & !holes;
        if unmapped == 0 {
            s.set(page, PageFlag::MappedToDisk, true);
        }
        if queued == 0 {
            s.set(page, PageFlag::Uptodate, true);
            s.release(LockKey::Page(page));
        } else {
            s.submit(RequestKind::ReadPage, page, queued);
            s.hand_page_lock_to_disk(page);
        }
    });
    Ok(())
}

/// `block_write_full_page`: of a locked page whose dirty flag was just cleared; it comes back unlocked.
pub(super) async fn block_write_full_page(k: &Kernel<'_>, file: FileId, page: PageId) {
    k.preempt().await;
    k.with(|s| {
        let Some((_, index)) = s.page(page).mapping else {
            return s.release(LockKey::Page(page));
        };
        let (page_size, size) = (s.geometry.page, s.size(file));
        if index * page_size >= size {
            s.invalidate_buffers(page, 0);
            return s.release(LockKey::Page(page));
        }
        if (index + 1) * page_size > size {
            s.clear(page, size % page_size, page_size, ZeroSite::EndOfFile);
        }
        write_dirty_blocks(s, file, page, size);
    });
}

pub(super) fn write_dirty_blocks(s: &mut State, file: FileId, page: PageId, size: u32) {
    if !s.page(page).has(PageFlag::Private) {
        s.set(page, PageFlag::Dirty, true);
        s.attach_buffers(page);
        s.set(page, PageFlag::Dirty, false);
    }
    let Some(first) = s.logical(page, 0) else { return s.release(LockKey::Page(page)) };
    let inside = size.div_ceil(s.geometry.block).saturating_sub(first).min(s.blocks_per_page());
    let inside = ((1_u32 << inside) - 1) as u8;
    s.set_blocks(page, !inside, BlockFlag::Dirty, false);
    s.set_blocks(page, s.all_blocks() & !inside, BlockFlag::Uptodate, true);
    let mut queued = s.page(page).buffers.with(BlockFlag::Dirty) & inside;
    for block in crate::lock::bits(u32::from(queued & !s.page(page).buffers.with(BlockFlag::Mapped))) {
        match s.get_block(file, first + u32::from(block), true) {
            Ok((mapping, _)) => s.map_buffer(page, u32::from(block), mapping, false),
            Err(_) => {
                // What cannot be given a block is lost, as after a write error.
                let operation = s.current_operation();
                s.blame(operation, FaultKind::WriteError);
                s.set(page, PageFlag::Error, true);
                s.set_block(page, u32::from(block), BlockFlag::Dirty, false);
                queued &= !(1 << block);
            }
        }
    }
    s.set_blocks(page, queued, BlockFlag::Dirty, false);
    if queued != 0 {
        s.set(page, PageFlag::Writeback, true);
        s.rejudge_waiters(LockKey::Writeback(page));
        s.submit(RequestKind::Write, page, queued);
    } else if s.page(page).buffers.with(BlockFlag::Uptodate) == s.all_blocks() {
        s.set(page, PageFlag::Uptodate, true);
    }
    s.release(LockKey::Page(page));
}
