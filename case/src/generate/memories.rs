//! Generated memory: what writes read from, anonymous or a mapping of a file, with pages that are there and pages
//! that are not.

use super::{Builder, names};
use crate::residency::{every_page, residable};
use crate::{MemoryKind, MemoryRegion};

impl Builder<'_, '_, '_> {
    /// The sources that the shape needs, then some of any kind.
    pub(super) fn memories(&mut self) {
        self.shape_memories();
        let least = u32::from(!self.shape.maps_files());
        for _ in 0..least + self.choices.pick(&[4, 4, 1]) {
            if self.choices.chance(self.features.mapped_source) {
                self.push_map_somewhere();
            } else {
                self.push_anonymous(Some(0));
            }
        }
        // For those who load, store and mlock while another source is copied.
        if self.choices.chance(self.features.mapped_observer) {
            self.push_map_somewhere();
        }
        if self.choices.chance(self.features.second_mm) {
            self.push_anonymous(Some(1));
        }
        if self.weights.kernel_threads && self.choices.chance(self.features.kernel_thread) {
            self.push_anonymous(None);
        }
    }

    /// A mapping of any file, mostly of a page that the file has.
    fn push_map_somewhere(&mut self) {
        let file = self.choices.index(self.case.files.len());
        let pages = self.case.files[file].size.div_ceil(self.geometry.page);
        let past_end = u32::from(self.choices.chance(32));
        let page = if self.choices.chance(128) { self.choices.below(pages + past_end) } else { 0 };
        self.push_map(file, page);
    }

    pub(super) fn push_map(&mut self, file: usize, page: u32) {
        let abilities = &self.weights.abilities;
        let shared = if self.choices.chance(64) { !abilities.private_mappings } else { abilities.shared_mappings };
        let page = page.min(abilities.most_pages() - 1);
        let pages = (1 + self.choices.pick(&[6, 3, 1])).min(abilities.most_pages() - page);
        let drawn = self.resident(pages);
        let kind = MemoryKind::Map { file, page, shared };
        let resident = drawn & residable(kind, pages, &self.case.files);
        self.push_memory(Some(0), pages, kind, resident);
    }

    pub(super) fn push_anonymous(&mut self, mm: Option<u8>) {
        let pages = 1 + self.choices.pick(&[4, 6, 2, 1]);
        let resident = if mm.is_some() { self.resident(pages) } else { every_page(pages) };
        self.push_memory(mm, pages, MemoryKind::Anonymous, resident);
    }

    fn push_memory(&mut self, mm: Option<u8>, pages: u32, kind: MemoryKind, resident: u32) {
        let mut unreadable = 0;
        if mm.is_some() && self.choices.chance(self.features.unreadable) {
            unreadable = 1 << self.choices.below(pages);
        }
        let name = names::memory(self.case.memories.len());
        self.case.memories.push(MemoryRegion { name, mm, pages, kind, resident: resident & !unreadable, unreadable });
    }

    /// Which pages are there: all, none, all but the last (a copy stops half-way), only the last, or any.
    fn resident(&mut self, pages: u32) -> u32 {
        let all = every_page(pages);
        if !self.choices.chance(self.features.absent_source) {
            return all;
        }
        match self.choices.byte() & 7 {
            0..=2 => all >> 1,
            3..=5 => 0,
            6 => 1 << (pages - 1),
            _ => u32::from(self.choices.byte()) & all,
        }
    }
}
