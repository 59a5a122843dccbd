//! Extents: what each block of a file is, and how it becomes something else: reserved at the write, allocated at
//! writeback, converted when the write to the disk is done. Every change makes the mappings given out before it out of
//! date.

use super::Storage;
use crate::inode::Mapping;
use crate::names::{ExtentState, PageId};
use crate::pages::fill_run;
use crate::trace::Event;
use case::Form;
use oracle::{Cell, Errno, FaultKind, FileId, Origin};
use schedule::bits::bits;

impl Storage {
    /// What a block of a file is.
    pub(crate) fn look_up_extent(&mut self, file: FileId, logical: u32) -> Mapping {
        let sequence = self.file(file).extent_sequence;
        self.note(Event::SawExtents { file, sequence });
        self.file(file).blocks.get(logical as usize).copied().unwrap_or(Mapping::Hole)
    }

    fn set_extent(&mut self, file: FileId, logical: u32, mapping: Mapping) {
        let it = self.file_mut(file);
        if it.blocks.len() <= logical as usize {
            it.blocks.resize(logical as usize + 1, Mapping::Hole);
        }
        it.blocks[logical as usize] = mapping;
        it.extent_sequence += 1;
        let state = match mapping {
            Mapping::Hole => ExtentState::Hole,
            Mapping::Delayed => ExtentState::Delayed,
            Mapping::Unwritten(_) => ExtentState::Unwritten,
            Mapping::At(_) => ExtentState::Written,
        };
        self.note(Event::Extent { file, logical, state });
    }

    fn no_space(&mut self) -> Errno {
        let operation = self.current_operation();
        self.blame(operation, FaultKind::NoSpace);
        Errno::ENOSPC
    }

    /// `xfs_bmapi_reserve_delalloc`: holes become delayed, all of `[first, end)` or none.
    pub(crate) fn reserve_extents(&mut self, file: FileId, first: u32, end: u32) -> Result<(), Errno> {
        if self.chance(FaultKind::NoSpace).is_some() {
            return Err(Errno::ENOSPC);
        }
        if self.disk.unreserved() < end - first {
            return Err(self.no_space());
        }
        for logical in first..end {
            self.disk.reserved += 1;
            self.set_extent(file, logical, Mapping::Delayed);
        }
        Ok(())
    }

    /// `xfs_bmap_punch_delalloc_range`: what is delayed in `[first, end)` becomes a hole again.
    pub(crate) fn punch_delayed(&mut self, file: FileId, first: u32, end: u32) {
        for logical in first..end {
            if self.look_up_extent(file, logical) == Mapping::Delayed {
                self.disk.reserved -= 1;
                self.set_extent(file, logical, Mapping::Hole);
            }
        }
    }

    /// The place of a block that is about to be written to the disk: allocated if it has none. What is in a newly
    /// allocated block is stale, and so later kernels call it unwritten until the data is there.
    ///
    /// A hole can be dirty only through a mapping: there is no `page_mkwrite` here that reserves a block at the first
    /// store, as there was none in 2.6.20, where it was allocated at writeback as well.
    pub(crate) fn allocate_extent_block(&mut self, file: FileId, logical: u32) -> Result<Mapping, Errno> {
        match self.look_up_extent(file, logical) {
            placed @ (Mapping::At(_) | Mapping::Unwritten(_)) => return Ok(placed),
            Mapping::Delayed => self.disk.reserved -= 1,
            Mapping::Hole if self.chance(FaultKind::NoSpace).is_some() => return Err(Errno::ENOSPC),
            Mapping::Hole if self.disk.unreserved() == 0 => return Err(self.no_space()),
            Mapping::Hole => {}
        }
        let Some(block) = self.take_block() else { return Err(self.no_space()) };
        self.note(Event::AllocateBlock { file, logical, block });
        let mapping = if self.form == Form::Iomap { Mapping::Unwritten(block) } else { Mapping::At(block) };
        self.set_extent(file, logical, mapping);
        Ok(mapping)
    }

    /// `xfs_iomap_write_unwritten`, when blocks of a page have been written: those that were unwritten are so no
    /// longer.
    pub(crate) fn convert_unwritten(&mut self, page: PageId, blocks: u8) {
        let Some((file, index)) = self.page(page).mapping else { return };
        for block in bits(u32::from(blocks)) {
            let logical = index * self.blocks_per_page() + u32::from(block);
            let number = self.page(page).buffers.numbers[usize::from(block)];
            if self.look_up_extent(file, logical) == Mapping::Unwritten(number) {
                self.set_extent(file, logical, Mapping::At(number));
            }
        }
    }

    /// A block that is unwritten from the beginning: what was there before is still on the disk.
    pub(crate) fn start_unwritten_block(&mut self, file: FileId, logical: u32, block: u16) {
        self.set_extent(file, logical, Mapping::Unwritten(block));
        let size = self.geometry.block;
        fill_run(self.disk.block_mut(block, size), Cell::new(Origin::Stale { block, offset: 0 }));
    }

    /// What is dirty in the cache from the beginning was reserved by the write that made it so, which its buffers know.
    pub(crate) fn start_dirty_page(&mut self, file: FileId, index: u32, page: PageId) {
        let blocks = self.blocks_per_page();
        let end = ((index + 1) * blocks).min(self.file(file).size.div_ceil(self.geometry.block));
        for logical in index * blocks..end {
            if self.look_up_extent(file, logical) == Mapping::Hole {
                self.disk.reserved += 1;
                self.set_extent(file, logical, Mapping::Delayed);
            }
            if self.form != Form::Iomap {
                self.attach_buffers(page);
                let mapping = self.look_up_extent(file, logical);
                self.map_buffer(page, logical - index * blocks, mapping, false);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inode::File;

    const FILE: FileId = FileId(0);

    /// A machine with one empty file, and a disk of so many blocks.
    fn with_blocks(limit: u16, form: Form) -> Storage {
        let mut state = Storage::new();
        state.filesystem = case::Filesystem::Extent;
        state.form = form;
        state.files.push(File::new());
        state.disk.set_limit(limit);
        state
    }

    #[test]
    fn what_is_reserved_is_nobody_elses() {
        let mut state = with_blocks(3, Form::Iomap);
        assert_eq!(state.reserve_extents(FILE, 0, 4), Err(Errno::ENOSPC));
        assert_eq!(state.look_up_extent(FILE, 0), Mapping::Hole, "all or nothing");
        assert_eq!(state.reserve_extents(FILE, 0, 2), Ok(()));
        assert_eq!(state.reserve_extents(FILE, 4, 6), Err(Errno::ENOSPC));
        // A hole that is dirty must not take what was promised to others.
        assert!(state.allocate_extent_block(FILE, 8).is_ok());
        assert_eq!(state.allocate_extent_block(FILE, 9), Err(Errno::ENOSPC));
        assert!(state.allocate_extent_block(FILE, 0).is_ok());
        state.punch_delayed(FILE, 0, 4);
        assert!(matches!(state.look_up_extent(FILE, 0), Mapping::Unwritten(_)), "only what is delayed");
        assert_eq!(state.look_up_extent(FILE, 1), Mapping::Hole);
        assert_eq!(state.reserve_extents(FILE, 1, 2), Ok(()));
    }

    #[test]
    fn every_change_makes_older_mappings_out_of_date() {
        let mut state = with_blocks(3, Form::Iomap);
        let mut last = state.file(FILE).extent_sequence;
        let mut changed = |state: &Storage| {
            let now = state.file(FILE).extent_sequence;
            assert!(now > std::mem::replace(&mut last, now));
        };
        state.reserve_extents(FILE, 0, 2).expect("there is room");
        changed(&state);
        state.allocate_extent_block(FILE, 0).expect("it is reserved");
        changed(&state);
        state.punch_delayed(FILE, 1, 2);
        changed(&state);
        state.free_blocks(FILE, 0, 2);
        changed(&state);
        assert_eq!(state.disk.unreserved(), 3);
    }

    #[test]
    fn a_new_block_is_unwritten_only_in_later_kernels() {
        for (form, unwritten) in [(Form::PrepareWrite, false), (Form::WriteBegin, false), (Form::Iomap, true)] {
            let mut state = with_blocks(1, form);
            state.reserve_extents(FILE, 0, 1).expect("there is room");
            state.allocate_extent_block(FILE, 0).expect("it is reserved");
            assert_eq!(matches!(state.look_up_extent(FILE, 0), Mapping::Unwritten(0)), unwritten);
            assert_eq!(matches!(state.look_up_extent(FILE, 0), Mapping::At(0)), !unwritten);
        }
    }
}
