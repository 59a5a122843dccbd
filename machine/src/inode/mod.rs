//! Inodes: each file's size, the pages of it that are cached, and where its blocks are.

mod buffers;
mod cached;
mod pagevec;
mod unmap;

pub use pagevec::Pagevec;

use crate::floor::stands_on;
use crate::memory::{Memory, NO_PAGE};
use crate::names::PageId;
use crate::trace::Event;
use oracle::FileId;

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

/// An inode with its mapping.
#[derive(Debug)]
pub(crate) struct File {
    pub size: u32,
    /// The page in the cache, by the page of the file.
    pub pages: Vec<u16>,
    /// Where each block of it is on disk.
    pub blocks: Vec<Mapping>,
    /// Goes up whenever where a block of it is changes: a mapping with an older number may be out of date.
    pub extent_sequence: u32,
    /// Goes up with every truncate and invalidate that unmaps (2.6.20's protection of faults).
    pub truncate_count: u32,
    /// `AS_EIO`: a write of a page to the disk failed, and no fsync has told of it yet.
    pub write_failed: bool,
    /// Blocks at and after this one were allocated past the end before the experiment began, as `fallocate` leaves
    /// them.
    pub preallocated: u32,
    /// `mmu_private` of a filesystem without holes: up to here, everything is allocated and was written or cleared.
    pub frontier: u32,
}

impl File {
    pub const fn new() -> Self {
        Self {
            size: 0,
            pages: Vec::new(),
            blocks: Vec::new(),
            extent_sequence: 0,
            truncate_count: 0,
            write_failed: false,
            preallocated: 0,
            frontier: 0,
        }
    }

    pub fn cached(&self, index: u32) -> Option<PageId> {
        self.pages.get(index as usize).filter(|page| **page != NO_PAGE).map(|page| PageId(*page))
    }
}

/// The part of the state that files are in.
#[derive(Debug)]
pub(crate) struct Inodes {
    below: Memory,
    pub files: Vec<File>,
    /// Pages that wait to be put on the LRU lists together: the processor's own batch.
    pagevec: Pagevec,
}

stands_on!(Inodes, Memory);

impl Inodes {
    pub fn new() -> Self {
        Self { below: Memory::new(), files: Vec::new(), pagevec: Pagevec::default() }
    }

    pub fn file(&self, file: FileId) -> &File {
        &self.files[file.index()]
    }

    pub fn file_mut(&mut self, file: FileId) -> &mut File {
        &mut self.files[file.index()]
    }

    /// `i_size_read`.
    pub fn size(&mut self, file: FileId) -> u32 {
        let size = self.file(file).size;
        self.note(Event::SawSize { file, size });
        size
    }

    /// `i_size_write`.
    pub fn set_size(&mut self, file: FileId, size: u32) {
        self.file_mut(file).size = size;
        self.note(Event::Size { file, size });
    }
}
