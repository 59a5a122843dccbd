//! A piece of user memory: a vma with its ptes, and the anonymous content that belongs to it.

use super::Memory;
use crate::names::PageId;
use crate::pages::fill_run;
use crate::trace::Event;
use oracle::{Cell, FileId, MemoryId, Origin};

pub(crate) const NO_PAGE: u16 = u16::MAX;
pub(crate) const MAX_PAGES: usize = case::Case::MAX_MEMORY_PAGES as usize;

/// A vma. Masks have a bit for each page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vma {
    /// The address space; `None`: the kernel's own memory.
    pub mm: Option<u8>,
    pub pages: u32,
    /// The file that it maps, and the page of the file at which it begins.
    pub file: Option<(FileId, u32)>,
    pub shared: bool,
    pub ptes: [u16; MAX_PAGES],
    /// The pte may be written through.
    pub writable: u32,
    /// The page has content of its own: anonymous memory, or a private copy.
    pub anonymous: u32,
    /// That content was never stored to, and is as the experiment began.
    pub pristine: u32,
    /// Nothing is mapped there any more, or it may not be read.
    pub unreadable: u32,
    /// `VM_LOCKED`.
    pub locked: bool,
    /// Where its swapped content begins in the swap.
    pub swap: u32,
}

impl Vma {
    /// The page behind an address, if its pte is there.
    pub const fn resident(&self, index: u32) -> Option<PageId> {
        if index >= self.pages || self.ptes[index as usize] == NO_PAGE {
            return None;
        }
        Some(PageId(self.ptes[index as usize]))
    }

    /// Whether an access can ever succeed there.
    pub const fn is_readable(&self, index: u32) -> bool {
        index < self.pages && self.unreadable & 1 << index == 0
    }

    pub const fn has(mask: u32, index: u32) -> bool {
        mask & 1 << index != 0
    }

    /// The page of the file that is behind a page of it.
    pub const fn file_page(&self, index: u32) -> Option<(FileId, u32)> {
        match self.file {
            Some((file, first)) => Some((file, first + index)),
            None => None,
        }
    }
}

impl Memory {
    /// Whether the pte is there and allows the access: then there is no fault.
    pub(crate) fn can_access(&self, memory: MemoryId, index: u32, write: bool) -> bool {
        let vma = self.memory(memory);
        vma.resident(index).is_some() && (!write || Vma::has(vma.writable, index))
    }

    /// Installs a pte; the reference passes to it.
    pub(crate) fn map_page(&mut self, memory: MemoryId, index: u32, page: PageId, writable: bool) {
        self.page_mut(page).mapcount += 1;
        let vma = self.memory_mut(memory);
        debug_assert_eq!(vma.ptes[index as usize], NO_PAGE);
        vma.ptes[index as usize] = page.0;
        vma.writable = vma.writable & !(1 << index) | u32::from(writable) << index;
        self.note(Event::Map { memory, index, page });
    }

    /// Removes a pte, if there is one, and gives up what it held; the anonymous content goes with it.
    pub(crate) fn zap_page(&mut self, memory: MemoryId, index: u32) {
        self.memory_mut(memory).anonymous &= !(1 << index);
        self.memory_mut(memory).pristine &= !(1 << index);
        self.unmap_page(memory, index);
    }

    pub(crate) fn unmap_page(&mut self, memory: MemoryId, index: u32) {
        let Some(page) = self.memory(memory).resident(index) else { return };
        self.memory_mut(memory).ptes[index as usize] = NO_PAGE;
        self.page_mut(page).mapcount -= 1;
        self.note(Event::Unmap { memory, index });
        self.put_page(page);
    }

    /// Removes the pte of an anonymous page and keeps its content in swap.
    pub(crate) fn swap_out(&mut self, memory: MemoryId, index: u32) {
        let Some(page) = self.memory(memory).resident(index) else { return };
        let vma = self.memory(memory);
        if !Vma::has(vma.pristine, index) {
            let size = self.geometry.page as usize;
            let to = vma.swap as usize + index as usize * size;
            if self.swap.len() < to + size {
                self.swap.resize(to + size, Cell::zero(oracle::ZeroSite::AnonymousPage, None));
            }
            let from = page.index() * size;
            self.swap[to..to + size].copy_from_slice(&self.below.cells[from..from + size]);
        }
        self.unmap_page(memory, index);
    }

    /// Fills a fresh frame with a page's anonymous content.
    pub(crate) fn swap_in(&mut self, memory: MemoryId, index: u32, page: PageId) {
        let size = self.geometry.page;
        let vma = *self.memory(memory);
        if Vma::has(vma.pristine, index) {
            let first = Cell::new(Origin::Memory { memory, offset: index * size });
            fill_run(self.cells_of_mut(page), first);
        } else {
            let from = vma.swap as usize + (index * size) as usize;
            let to = page.index() * size as usize;
            self.below.cells[to..to + size as usize].copy_from_slice(&self.swap[from..from + size as usize]);
        }
    }

    /// `unmap_mapping_range`: removes every pte that shows these pages of a file. Private copies go only if
    /// `even_copies`.
    pub(crate) fn unmap_mapping_range(&mut self, file: FileId, start: u32, end: u32, even_copies: bool) {
        for memory in (0..self.memories.len()).map(|it| MemoryId(it as u8)) {
            let vma = *self.memory(memory);
            let Some((mapped, first)) = vma.file else { continue };
            if mapped != file {
                continue;
            }
            for index in 0..vma.pages {
                let is_copy = Vma::has(vma.anonymous, index);
                if (start..end).contains(&(first + index)) && (even_copies || !is_copy) {
                    self.zap_page(memory, index);
                }
            }
        }
    }

    /// The first of them, by itself: what is done to it may change the others.
    pub(crate) fn first_pte_of(&self, page: PageId) -> Option<(MemoryId, u32)> {
        self.ptes_of(page).next()
    }

    /// The vmas and pages that have a pte for this page.
    pub(crate) fn ptes_of(&self, page: PageId) -> impl Iterator<Item = (MemoryId, u32)> + '_ {
        self.memories.iter().enumerate().flat_map(move |(memory, vma)| {
            let ptes = vma.ptes[..vma.pages as usize].iter().enumerate();
            ptes.filter(move |(_, pte)| **pte == page.0).map(move |(index, _)| (MemoryId(memory as u8), index as u32))
        })
    }
}
