//! `memory`: a piece of memory that tasks write from, load from and store to.

use super::Parser;
use crate::model::{Case, MemoryKind, MemoryRegion};
use crate::text::policy::{Parsed, Policy};

impl<P: Policy> Parser<'_, P> {
    /// `memory NAME [mm N] pages N [maps FILE page N [private]] [resident PAGES] [none PAGES]`, or
    /// `memory NAME kernel pages N`
    pub(super) fn memory_line(&mut self) -> Parsed<()> {
        self.room_for_one("memories", self.case.memories.len(), Case::MAX_MEMORIES)?;
        let name = self.new_name("memory", |case, name| case.memories.iter().any(|memory| memory.name == *name))?;
        let index = self.case.memories.len();
        let kind = MemoryKind::Anonymous;
        self.case.memories.push(MemoryRegion { name, mm: Some(0), pages: 1, kind, resident: 0, unreadable: 0 });
        if self.take_word(b"kernel") {
            self.case.memories[index] = MemoryRegion::kernel(name, 1);
            let pages = self.memory_pages()?;
            self.case.memories[index] = MemoryRegion::kernel(name, pages);
            return self.end("the end of the line");
        }
        if self.take_word(b"mm") {
            self.case.memories[index].mm = Some(self.address_space()?);
        }
        let pages = self.memory_pages()?;
        self.case.memories[index].pages = pages;
        if self.take_word(b"maps") {
            self.case.memories[index].kind = self.mapping(pages)?;
        }
        if self.take_word(b"resident") {
            self.case.memories[index].resident = self.page_list(pages)?;
        }
        if self.take_word(b"none") {
            self.case.memories[index].unreadable = self.page_list(pages)?;
        }
        self.end("`maps`, `resident`, `none` (in this order) or the end of the line")
    }

    fn memory_pages(&mut self) -> Parsed<u32> {
        self.keyword("pages")?;
        self.number("the number of pages", 1..=Case::MAX_MEMORY_PAGES)
    }

    /// The number of an address space.
    pub(super) fn address_space(&mut self) -> Parsed<u8> {
        let number = self.number("the number of an address space", 0..=u32::from(Case::MAX_MMS) - 1)?;
        Ok(u8::try_from(number).unwrap_or(0))
    }

    fn mapping(&mut self, pages: u32) -> Parsed<MemoryKind> {
        let file = self.file()?;
        self.keyword("page")?;
        let page = self.number("the mapping's first page", 0..=Case::MAX_FILE_PAGES - pages)?;
        let shared = !self.take_word(b"private");
        Ok(MemoryKind::Map { file, page, shared })
    }
}
