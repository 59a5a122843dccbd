//! Page frames and their allocator. A frame is handed out as its last owner left it.

use crate::kernel::Kernel;
use crate::lock::{Lock, LockKey};
use crate::state::State;
use crate::trace::{BlockFlag, Event, PageFlag};
use oracle::{Cell, FaultKind, FileId, Origin, Owner};

/// A page frame, and the page that is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PageId(pub(crate) u16);

impl PageId {
    /// The frame's number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

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
    pub lock: Lock,
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
        Self { flags: 0, count: 1, mapcount: 0, mapping: None, owner, lock: Lock::FREE, buffers }
    }

    pub const fn has(&self, flag: PageFlag) -> bool {
        self.flags & 1 << flag as u8 != 0
    }

    pub const fn put(&mut self, flag: PageFlag, on: bool) {
        self.flags = self.flags & !(1 << flag as u8) | (on as u8) << flag as u8;
    }
}

/// The allocator: frames never used yet, then those freed, the last freed first (as the per-CPU lists of hot pages give them out).
#[derive(Debug, Default)]
pub(crate) struct Frames {
    fresh: u16,
    limit: u16,
    free: Vec<u16>,
}

impl Frames {
    pub fn reset(&mut self, limit: u16) {
        self.fresh = 0;
        self.limit = limit;
        self.free.clear();
    }

    pub fn set_limit(&mut self, limit: u16) {
        self.limit = limit;
    }

    /// How many frames are free that were in use before.
    pub fn free(&self) -> usize {
        self.free.len()
    }

    /// How many frames can still be handed out.
    pub fn left(&self) -> usize {
        self.free.len() + usize::from(self.limit.saturating_sub(self.fresh))
    }

    /// How many frames have been handed out at least once.
    pub const fn used(&self) -> u16 {
        self.fresh
    }
}

impl State {
    /// A frame with whatever was in it; `None` if there is none left.
    pub(crate) fn take_frame(&mut self, owner: Owner) -> Option<PageId> {
        let (id, before) = match self.frames.free.pop() {
            Some(frame) => (PageId(frame), self.pages[usize::from(frame)].owner),
            None if self.frames.fresh < self.frames.limit => {
                let id = PageId(self.frames.fresh);
                self.frames.fresh += 1;
                if self.pages.len() <= id.index() {
                    self.pages.push(Page::new(owner));
                }
                let cells = (id.index() + 1) * self.geometry.page as usize;
                if self.cells.len() < cells {
                    self.cells.resize(cells, Cell::zero(oracle::ZeroSite::Start, None));
                }
                (id, Owner::Unknown)
            }
            None => return None,
        };
        *self.page_mut(id) = Page::new(owner);
        let garbage = Cell::new(Origin::Uninitialised { frame: id.0, before });
        self.cells_of_mut(id).fill(garbage);
        self.counters.pages_allocated += 1;
        self.note(Event::Allocate { page: id });
        Some(id)
    }

    /// `alloc_page`, with its chance to fail.
    pub(crate) fn alloc_page(&mut self, owner: Owner) -> Option<PageId> {
        if self.chance(FaultKind::NoMemory).is_some() {
            return None;
        }
        let page = self.take_frame(owner);
        if page.is_none() {
            let operation = self.current_operation();
            self.blame(operation, FaultKind::NoMemory);
        }
        page
    }

    /// A page where the kernel cannot cope with a failure: never injected, and always found.
    pub(crate) fn alloc_page_nofail(&mut self, owner: Owner) -> PageId {
        loop {
            if let Some(page) = self.take_frame(owner) {
                return page;
            }
            self.frames.limit += 1;
        }
    }

    /// `get_page`.
    pub(crate) fn get_page(&mut self, page: PageId) {
        self.page_mut(page).count += 1;
    }

    /// `page_cache_release`: the last one frees the frame.
    pub(crate) fn put_page(&mut self, page: PageId) {
        let it = self.page_mut(page);
        if it.count == 0 {
            return self.oops("released a page that it had no reference to");
        }
        it.count -= 1;
        if it.count == 0 {
            if !it.lock.is_free() {
                return self.oops("freed a page that was locked");
            }
            debug_assert!(it.mapping.is_none());
            self.frames.free.push(page.0);
            self.note(Event::Free { page });
            self.rejudge_waiters(LockKey::Page(page));
        }
    }
}

impl Kernel<'_> {
    /// `alloc_page(GFP_KERNEL)`: a page of the kernel's own, uninitialised. Another task can run before.
    pub async fn alloc_page(&self) -> Option<PageId> {
        self.preempt().await;
        self.with(|s| s.alloc_page(Owner::Kernel))
    }

    /// `get_page`.
    pub fn get_page(&self, page: PageId) {
        self.with(|s| s.get_page(page));
    }

    /// `page_cache_release`.
    pub fn put_page(&self, page: PageId) {
        self.with(|s| s.put_page(page));
    }
}
