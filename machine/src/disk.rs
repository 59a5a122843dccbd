//! The disk: blocks that keep what was last written to them, their allocation, and requests that complete one by one.

use crate::lock::LockKey;
use crate::memory::PageId;
use crate::state::{State, fill_run};
use crate::trace::{BlockFlag, Event, ExtentState, PageFlag};
use oracle::{Cell, Failure, FaultKind, FileId, OperationId, Origin, ZeroSite};
use std::collections::VecDeque;

/// Where a block of a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mapping {
    /// Nowhere: it reads as zeroes.
    Hole,
    /// Nowhere yet, but there is room for it: the block is chosen at writeback. It reads as zeroes.
    Delayed,
    /// In this block of the disk, which was never written: it reads as zeroes.
    Unwritten(u16),
    /// In this block of the disk.
    At(u16),
}

/// The disk.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    cells: Vec<Cell>,
    /// Blocks never handed out are those from here on; their content is stale.
    fresh: u16,
    limit: u16,
    /// How many of those that can still be handed out are promised to delayed blocks.
    pub(crate) reserved: u16,
    /// Freed blocks, the last freed handed out first.
    free: Vec<u16>,
    requests: VecDeque<Request>,
}

/// What a request does when it completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestKind {
    /// `block_read_full_page`: the page becomes uptodate when all its blocks are, and is unlocked.
    ReadPage,
    /// A read of single buffers, whose submitter waits for them.
    ReadBuffers,
    /// Writeback of a page.
    Write,
}

/// Blocks of a page on their way between memory and disk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    kind: RequestKind,
    page: PageId,
    blocks: u8,
    by: Option<OperationId>,
}

impl Disk {
    pub fn reset(&mut self) {
        self.fresh = 0;
        self.reserved = 0;
        self.free.clear();
        self.requests.clear();
    }

    pub fn set_limit(&mut self, limit: u16) {
        self.limit = limit;
    }

    /// How many blocks have been handed out at least once.
    pub const fn used(&self) -> u16 {
        self.fresh
    }

    /// What a block of `size` cells holds.
    pub fn block(&self, block: u16, size: u32) -> &[Cell] {
        &self.cells[usize::from(block) * size as usize..][..size as usize]
    }

    pub fn block_mut(&mut self, block: u16, size: u32) -> &mut [Cell] {
        &mut self.cells[usize::from(block) * size as usize..][..size as usize]
    }

    /// A block that was freed can be handed out again.
    pub fn give_back(&mut self, block: u16) {
        self.free.push(block);
    }

    /// What is on its way does not arrive.
    pub fn drop_requests(&mut self) {
        self.requests.clear();
    }

    pub const fn total(&self) -> u16 {
        self.limit
    }

    /// How many blocks nobody has, nor was promised.
    pub fn unreserved(&self) -> u32 {
        (self.free.len() as u32 + u32::from(self.limit - self.fresh)).saturating_sub(u32::from(self.reserved))
    }

    pub fn freed(&self) -> &[u16] {
        &self.free
    }

    #[inline]
    pub fn is_busy(&self) -> bool {
        !self.requests.is_empty()
    }
}

impl State {
    fn disk_range(&self, block: u16) -> std::ops::Range<usize> {
        let size = self.geometry.block as usize;
        usize::from(block) * size..(usize::from(block) + 1) * size
    }

    /// A block of the disk with whatever was in it; `None` if the disk is full.
    pub(crate) fn take_block(&mut self) -> Option<u16> {
        if let Some(block) = self.disk.free.pop() {
            return Some(block);
        }
        let block = self.take_fresh_block()?;
        let range = self.disk_range(block);
        fill_run(&mut self.disk.cells[range], Cell::new(Origin::Stale { block, offset: 0 }));
        Some(block)
    }

    /// A block that was never handed out; the caller fills it. `None` if there is none left.
    pub(crate) fn take_fresh_block(&mut self) -> Option<u16> {
        if self.disk.fresh == self.disk.limit {
            return None;
        }
        let block = self.disk.fresh;
        self.disk.fresh += 1;
        let range = self.disk_range(block);
        if self.disk.cells.len() < range.end {
            self.disk.cells.resize(range.end, Cell::zero(ZeroSite::Disk, None));
        }
        Some(block)
    }

    /// `get_block`: where a block of a file is; allocates it if `create`. The second value says whether it was allocated just now.
    pub(crate) fn get_block(
        &mut self,
        file: FileId,
        logical: u32,
        create: bool,
    ) -> Result<(Mapping, bool), oracle::Errno> {
        if self.filesystem == case::Filesystem::Cont {
            return self.fat_get_block(file, logical, create);
        }
        self.get_mapped_block(file, logical, create)
    }

    /// The same for a file that can have holes.
    pub(crate) fn get_mapped_block(
        &mut self,
        file: FileId,
        logical: u32,
        create: bool,
    ) -> Result<(Mapping, bool), oracle::Errno> {
        let found = self.file(file).blocks.get(logical as usize).copied().unwrap_or(Mapping::Hole);
        if found != Mapping::Hole || !create {
            return Ok((found, false));
        }
        if self.chance(FaultKind::NoSpace).is_some() {
            return Err(oracle::Errno::ENOSPC);
        }
        let Some(block) = self.take_block() else {
            let operation = self.current_operation();
            self.blame(operation, FaultKind::NoSpace);
            return Err(oracle::Errno::ENOSPC);
        };
        self.map_block(file, logical, block);
        self.note(Event::AllocateBlock { file, logical, block });
        Ok((Mapping::At(block), true))
    }

    pub(crate) fn map_block(&mut self, file: FileId, logical: u32, block: u16) {
        let blocks = &mut self.file_mut(file).blocks;
        if blocks.len() <= logical as usize {
            blocks.resize(logical as usize + 1, Mapping::Hole);
        }
        blocks[logical as usize] = Mapping::At(block);
    }

    /// Frees the blocks `[start, end)` of a file, and what was promised to them. Their content stays on the disk.
    pub(crate) fn free_blocks(&mut self, file: FileId, start: u32, end: u32) {
        let end = end.min(self.file(file).blocks.len() as u32);
        for logical in start..end {
            let mapping = std::mem::replace(&mut self.file_mut(file).blocks[logical as usize], Mapping::Hole);
            match mapping {
                Mapping::At(block) | Mapping::Unwritten(block) => {
                    if !self.frees_later(file, block) {
                        self.disk.free.push(block);
                    }
                    self.note(Event::FreeBlock { file, logical, block });
                }
                Mapping::Delayed => {
                    self.disk.reserved -= 1;
                    self.note(Event::Extent { file, logical, state: ExtentState::Hole });
                }
                Mapping::Hole => {}
            }
        }
        self.file_mut(file).extent_sequence += 1;
    }

    /// Sends blocks of a page to the disk or asks for them; the buffers are locked until the request completes.
    pub(crate) fn submit(&mut self, kind: RequestKind, page: PageId, blocks: u8) {
        self.set_blocks(page, blocks, BlockFlag::Locked, true);
        self.rejudge_buffer_waiters(page, blocks);
        self.get_page(page);
        let by = self.current_operation();
        self.disk.requests.push_back(Request { kind, page, blocks, by });
        self.note(Event::Submit { page, write: kind == RequestKind::Write, blocks });
    }

    /// Completes the oldest request; false if there is none.
    pub(crate) fn complete_oldest_request(&mut self) -> bool {
        let Some(request) = self.disk.requests.pop_front() else { return false };
        let Request { kind, page, blocks, by } = request;
        let fault = if kind == RequestKind::Write { FaultKind::WriteError } else { FaultKind::ReadError };
        let failed = !self.is_truncates(by) && self.chance(fault).is_some();
        if failed {
            self.blame(by, fault);
            self.note_failure(fault, page, blocks, by);
            if kind == RequestKind::Write {
                self.set_write_failed(page);
            }
        }
        self.note(Event::Complete { page, write: kind == RequestKind::Write, failed });
        if !failed {
            for block in crate::lock::bits(u32::from(blocks)) {
                self.transfer(kind, page, block);
            }
            if kind == RequestKind::Write && self.filesystem == case::Filesystem::Extent {
                self.convert_unwritten(page, blocks);
            }
        }
        // A buffer whose write failed is not uptodate any more; iomap has none, and leaves the page as it is.
        let has_buffers = self.form != case::Form::Iomap;
        if kind != RequestKind::Write || failed && has_buffers {
            self.set_blocks(page, blocks, BlockFlag::Uptodate, !failed);
        }
        self.set_blocks(page, blocks, BlockFlag::Locked, false);
        self.rejudge_buffer_waiters(page, blocks);
        self.end_request(kind, page, failed);
        self.put_page(page);
        true
    }

    /// Notes in the history that blocks of a page did not come through. A page whose blocks could not all be read is no page for anybody.
    pub(crate) fn note_failure(&mut self, kind: FaultKind, page: PageId, blocks: u8, by: Option<OperationId>) {
        let Some((file, index)) = self.page(page).mapping.filter(|_| blocks != 0) else { return };
        let size = self.geometry.page;
        let (first, last) = match kind {
            FaultKind::WriteError => (blocks.trailing_zeros(), 7 - blocks.leading_zeros()),
            _ => (0, self.blocks_per_page() - 1),
        };
        let (start, end) = (self.block_range(first).0, self.block_range(last).1);
        let at = self.clock;
        self.history.failures.push(Failure {
            kind,
            file: Some(file),
            start: index * size + start,
            end: index * size + end,
            at,
            by,
        });
    }

    /// `AS_EIO`: `end_buffer_async_write` sets it in the mapping, where fsync finds it whatever becomes of the page.
    pub(crate) fn set_write_failed(&mut self, page: PageId) {
        if let Some((file, _)) = self.page(page).mapping {
            self.file_mut(file).write_failed = true;
        }
    }

    /// A truncate's own read never fails: that 2.6.20 ignores it, and leaves the tail of the block as it was, is a defect of truncate, which
    /// would show under every way of writing.
    fn is_truncates(&self, by: Option<OperationId>) -> bool {
        by.is_some_and(|by| matches!(self.history.operations[by.index()].call, oracle::Call::Truncate { .. }))
    }

    /// Moves one block between page and disk.
    fn transfer(&mut self, kind: RequestKind, page: PageId, block: u8) {
        let size = self.geometry.block as usize;
        let on_disk = self.disk_range(self.page(page).buffers.numbers[usize::from(block)]);
        let in_page = page.index() * self.geometry.page as usize + usize::from(block) * size;
        if kind == RequestKind::Write {
            self.disk.cells[on_disk].copy_from_slice(&self.cells[in_page..in_page + size]);
            self.counters.blocks_written += 1;
        } else {
            self.cells[in_page..in_page + size].copy_from_slice(&self.disk.cells[on_disk]);
        }
    }

    fn end_request(&mut self, kind: RequestKind, page: PageId, failed: bool) {
        if failed {
            self.set(page, PageFlag::Error, true);
        }
        match kind {
            RequestKind::ReadBuffers => {}
            RequestKind::ReadPage => {
                let all = self.page(page).buffers.with(BlockFlag::Uptodate) == self.all_blocks();
                if all && !self.page(page).has(PageFlag::Error) {
                    self.set(page, PageFlag::Uptodate, true);
                }
                self.disk_unlocks_page(page);
            }
            RequestKind::Write => {
                self.set(page, PageFlag::Writeback, false);
                self.rejudge_waiters(LockKey::Writeback(page));
            }
        }
    }
}
