//! The disk: blocks that keep what was last written to them, their allocation, and requests that complete one by one.

mod durable;
mod extents;
mod request;

pub(crate) use request::RequestKind;

use crate::floor::stands_on;
use crate::inode::{Inodes, Mapping};
use crate::names::{ExtentState, PageId};
use crate::pages::fill_run;
use crate::trace::Event;
use durable::Durable;
use oracle::{Cell, Errno, FaultKind, FileId, Origin, ZeroSite};
use request::Request;
use schedule::DISK;
use std::collections::VecDeque;
use std::ops::Range;

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

/// The part of the state that the disk is in.
#[derive(Debug)]
pub(crate) struct Storage {
    below: Inodes,
    pub disk: Disk,
    durable: Durable,
}

stands_on!(Storage, Inodes);

impl Storage {
    pub fn new() -> Self {
        Self { below: Inodes::new(), disk: Disk::default(), durable: Durable::default() }
    }

    /// Which runners could make a step now, as a mask.
    #[inline]
    pub fn runnable_mask(&self) -> u32 {
        self.runnable_tasks() | u32::from(self.disk.is_busy()) << DISK
    }

    fn disk_range(&self, block: u16) -> std::ops::Range<usize> {
        let size = self.geometry.block as usize;
        usize::from(block) * size..(usize::from(block) + 1) * size
    }

    /// Copies part of a page into a block, from `at` on.
    pub(crate) fn copy_to_block(&mut self, page: PageId, part: Range<u32>, block: u16, at: u32) {
        let (size, in_page) = (self.geometry.block, page.index() * self.geometry.page as usize);
        let source = &self.below.cells[in_page + part.start as usize..in_page + part.end as usize];
        self.disk.block_mut(block, size)[at as usize..][..source.len()].copy_from_slice(source);
    }

    /// Copies a block into a page, from `at` on.
    pub(crate) fn copy_from_block(&mut self, block: u16, page: PageId, at: u32) {
        let size = self.geometry.block;
        self.below.cells_of_mut(page)[at as usize..][..size as usize].copy_from_slice(self.disk.block(block, size));
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

    /// `get_block` of a file that can have holes: where a block of it is; allocates it if `create`. The second value
    /// says whether it was allocated just now.
    pub(crate) fn get_mapped_block(
        &mut self,
        file: FileId,
        logical: u32,
        create: bool,
    ) -> Result<(Mapping, bool), Errno> {
        let found = self.file(file).blocks.get(logical as usize).copied().unwrap_or(Mapping::Hole);
        if found != Mapping::Hole || !create {
            return Ok((found, false));
        }
        if self.chance(FaultKind::NoSpace).is_some() {
            return Err(Errno::ENOSPC);
        }
        let Some(block) = self.take_block() else {
            let operation = self.current_operation();
            self.blame(operation, FaultKind::NoSpace);
            return Err(Errno::ENOSPC);
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
}
