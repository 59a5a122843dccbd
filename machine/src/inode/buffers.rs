//! The buffers of a page: attached, mapped to blocks, dirtied, and released.

use super::{Inodes, Mapping};
use crate::names::{BlockFlag, PageFlag, PageId};
use crate::pages::Buffers;

impl Inodes {
    /// `create_empty_buffers`, if the page has none.
    pub(crate) fn attach_buffers(&mut self, page: PageId) {
        if self.page(page).has(PageFlag::Private) {
            return;
        }
        let (uptodate, dirty) = (self.page(page).has(PageFlag::Uptodate), self.page(page).has(PageFlag::Dirty));
        self.set(page, PageFlag::Private, true);
        let all = self.all_blocks();
        let buffers = &mut self.page_mut(page).buffers;
        *buffers = Buffers::default();
        buffers.put(BlockFlag::Uptodate, all, uptodate);
        buffers.put(BlockFlag::Dirty, all, dirty);
    }

    /// `try_to_free_buffers`: false if one is dirty or under I/O.
    pub(crate) fn release_buffers(&mut self, page: PageId) -> bool {
        if !self.page(page).has(PageFlag::Private) {
            return true;
        }
        let buffers = &self.page(page).buffers;
        let busy = buffers.with(BlockFlag::Dirty) | buffers.with(BlockFlag::Locked) != 0;
        if !busy {
            self.set(page, PageFlag::Private, false);
        }
        !busy
    }

    /// `block_invalidatepage`: forgets what the buffers from `offset` on were mapped to.
    pub(crate) fn invalidate_buffers(&mut self, page: PageId, offset: u32) {
        if !self.page(page).has(PageFlag::Private) {
            return;
        }
        let first = offset.div_ceil(self.geometry.block);
        let blocks = self.all_blocks() & (u32::MAX << first) as u8;
        for flag in [BlockFlag::Dirty, BlockFlag::Mapped, BlockFlag::New, BlockFlag::Delay] {
            self.set_blocks(page, blocks, flag, false);
        }
        if offset == 0 {
            self.release_buffers(page);
        }
    }

    /// `mark_buffer_dirty`, of the blocks of a mask.
    pub(crate) fn mark_buffers_dirty(&mut self, page: PageId, blocks: u8) {
        if blocks != 0 {
            self.set_blocks(page, blocks, BlockFlag::Dirty, true);
            self.set(page, PageFlag::Dirty, true);
        }
    }

    /// The block of the file that a buffer of a page is; `None` if the page has left the cache.
    pub(crate) fn logical(&self, page: PageId, block: u32) -> Option<u32> {
        self.page(page).mapping.map(|(_, index)| index * self.blocks_per_page() + block)
    }

    /// Keeps in a buffer where its block is.
    pub(crate) fn map_buffer(&mut self, page: PageId, block: u32, mapping: Mapping, new: bool) {
        if mapping == Mapping::Hole {
            return;
        }
        if let Mapping::At(number) | Mapping::Unwritten(number) = mapping {
            self.page_mut(page).buffers.numbers[block as usize] = number;
        }
        self.set_block(page, block, BlockFlag::Mapped, true);
        if new {
            self.set_block(page, block, BlockFlag::New, true);
        }
        if !matches!(mapping, Mapping::At(_)) {
            self.set_block(page, block, BlockFlag::Delay, true);
        }
        if mapping == Mapping::Delayed {
            // There is nothing to read, so it counts as known.
            self.set_block(page, block, BlockFlag::Uptodate, true);
        }
    }
}
