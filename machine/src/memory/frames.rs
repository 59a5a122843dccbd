//! Page frames and their allocator. A frame is handed out as its last owner left it.

use super::Memory;
use crate::names::{LockKey, PageId};
use crate::pages::Page;
use crate::trace::Event;
use oracle::{Cell, FaultKind, Origin, Owner};

/// The allocator: frames never used yet, then those freed, the last freed first (as the per-CPU lists of hot pages give
/// them out).
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

impl Memory {
    /// A frame with whatever was in it; `None` if there is none left.
    pub(crate) fn take_frame(&mut self, owner: Owner) -> Option<PageId> {
        let (id, before) = match self.frames.free.pop() {
            Some(frame) => (PageId(frame), self.page(PageId(frame)).owner),
            None if self.frames.fresh < self.frames.limit => {
                let id = PageId(self.frames.fresh);
                self.frames.fresh += 1;
                self.make_room_for(id, owner);
                (id, Owner::Unknown)
            }
            None => return None,
        };
        *self.page_mut(id) = Page::new(owner);
        self.free_page_lock(id);
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
            let in_a_cache = it.mapping.is_some();
            if self.is_page_locked(page) {
                return self.oops("freed a page that was locked");
            }
            debug_assert!(!in_a_cache);
            self.frames.free.push(page.0);
            self.note(Event::Free { page });
            self.recheck_waiters(LockKey::Page(page));
        }
    }
}
