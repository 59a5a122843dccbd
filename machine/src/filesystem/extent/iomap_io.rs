//! `iomap_read_folio` and `iomap_writepage`: whole pages by what their blocks are now. (A folio is a page here.)

use crate::disk::RequestKind;
use crate::inode::Mapping;
use crate::kernel::Kernel;
use crate::names::{BlockFlag, LockKey, PageFlag, PageId};
use crate::state::State;
use oracle::{FileId, ZeroSite};
use schedule::bits::bits;

impl State {
    /// `iomap_set_range_uptodate`: the blocks of a mask, and the page once all of its are.
    pub(super) fn set_range_uptodate(&mut self, page: PageId, blocks: u8) {
        self.set_blocks(page, blocks, BlockFlag::Uptodate, true);
        if self.page(page).buffers.with(BlockFlag::Uptodate) == self.all_blocks() {
            self.set(page, PageFlag::Uptodate, true);
        }
    }
}

/// `iomap_read_folio`: reads the blocks that are written and inside the file; the others are zeroes. What is uptodate
/// stays.
pub(super) fn iomap_readpage(k: &Kernel<'_>, file: FileId, page: PageId) {
    k.with(|s| {
        s.attach_buffers(page);
        s.set(page, PageFlag::Error, false);
        let size = s.size(file);
        let missing = s.all_blocks() & !s.page(page).buffers.with(BlockFlag::Uptodate);
        let mut queued = 0_u8;
        for block in bits(u32::from(missing)) {
            let (start, end) = s.block_range(u32::from(block));
            let Some(logical) = s.logical(page, u32::from(block)) else { continue };
            let site = match s.look_up_extent(file, logical) {
                Mapping::At(number) if logical * s.geometry.block < size => {
                    s.page_mut(page).buffers.numbers[usize::from(block)] = number;
                    queued |= 1 << block;
                    continue;
                }
                Mapping::At(_) => ZeroSite::EndOfFile,
                Mapping::Unwritten(_) => ZeroSite::UnwrittenExtent,
                Mapping::Delayed | Mapping::Hole => ZeroSite::ReadHole,
            };
            s.clear(page, start, end, site);
        }
        s.set_range_uptodate(page, missing & !queued);
        if queued == 0 {
            s.release(LockKey::Page(page));
        } else {
            s.submit(RequestKind::ReadPage, page, queued);
            s.hand_page_lock_to_disk(page);
        }
    });
}

/// `iomap_writepage`: of a locked page whose dirty flag was just cleared; it comes back unlocked.
pub(super) async fn iomap_writepage(k: &Kernel<'_>, file: FileId, page: PageId) {
    k.preempt().await;
    k.with(|s| {
        let Some(first) = s.logical(page, 0) else { return s.release(LockKey::Page(page)) };
        let (page_size, block_size, size) = (s.geometry.page, s.geometry.block, s.size(file));
        let start = first * block_size;
        if start < size {
            if start + page_size > size {
                s.clear(page, size % page_size, page_size, ZeroSite::EndOfFile);
            }
            s.attach_buffers_for_io(page);
            let buffers = &s.page(page).buffers;
            let inside = s.blocks_overlapping(0, (size - start).min(page_size));
            let queued = buffers.with(BlockFlag::Dirty) & buffers.with(BlockFlag::Uptodate) & inside;
            s.set_blocks(page, !inside, BlockFlag::Dirty, false);
            // Where a block is is looked up anew each time.
            s.write_blocks(file, page, first, queued, queued);
        }
        s.release(LockKey::Page(page));
    });
}
