//! Buffers: reading and writing whole pages, as `fs/buffer.c` does for `->readpage` and `->writepage`.

use crate::disk::RequestKind;
use crate::inode::Mapping;
use crate::kernel::Kernel;
use crate::names::{BlockFlag, LockKey, PageFlag, PageId};
use crate::page_cache::AopError;
use crate::state::State;
use oracle::{FaultKind, FileId, ZeroSite};
use schedule::bits::bits;

/// `block_read_full_page`. A buffer that is mapped and not uptodate is read from the disk, even if its block was never
/// written.
pub(super) async fn block_read_full_page(k: &Kernel<'_>, file: FileId, page: PageId) -> Result<(), AopError> {
    k.with(|s| {
        s.attach_buffers(page);
        s.set(page, PageFlag::Error, false);
        let end_block = s.file(file).size.div_ceil(s.geometry.block);
        let missing = s.all_blocks() & !s.page(page).buffers.with(BlockFlag::Uptodate);
        let unmapped = missing & !s.page(page).buffers.with(BlockFlag::Mapped);
        let mut holes = 0_u8;
        for block in bits(u32::from(unmapped)) {
            let block = u32::from(block);
            if let Some(logical) = s.logical(page, block).filter(|logical| *logical < end_block) {
                let mapping =
                    s.get_block_of_filesystem(file, logical, false).map_or(Mapping::Hole, |(mapping, _)| mapping);
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
    s.attach_buffers_for_io(page);
    let Some(first) = s.logical(page, 0) else { return s.release(LockKey::Page(page)) };
    let inside = size.div_ceil(s.geometry.block).saturating_sub(first).min(s.blocks_per_page());
    let inside = ((1_u32 << inside) - 1) as u8;
    s.set_blocks(page, !inside, BlockFlag::Dirty, false);
    let outside = s.all_blocks() & !inside;
    s.set_blocks(page, outside, BlockFlag::Uptodate, true);
    let queued = s.page(page).buffers.with(BlockFlag::Dirty) & inside;
    let unplaced =
        queued & (!s.page(page).buffers.with(BlockFlag::Mapped) | s.page(page).buffers.with(BlockFlag::Delay));
    if !s.write_blocks(file, page, first, queued, unplaced)
        && s.page(page).buffers.with(BlockFlag::Uptodate) == s.all_blocks()
    {
        s.set(page, PageFlag::Uptodate, true);
    }
    s.release(LockKey::Page(page));
}

impl State {
    /// Buffers for a page whose dirty flag was just cleared: if it has none, all of it was dirty.
    pub(super) fn attach_buffers_for_io(&mut self, page: PageId) {
        if !self.page(page).has(PageFlag::Private) {
            self.set(page, PageFlag::Dirty, true);
            self.attach_buffers(page);
            self.set(page, PageFlag::Dirty, false);
        }
    }

    /// Finds or allocates a place on the disk for the blocks of `unplaced`, and sends those of `queued` there. `first`
    /// is the first block of the page. False if there was nothing to send.
    pub(super) fn write_blocks(&mut self, file: FileId, page: PageId, first: u32, queued: u8, unplaced: u8) -> bool {
        let mut queued = queued;
        for block in bits(u32::from(unplaced)) {
            let logical = first + u32::from(block);
            let placed = if self.filesystem == case::Filesystem::Extent {
                self.allocate_extent_block(file, logical)
            } else {
                self.get_block(file, logical, true).map(|(mapping, _)| mapping)
            };
            if let Ok(Mapping::At(number) | Mapping::Unwritten(number)) = placed {
                self.map_buffer(page, u32::from(block), Mapping::At(number), false);
                self.set_block(page, u32::from(block), BlockFlag::Delay, false);
            } else {
                // What cannot be given a block is lost, as after a write error.
                let operation = self.current_operation();
                self.blame(operation, FaultKind::WriteError);
                self.note_failure(FaultKind::WriteError, page, 1 << block, operation);
                self.set_write_failed(page);
                self.set(page, PageFlag::Error, true);
                self.set_block(page, u32::from(block), BlockFlag::Dirty, false);
                queued &= !(1 << block);
            }
        }
        self.set_blocks(page, queued, BlockFlag::Dirty, false);
        if queued != 0 {
            self.set(page, PageFlag::Writeback, true);
            self.recheck_waiters(LockKey::Writeback(page));
            self.submit(RequestKind::Write, page, queued);
        }
        queued != 0
    }
}
