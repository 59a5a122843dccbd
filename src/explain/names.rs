//! What pages, files, memories and locks are called in an explanation.

use case::Case;
use machine::{Event, FileId, LockKey, MemoryId, PageId};
use std::collections::BTreeMap;

/// The names, as far as the events so far tell them.
pub(super) struct Names<'c> {
    pub case: &'c Case,
    pages: BTreeMap<u16, String>,
}

impl<'c> Names<'c> {
    pub const fn new(case: &'c Case) -> Self {
        Self { case, pages: BTreeMap::new() }
    }

    /// Takes in an event that tells what a page is.
    pub fn learn(&mut self, event: Event) {
        match event {
            Event::Cache { file, index, page } => {
                let name = format!("{}:{index}", self.file(file));
                self.pages.insert(page.number(), name);
            }
            Event::Uncache { file, index, page } => {
                let name = format!("cut-off {}:{index}", self.file(file));
                self.pages.insert(page.number(), name);
            }
            Event::Map { memory, index, page } if !self.pages.contains_key(&page.number()) => {
                let name = format!("{}:{index}", self.memory(memory));
                self.pages.insert(page.number(), name);
            }
            Event::Allocate { page } => drop(self.pages.remove(&page.number())),
            _ => {}
        }
    }

    /// `a:0`: page 0 of file a; `frame 7` for a page that is in no file.
    pub fn page(&self, page: PageId) -> String {
        self.pages.get(&page.number()).cloned().unwrap_or_else(|| format!("frame {}", page.number()))
    }

    pub fn file(&self, file: FileId) -> &str {
        self.case.files.get(file.index()).map_or("?", |it| it.name.as_str())
    }

    pub fn memory(&self, memory: MemoryId) -> &str {
        self.case.memories.get(memory.index()).map_or("?", |it| it.name.as_str())
    }

    /// `PL(a:0)`, as the thread writes it: the lock of page 0 of file a.
    pub fn lock(&self, lock: LockKey) -> String {
        match lock {
            LockKey::Inode(file) => format!("IM({})", self.file(file)),
            LockKey::MmapSem(mm) => format!("MS({mm})"),
            LockKey::Page(page) => format!("PL({})", self.page(page)),
            LockKey::Buffer(page, block) => format!("BL({} block {block})", self.page(page)),
            LockKey::Writeback(page) => format!("writeback({})", self.page(page)),
            LockKey::KeepAway(page) => format!("keep-away({})", self.page(page)),
            LockKey::Unpaging(lock) => format!("unpaging({lock})"),
            LockKey::Journal => "JH".to_owned(),
            LockKey::Cluster(file) => format!("GL({})", self.file(file)),
            LockKey::Kmap => "kmap".to_owned(),
        }
    }
}
