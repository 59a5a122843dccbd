//! Pages: `struct page` with its buffers and flags, and the cells that are in each.

use crate::base::Base;
use crate::floor::stands_on;
use crate::names::{BlockFlag, PageFlag, PageId};
use crate::trace::Event;
use oracle::{Cell, FileId, Owner, ZeroSite};

/// `struct page`, its buffers included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    flags: u8,
    /// References: the cache has one, each pte one, each user of the pointer one.
    pub count: u16,
    /// How many of them are ptes.
    pub mapcount: u16,
    /// The file and the page of it, while it is in that file's cache.
    pub mapping: Option<(FileId, u32)>,
    pub owner: Owner,
    pub buffers: Buffers,
}

/// The buffer heads of a page: for each flag a mask of the blocks that have it, and each block's place on disk.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Buffers {
    masks: [u8; BlockFlag::COUNT],
    /// The disk block of each that is mapped.
    pub numbers: [u16; 8],
}

impl Buffers {
    /// Which blocks have a flag.
    pub const fn with(&self, flag: BlockFlag) -> u8 {
        self.masks[flag as usize]
    }

    pub const fn put(&mut self, flag: BlockFlag, blocks: u8, on: bool) {
        let mask = &mut self.masks[flag as usize];
        *mask = if on { *mask | blocks } else { *mask & !blocks };
    }
}

impl Page {
    pub const fn new(owner: Owner) -> Self {
        let buffers = Buffers { masks: [0; BlockFlag::COUNT], numbers: [0; 8] };
        Self { flags: 0, count: 1, mapcount: 0, mapping: None, owner, buffers }
    }

    pub const fn has(&self, flag: PageFlag) -> bool {
        self.flags & 1 << flag as u8 != 0
    }

    pub const fn put(&mut self, flag: PageFlag, on: bool) {
        self.flags = self.flags & !(1 << flag as u8) | (on as u8) << flag as u8;
    }
}

/// The part of the state that pages and their cells are in.
#[derive(Debug)]
pub(crate) struct Pages {
    below: Base,
    structs: Vec<Page>,
    /// The content of all frames, one after the other.
    pub cells: Vec<Cell>,
}

stands_on!(Pages, Base);

impl Pages {
    pub fn new() -> Self {
        Self { below: Base::new(), structs: Vec::new(), cells: Vec::new() }
    }

    pub fn page(&self, page: PageId) -> &Page {
        &self.structs[page.index()]
    }

    pub fn page_mut(&mut self, page: PageId) -> &mut Page {
        &mut self.structs[page.index()]
    }

    /// Makes room for one more frame; frames of earlier runs stay.
    pub fn make_room_for(&mut self, page: PageId, owner: Owner) {
        if self.structs.len() <= page.index() {
            self.structs.push(Page::new(owner));
        }
        let cells = (page.index() + 1) * self.geometry.page as usize;
        if self.cells.len() < cells {
            self.cells.resize(cells, Cell::zero(ZeroSite::Start, None));
        }
    }

    pub fn cells_of_mut(&mut self, page: PageId) -> &mut [Cell] {
        let size = self.geometry.page as usize;
        &mut self.cells[page.index() * size..][..size]
    }

    // Flags.

    /// Looks at a flag, as a step that depends on it.
    pub fn test(&mut self, page: PageId, flag: PageFlag) -> bool {
        let on = self.page(page).has(flag);
        self.note(Event::Saw { page, flag, on });
        on
    }

    pub fn set(&mut self, page: PageId, flag: PageFlag, on: bool) {
        if self.page(page).has(flag) != on {
            self.page_mut(page).put(flag, on);
            self.note(Event::Flag { page, flag, on });
        }
    }

    pub fn test_block(&self, page: PageId, block: u32, flag: BlockFlag) -> bool {
        self.page(page).buffers.with(flag) & 1 << block != 0
    }

    /// Changes a flag on the blocks of a mask.
    pub fn set_blocks(&mut self, page: PageId, blocks: u8, flag: BlockFlag, on: bool) {
        let has = self.page(page).buffers.with(flag);
        let changed = blocks & if on { !has } else { has };
        if changed != 0 {
            self.page_mut(page).buffers.put(flag, changed, on);
            self.note(Event::Blocks { page, blocks: changed, flag, on });
        }
    }

    pub fn set_block(&mut self, page: PageId, block: u32, flag: BlockFlag, on: bool) {
        self.set_blocks(page, 1 << block, flag, on);
    }

    // Cells.

    /// Clears `[start, end)` of a page.
    pub fn clear(&mut self, page: PageId, start: u32, end: u32, site: ZeroSite) {
        if start < end {
            let zero = Cell::zero(site, self.current_operation());
            self.cells_of_mut(page)[start as usize..end as usize].fill(zero);
            self.note(Event::Clear { page, start, end, site });
        }
    }

    /// Copies `[start, end)` of one page to the same place of another.
    pub fn copy_page(&mut self, from: PageId, from_start: u32, to: PageId, start: u32, cells: u32) {
        let size = self.geometry.page as usize;
        let source = from.index() * size + from_start as usize;
        self.cells.copy_within(source..source + cells as usize, to.index() * size + start as usize);
        self.counters.cells_between_pages += u64::from(cells);
        self.note(Event::CopyPage { from, to, start, end: start + cells });
    }

    /// Copies cells of a page into the history, where somebody has seen them.
    pub fn copy_to_history(&mut self, page: PageId, start: u32, cells: u32, into: u32) {
        let from = page.index() * self.geometry.page as usize + start as usize;
        let (to, cells) = (into as usize, cells as usize);
        self.below.history.cells[to..to + cells].copy_from_slice(&self.cells[from..from + cells]);
    }
}

/// Fills cells with the run that begins with `first`.
pub(crate) fn fill_run(cells: &mut [Cell], first: Cell) {
    // Told apart here, not cell by cell, so that the compiler makes vectors of the loop.
    if first.advance(1) == first {
        cells.fill(first);
    } else {
        Cell::count_up(cells, first);
    }
}
