//! `fs/iomap/buffered-io.c` over xfs: a mapping of an extent, and folios that are written under it. (A folio is a page
//! here.)
//!
//! The mapping is given out once and used for as many folios as it covers. Meanwhile writeback can allocate and convert
//! what it covers, and so each says which state of the extents it is of.

use crate::defect::Defect;
use crate::inode::Mapping;
use crate::kernel::Kernel;
use crate::names::{BlockFlag, PageFlag, PageId, Site};
use crate::state::State;
use oracle::{Errno, FileId, ZeroSite};
use schedule::bits::bits;

/// A mapping of part of a file, as `->iomap_begin` gave it out: true then, perhaps no longer.
#[derive(Clone, Copy, Debug)]
pub struct Iomap {
    /// What the first block is: the others are the same, one after the other on the disk.
    mapping: Mapping,
    /// The first block.
    first: u32,
    /// Where it ends, in cells of the file.
    end: u32,
    /// `IOMAP_F_NEW`: it was reserved for this write.
    new: bool,
    /// The state of the extents that it is of.
    validity_cookie: u32,
    /// `IOMAP_F_STALE`: somebody found that it is out of date.
    stale: bool,
}

impl Iomap {
    /// Where it ends, in cells of the file.
    #[must_use]
    pub const fn end(&self) -> u32 {
        self.end
    }

    /// `IOMAP_F_STALE`: it was found to be out of date.
    #[must_use]
    pub const fn is_stale(&self) -> bool {
        self.stale
    }

    /// Where a block is, if the first is where the mapping says.
    const fn address_of(&self, logical: u32) -> Option<u16> {
        match self.mapping {
            Mapping::At(number) => Some(number + (logical - self.first) as u16),
            _ => None,
        }
    }
}

/// Whether a mapping is looked at again once the folio is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// As until 6.1: it is believed.
    Trusted,
    /// As since 6.2, `->iomap_valid`: it is compared with the state of the extents.
    Checked,
}

impl State {
    /// Accepts as much of a short copy as needs no read: a block that is not uptodate counts only if all of it was
    /// copied.
    fn accept_prefix(&mut self, page: PageId, from: u32, copied: u32) -> u32 {
        let (end, block_size) = (from + copied, self.geometry.block);
        let known = end.is_multiple_of(block_size)
            || self.test(page, PageFlag::Uptodate)
            || self.test_block(page, end / block_size, BlockFlag::Uptodate);
        let accepted = if known { copied } else { (end / block_size * block_size).saturating_sub(from) };
        if accepted > 0 {
            self.attach_buffers(page);
            let blocks = self.blocks_overlapping(from, from + accepted);
            self.set_range_uptodate(page, blocks);
            self.set_blocks(page, blocks, BlockFlag::Dirty, true);
            self.set(page, PageFlag::Dirty, true);
        }
        accepted
    }

    /// The end of the run of blocks that go on as `first` begins.
    fn end_of_extent(&mut self, file: FileId, mapping: Mapping, first: u32, limit: u32) -> u32 {
        let goes_on = |s: &mut Self, logical: u32| {
            let distance = (logical - first) as u16;
            s.look_up_extent(file, logical)
                == match mapping {
                    Mapping::At(number) => Mapping::At(number + distance),
                    Mapping::Unwritten(number) => Mapping::Unwritten(number + distance),
                    other => other,
                }
        };
        let mut end = first + 1;
        while end < limit && goes_on(self, end) {
            end += 1;
        }
        end
    }

    /// `xfs_buffered_write_iomap_begin`: the extent at `pos`, up to the end of the write; a hole is reserved.
    fn buffered_write_iomap_begin(&mut self, file: FileId, pos: u32, len: u32) -> Result<Iomap, Errno> {
        let block_size = self.geometry.block;
        let (first, limit) = (pos / block_size, (pos + len).div_ceil(block_size));
        let mut mapping = self.look_up_extent(file, first);
        let end = self.end_of_extent(file, mapping, first, limit);
        let new = mapping == Mapping::Hole;
        if new {
            self.reserve_extents(file, first, end)?;
            mapping = Mapping::Delayed;
        }
        let validity_cookie = self.file(file).extent_sequence;
        let end = (end * block_size).min(pos + len);
        Ok(Iomap { mapping, first, end, new, validity_cookie, stale: false })
    }

    /// `iomap_adjust_read_range`: the next blocks in `[block, end)` of a page that are not uptodate; those past the end
    /// of the file come apart from those inside.
    fn adjust_read_range(&mut self, file: FileId, page: PageId, block: u32, end: u32) -> Option<(u32, u32)> {
        let (page_size, block_size, size) = (self.geometry.page, self.geometry.block, self.size(file));
        let start = self.page(page).mapping?.1 * page_size;
        let missing = |s: &Self, block: u32| !s.test_block(page, block, BlockFlag::Uptodate);
        let first = (block..end).find(|block| missing(self, *block))?;
        let mut stop = (first..end).find(|block| !missing(self, *block)).unwrap_or(end);
        if size > 0 && start + block * block_size <= size && start + end * block_size > size {
            let last_inside = (size - 1) % page_size / block_size;
            if first <= last_inside {
                stop = stop.min(last_inside + 1);
            }
        }
        Some((first, stop))
    }
}

impl Kernel<'_> {
    /// `->iomap_begin` for a write of `len` at `pos`.
    ///
    /// # Errors
    /// `ENOSPC` if a hole could not be reserved.
    pub async fn iomap_begin(&self, file: FileId, pos: u32, len: u32) -> Result<Iomap, Errno> {
        self.preempt().await;
        self.with(|s| s.buffered_write_iomap_begin(file, pos, len))
    }

    /// `iomap_write_begin`: the folio at `pos`, locked, with a reference, and prepared for `len` cells; `None` if the
    /// mapping turned out to be stale.
    ///
    /// # Errors
    /// Nothing is held then.
    pub async fn iomap_write_begin(
        &self,
        file: FileId,
        iomap: &mut Iomap,
        pos: u32,
        len: u32,
        validity: Validity,
    ) -> Result<Option<PageId>, Errno> {
        if self.fatal_signal_pending() {
            return Err(Errno::EINTR);
        }
        self.with(|s| s.counters.prepare_calls += 1);
        let page = self.grab_cache_page(file, pos / self.page_size(), None).await?;
        // Only with the folio locked is it sure that writeback changes nothing any more, and reclaim did not take the
        // folio since.
        if validity == Validity::Checked {
            iomap.stale = self.with(|s| {
                s.look_up_extent(file, iomap.first);
                s.file(file).extent_sequence != iomap.validity_cookie
            });
        }
        let prepared = if iomap.stale { Ok(()) } else { self.prepare_folio(file, iomap, page, pos, len).await };
        if iomap.stale || prepared.is_err() {
            self.unlock_page(page);
            self.put_page(page);
            self.iomap_write_failed(file, pos, len).await;
            return prepared.map(|()| None);
        }
        self.with(|s| s.begin_prepared(page));
        Ok(Some(page))
    }

    /// `__iomap_write_begin`: what the write covers only in part and is not uptodate is cleared or read, as the mapping
    /// says. It counts as uptodate from then on, the part that is still to be copied included.
    async fn prepare_folio(&self, file: FileId, iomap: &Iomap, page: PageId, pos: u32, len: u32) -> Result<(), Errno> {
        if self.is_uptodate(page) {
            return Ok(());
        }
        let (page_size, block_size) = self.with(|s| {
            s.attach_buffers(page);
            (s.geometry.page, s.geometry.block)
        });
        let (start, from) = (pos - pos % page_size, pos % page_size);
        let to = from + len;
        let (mut block, end) = (from / block_size, to.div_ceil(block_size));
        while let Some((first, stop)) = self.with(|s| s.adjust_read_range(file, page, block, end)) {
            block = stop;
            let (range_start, range_end) = (first * block_size, stop * block_size);
            if from <= range_start && to >= range_end {
                continue;
            }
            let blocks = self.with(|s| s.blocks_overlapping(range_start, range_end));
            // iomap_block_needs_zeroing
            let is_mapped = matches!(iomap.mapping, Mapping::At(_)) && !iomap.new;
            if !is_mapped || start + range_start >= self.size(file) {
                self.with(|s| {
                    if s.mended(Defect::IomapIsHeldBack) {
                        return s.clear(page, range_start, range_end, ZeroSite::PrepareEdge);
                    }
                    s.clear(page, range_start, from, ZeroSite::PrepareEdge);
                    s.clear(page, to, range_end, ZeroSite::PrepareEdge);
                });
            } else {
                self.read_folio_sync(iomap, page, start / block_size, blocks).await?;
            }
            self.with(|s| s.set_range_uptodate(page, blocks));
        }
        Ok(())
    }

    /// `iomap_read_folio_sync`: from where the mapping says that the blocks are.
    async fn read_folio_sync(&self, iomap: &Iomap, page: PageId, first: u32, blocks: u8) -> Result<(), Errno> {
        self.with(|s| {
            for block in bits(u32::from(blocks)) {
                if let Some(number) = iomap.address_of(first + u32::from(block)) {
                    s.page_mut(page).buffers.numbers[usize::from(block)] = number;
                }
            }
        });
        crate::filesystem::blocks::read_buffers(self, page, blocks).await
    }

    /// `iomap_write_end`: says how many of the cells copied it accepts; raises the size with the folio locked; unlocks
    /// and releases it.
    pub async fn iomap_write_end(&self, file: FileId, page: PageId, pos: u32, len: u32, copied: u32) -> u32 {
        self.preempt().await;
        let from = pos % self.page_size();
        let accepted = self.with(|s| {
            s.counters.commit_calls += 1;
            s.end_prepared(page);
            // Of a block that is not uptodate a read could come and destroy what was written of it.
            if copied < len && s.mended(Defect::IomapRejectedCopyStays) {
                return s.accept_prefix(page, from, copied);
            }
            if copied < len && !s.test(page, PageFlag::Uptodate) {
                return 0;
            }
            s.attach_buffers(page);
            let (prepared, written) =
                (s.blocks_overlapping(from, from + len), s.blocks_overlapping(from, from + copied));
            s.set_range_uptodate(page, prepared);
            s.set_blocks(page, written, BlockFlag::Dirty, true);
            s.set(page, PageFlag::Dirty, true);
            copied
        });
        self.preempt().await;
        self.with(|s| {
            let nothing = accepted == 0 && s.mended(Defect::IomapSizeRaisedForNothing);
            if !nothing && pos + accepted > s.size(file) {
                s.set_size(file, pos + accepted);
            }
        });
        self.unlock_page(page);
        self.put_page(page);
        if accepted < len {
            self.iomap_write_failed(file, pos + accepted, len - accepted).await;
        }
        accepted
    }

    /// `iomap_write_failed`: what a write left past the end of the file goes from the cache.
    async fn iomap_write_failed(&self, file: FileId, pos: u32, len: u32) {
        let (page_size, size, end) = (self.page_size(), self.size(file), pos + len);
        let start = pos.max(size);
        if start >= end {
            return;
        }
        let index = start / page_size;
        let Some(page) = self.find_lock_page(file, index, Site::TruncatePage).await else { return };
        self.wait_on_writeback(page).await;
        self.with(|s| {
            if start.is_multiple_of(page_size) && end.is_multiple_of(page_size) {
                s.file_mut(file).truncate_count += 1;
                s.unmap_mapping_range(file, index, index + 1, false);
                s.truncate_complete_page(file, page);
            } else {
                s.clear(page, start % page_size, (end - 1) % page_size + 1, ZeroSite::ErrorPath);
            }
        });
        self.unlock_page(page);
        self.put_page(page);
    }

    /// `->iomap_end` after a write of `written` at `pos`: what the mapping reserved and the write did not reach is a
    /// hole again, but for what somebody else has made dirty (`iomap_write_delalloc_release`).
    pub async fn iomap_end(&self, file: FileId, iomap: &Iomap, pos: u32, written: u32) {
        if !iomap.new {
            return;
        }
        let (page_size, block_size) = self.with(|s| (s.geometry.page, s.geometry.block));
        let end = iomap.end.div_ceil(block_size);
        let mut first = if written == 0 { pos / block_size } else { (pos + written).div_ceil(block_size) };
        while first < end {
            let index = first * block_size / page_size;
            let next = ((index + 1) * (page_size / block_size)).min(end);
            let inside = first * block_size < self.size(file);
            let page = if inside { self.find_lock_page(file, index, Site::PunchPage).await } else { None };
            self.preempt().await;
            self.with(|s| {
                if page.is_none_or(|page| !s.test(page, PageFlag::Dirty)) {
                    s.punch_delayed(file, first, next);
                }
            });
            if let Some(page) = page {
                self.unlock_page(page);
                self.put_page(page);
            }
            first = next;
        }
    }
}
