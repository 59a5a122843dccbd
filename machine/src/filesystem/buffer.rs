//! Buffers: `fs/buffer.c`'s generic operations on a page whose blocks have states of their own.

use super::AopError;
use crate::disk::{Mapping, RequestKind};
use crate::kernel::Kernel;
use crate::lock::{LockKey, Mode, Site};
use crate::memory::PageId;
use crate::state::State;
use crate::trace::{BlockFlag, PageFlag};
use oracle::{Errno, FaultKind, FileId, ZeroSite};

impl State {
    /// `create_empty_buffers`, if the page has none.
    fn attach_buffers(&mut self, page: PageId) {
        if self.page(page).has(PageFlag::Private) {
            return;
        }
        let (uptodate, dirty) = (self.page(page).has(PageFlag::Uptodate), self.page(page).has(PageFlag::Dirty));
        self.set(page, PageFlag::Private, true);
        for block in 0..self.blocks_per_page() {
            let it = &mut self.page_mut(page).blocks[block as usize];
            *it = crate::memory::Block::default();
            it.put(BlockFlag::Uptodate, uptodate);
            it.put(BlockFlag::Dirty, dirty);
        }
    }

    /// `try_to_free_buffers`: false if one is dirty or under I/O.
    pub(crate) fn release_buffers(&mut self, page: PageId) -> bool {
        if !self.page(page).has(PageFlag::Private) {
            return true;
        }
        let busy = (0..self.blocks_per_page()).any(|block| {
            self.test_block(page, block, BlockFlag::Dirty) || self.test_block(page, block, BlockFlag::Locked)
        });
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
        for block in 0..self.blocks_per_page() {
            if block * self.geometry.block >= offset {
                for flag in [BlockFlag::Dirty, BlockFlag::Mapped, BlockFlag::New, BlockFlag::Delay] {
                    self.set_block(page, block, flag, false);
                }
            }
        }
        if offset == 0 {
            self.release_buffers(page);
        }
    }

    fn mark_buffer_dirty(&mut self, page: PageId, block: u32) {
        self.set_block(page, block, BlockFlag::Dirty, true);
        self.set(page, PageFlag::Dirty, true);
    }

    fn block_range(&self, block: u32) -> (u32, u32) {
        (block * self.geometry.block, (block + 1) * self.geometry.block)
    }

    /// The block of the file that a buffer of a page is; `None` if the page has left the cache.
    fn logical(&self, page: PageId, block: u32) -> Option<u32> {
        self.page(page).mapping.map(|(_, index)| index * self.blocks_per_page() + block)
    }

    fn map_buffer(&mut self, page: PageId, block: u32, mapping: Mapping, new: bool) {
        if let Mapping::At(number) = mapping {
            self.page_mut(page).blocks[block as usize].number = number;
            self.set_block(page, block, BlockFlag::Mapped, true);
            if new {
                self.set_block(page, block, BlockFlag::New, true);
            }
        }
    }
}

/// What `__block_prepare_write` finds out about one block.
enum Prepared {
    Ready,
    NeedsRead,
}

/// `block_prepare_write` of 2.6.20: on success nobody can tell any more which blocks are fresh.
pub(super) async fn block_prepare_write(k: &Kernel, file: FileId, page: PageId, from: u32, to: u32) -> Result<(), Errno> {
    let result = prepare_blocks(k, file, page, from, to, false).await;
    k.with(|s| {
        for block in 0..s.blocks_per_page() {
            let (start, end) = s.block_range(block);
            let is_new = s.test_block(page, block, BlockFlag::New);
            if result.is_ok() {
                s.set_block(page, block, BlockFlag::New, false);
            } else if is_new && end > from && start < to {
                // Whole blocks, even where the page was uptodate before.
                s.set_block(page, block, BlockFlag::New, false);
                s.clear(page, start, end, ZeroSite::ErrorPath);
                s.set_block(page, block, BlockFlag::Uptodate, true);
                s.mark_buffer_dirty(page, block);
            }
        }
        if result.is_err() {
            s.set(page, PageFlag::Uptodate, false);
        }
    });
    result
}

/// The part of `block_write_begin` that prepares the blocks: a fresh block stays marked as new until `write_end`.
pub(super) async fn write_begin_blocks(k: &Kernel, file: FileId, page: PageId, from: u32, to: u32) -> Result<(), Errno> {
    let result = prepare_blocks(k, file, page, from, to, true).await;
    if result.is_err() {
        k.with(|s| zero_new_buffers(s, page, from, to, ZeroSite::ErrorPath));
    }
    result
}

/// `__block_prepare_write`: maps the blocks of `[from, to)`, clears around it in fresh ones, reads those that are only partly covered.
async fn prepare_blocks(
    k: &Kernel,
    file: FileId,
    page: PageId,
    from: u32,
    to: u32,
    keeps_new: bool,
) -> Result<(), Errno> {
    k.with(|s| s.attach_buffers(page));
    let blocks = k.with(|s| s.blocks_per_page());
    let mut reads = 0_u8;
    for block in 0..blocks {
        if let Prepared::NeedsRead = prepare_one_block(k, file, page, block, (from, to), keeps_new).await? {
            reads |= 1 << block;
        }
    }
    read_buffers(k, page, reads).await
}

async fn prepare_one_block(
    k: &Kernel,
    file: FileId,
    page: PageId,
    block: u32,
    (from, to): (u32, u32),
    keeps_new: bool,
) -> Result<Prepared, Errno> {
    let (start, end) = k.with(|s| s.block_range(block));
    let uptodate = k.with(|s| s.page(page).has(PageFlag::Uptodate));
    if end <= from || start >= to {
        if uptodate {
            k.with(|s| s.set_block(page, block, BlockFlag::Uptodate, true));
        }
        return Ok(Prepared::Ready);
    }
    k.with(|s| s.set_block(page, block, BlockFlag::New, false));
    if !k.with(|s| s.test_block(page, block, BlockFlag::Mapped)) {
        k.preempt().await;
        k.with(|s| {
            let Some(logical) = s.logical(page, block) else {
                s.oops("prepared a page that has left the cache");
                return Ok(());
            };
            let (mapping, new) = s.get_block(file, logical, true)?;
            s.map_buffer(page, block, mapping, new);
            Ok::<_, Errno>(())
        })?;
        if k.with(|s| s.test_block(page, block, BlockFlag::New)) {
            k.with(|s| prepare_fresh_block(s, page, block, (from, to), uptodate, keeps_new));
            return Ok(Prepared::Ready);
        }
    }
    if uptodate {
        k.with(|s| s.set_block(page, block, BlockFlag::Uptodate, true));
        return Ok(Prepared::Ready);
    }
    let partial = start < from || end > to;
    let known = k.with(|s| s.test_block(page, block, BlockFlag::Uptodate) || s.test_block(page, block, BlockFlag::Delay));
    Ok(if partial && !known { Prepared::NeedsRead } else { Prepared::Ready })
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
            s.mark_buffer_dirty(page, block);
        }
        return;
    }
    s.clear(page, to.max(start), end, ZeroSite::PrepareEdge);
    s.clear(page, start, from.min(end), ZeroSite::PrepareEdge);
}

async fn read_buffers(k: &Kernel, page: PageId, blocks: u8) -> Result<(), Errno> {
    if blocks == 0 {
        return Ok(());
    }
    k.with(|s| s.submit(RequestKind::ReadBuffers, page, blocks));
    let mut result = Ok(());
    for block in crate::lock::bits(u32::from(blocks)) {
        k.lock(LockKey::Buffer(page, block), Mode::Wait, Site::WaitForDisk).await;
        if !k.with(|s| s.test_block(page, u32::from(block), BlockFlag::Uptodate)) {
            result = Err(Errno::EIO);
        }
    }
    result
}

/// `page_zero_new_buffers`: fresh blocks that overlap `[from, to)` are cleared there and count as content.
fn zero_new_buffers(s: &mut State, page: PageId, from: u32, to: u32, site: ZeroSite) {
    for block in 0..s.blocks_per_page() {
        let (start, end) = s.block_range(block);
        if s.test_block(page, block, BlockFlag::New) && end > from && start < to {
            if !s.page(page).has(PageFlag::Uptodate) {
                s.clear(page, start.max(from), end.min(to), site);
                s.set_block(page, block, BlockFlag::Uptodate, true);
            }
            s.set_block(page, block, BlockFlag::New, false);
            s.mark_buffer_dirty(page, block);
        }
    }
}

/// `__block_commit_write`. A range that is empty but lies inside a block counts as overlapping that block.
fn commit_blocks(s: &mut State, page: PageId, from: u32, to: u32, clears_new: bool) {
    let mut partial = false;
    for block in 0..s.blocks_per_page() {
        let (start, end) = s.block_range(block);
        if end <= from || start >= to {
            partial |= !s.test_block(page, block, BlockFlag::Uptodate);
        } else {
            s.set_block(page, block, BlockFlag::Uptodate, true);
            s.mark_buffer_dirty(page, block);
        }
        if clears_new {
            s.set_block(page, block, BlockFlag::New, false);
        }
    }
    if !partial {
        s.set(page, PageFlag::Uptodate, true);
    }
}

/// `generic_commit_write`: the blocks, then the size.
pub(super) async fn generic_commit_write(k: &Kernel, file: FileId, page: PageId, from: u32, to: u32) {
    let index = k.with(|s| {
        let Some((_, index)) = s.page(page).mapping else {
            s.oops("committed a page that has left the cache");
            return 0;
        };
        s.attach_buffers(page);
        commit_blocks(s, page, from, to, false);
        index
    });
    k.preempt().await;
    k.with(|s| {
        let end = index * s.geometry.page + to;
        if end > s.size(file) {
            s.set_size(file, end);
        }
    });
}

/// `block_write_end`: a short copy into a page that is not uptodate counts as nothing, and only fresh blocks are cleared.
pub(super) async fn block_write_end(k: &Kernel, page: PageId, pos: u32, len: u32, copied: u32) -> u32 {
    let accepted = k.with(|s| {
        let start = pos % s.geometry.page;
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

/// `block_read_full_page`. A buffer that is mapped and not uptodate is read from the disk, even if its block was never written.
pub(super) async fn block_read_full_page(k: &Kernel, file: FileId, page: PageId) -> Result<(), AopError> {
    let (blocks, end_block) = k.with(|s| {
        s.attach_buffers(page);
        s.set(page, PageFlag::Error, false);
        (s.blocks_per_page(), s.file(file).size.div_ceil(s.geometry.block))
    });
    let mut queued = 0_u8;
    let mut fully_mapped = true;
    for block in 0..blocks {
        k.with(|s| {
            if s.test_block(page, block, BlockFlag::Uptodate) {
                return;
            }
            if !s.test_block(page, block, BlockFlag::Mapped) {
                fully_mapped = false;
                if let Some(logical) = s.logical(page, block).filter(|logical| *logical < end_block) {
                    let mapping = s.get_block(file, logical, false).map_or(Mapping::Hole, |(mapping, _)| mapping);
                    s.map_buffer(page, block, mapping, false);
                }
                if !s.test_block(page, block, BlockFlag::Mapped) {
                    let (start, end) = s.block_range(block);
                    s.clear(page, start, end, ZeroSite::ReadHole);
                    s.set_block(page, block, BlockFlag::Uptodate, true);
                    return;
                }
            }
            queued |= 1 << block;
        });
    }
    k.with(|s| {
        if fully_mapped {
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
pub(super) async fn block_write_full_page(k: &Kernel, file: FileId, page: PageId) {
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

fn write_dirty_blocks(s: &mut State, file: FileId, page: PageId, size: u32) {
    if !s.page(page).has(PageFlag::Private) {
        s.set(page, PageFlag::Dirty, true);
        s.attach_buffers(page);
        s.set(page, PageFlag::Dirty, false);
    }
    let end_block = size.div_ceil(s.geometry.block);
    let mut queued = 0_u8;
    for block in 0..s.blocks_per_page() {
        let Some(logical) = s.logical(page, block) else { continue };
        if logical >= end_block {
            s.set_block(page, block, BlockFlag::Dirty, false);
            s.set_block(page, block, BlockFlag::Uptodate, true);
            continue;
        }
        if !s.test_block(page, block, BlockFlag::Dirty) {
            continue;
        }
        if !s.test_block(page, block, BlockFlag::Mapped) {
            match s.get_block(file, logical, true) {
                Ok((mapping, _)) => s.map_buffer(page, block, mapping, false),
                Err(_) => {
                    // What cannot be given a block is lost, as after a write error.
                    let operation = s.current_operation();
                    s.blame(operation, FaultKind::WriteError);
                    s.set(page, PageFlag::Error, true);
                    continue;
                }
            }
        }
        s.set_block(page, block, BlockFlag::Dirty, false);
        queued |= 1 << block;
    }
    if queued != 0 {
        s.set(page, PageFlag::Writeback, true);
        s.submit(RequestKind::Write, page, queued);
    } else if (0..s.blocks_per_page()).all(|block| s.test_block(page, block, BlockFlag::Uptodate)) {
        s.set(page, PageFlag::Uptodate, true);
    }
    s.release(LockKey::Page(page));
}

/// `->truncate`: `block_truncate_page` clears the rest of the last block, then the blocks past it are freed.
pub(super) async fn truncate_blocks(k: &Kernel, file: FileId, size: u32) {
    let block_size = k.with(|s| s.geometry.block);
    if size % block_size != 0 {
        block_truncate_page(k, file, size).await;
    }
    k.preempt().await;
    k.with(|s| s.free_blocks(file, size.div_ceil(block_size), u32::MAX));
}

async fn block_truncate_page(k: &Kernel, file: FileId, size: u32) {
    let (page_size, block_size) = k.with(|s| (s.geometry.page, s.geometry.block));
    let (index, offset) = (size / page_size, size % page_size);
    let block = offset / block_size;
    let Ok(page) = k.grab_cache_page(file, index, None).await else { return };
    let mapped = k.with(|s| {
        s.attach_buffers(page);
        if !s.test_block(page, block, BlockFlag::Mapped) {
            let logical = index * s.blocks_per_page() + block;
            let mapping = s.get_block(file, logical, false).map_or(Mapping::Hole, |(mapping, _)| mapping);
            s.map_buffer(page, block, mapping, false);
        }
        if s.page(page).has(PageFlag::Uptodate) {
            s.set_block(page, block, BlockFlag::Uptodate, true);
        }
        s.test_block(page, block, BlockFlag::Mapped)
    });
    if mapped {
        let known = k.with(|s| s.test_block(page, block, BlockFlag::Uptodate) || s.test_block(page, block, BlockFlag::Delay));
        let read = if known { Ok(()) } else { read_buffers(k, page, 1 << block).await };
        if read.is_ok() {
            k.with(|s| {
                s.clear(page, offset, (block + 1) * block_size, ZeroSite::TruncateTail);
                s.mark_buffer_dirty(page, block);
            });
        }
    }
    k.unlock_page(page);
    k.put_page(page);
}
