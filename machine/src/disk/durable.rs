//! What of the filesystems is on the disk should power be lost now, and what is found when they are mounted again.
//!
//! The content of the blocks is there as it was written last. Sizes, and which block belongs where, are there as the
//! filesystem last wrote them: one without a journal (`block`, `nobh`, `cont`) whenever it pleases, so that a block can
//! be a file's before its data has come; `journal`, with each commit, after the data; `extent` and `cluster` with a
//! synchronisation; and a server is not hit at all: it has what it was sent.

use super::{Mapping, Storage};
use crate::names::{PageFlag, PageId};
use case::{Filesystem, Form};
use oracle::{Cell, FileId, Rest, Span, Way, ZeroSite};

const HOLE: Cell = Cell::zero(ZeroSite::ReadHole, None);

/// What is kept for cases in which the power is lost.
#[derive(Debug, Default)]
pub(crate) struct Durable {
    /// Whether it is kept.
    kept: bool,
    /// The inodes as they are on the disk.
    inodes: Vec<Inode>,
    /// Blocks that were freed, but on the disk still belong to a file: they are not handed out until that is written.
    freed: Vec<(FileId, u16)>,
    /// Pages whose write is about to begin.
    cleaned: Vec<PageId>,
}

#[derive(Debug, Default)]
struct Inode {
    size: u32,
    blocks: Vec<Mapping>,
}

/// Whether sizes and block maps may reach the disk before the data that they speak of.
const fn is_unordered(filesystem: Filesystem) -> bool {
    matches!(filesystem, Filesystem::Block | Filesystem::Nobh | Filesystem::Cont)
}

impl Storage {
    /// Blocks that no file has in memory, and one still has on the disk.
    pub(crate) fn still_to_be_freed(&self) -> impl Iterator<Item = u16> + '_ {
        self.durable.freed.iter().filter(|_| self.durable.kept).map(|&(_, block)| block)
    }

    /// The files as they begin are all on the disk.
    pub(crate) fn start_durable(&mut self, kept: bool) {
        self.durable.kept = kept;
        self.crashed = false;
        if kept {
            self.durable.freed.clear();
            self.durable.cleaned.clear();
            self.durable.inodes.clear();
            let files = self.files.len();
            self.durable.inodes.resize_with(files, Inode::default);
            self.history.unordered = is_unordered(self.filesystem) || self.form == Form::WritebackCache;
            self.persist_all_inodes();
        }
    }

    /// The inode goes to the disk.
    pub(crate) fn persist_inode(&mut self, file: FileId) {
        if !self.durable.kept {
            return;
        }
        let it = &self.below.files[file.index()];
        let inode = &mut self.durable.inodes[file.index()];
        inode.size = it.size;
        inode.blocks.clear();
        inode.blocks.extend_from_slice(&it.blocks);
        let free = &mut self.disk;
        self.durable.freed.retain(|&(of, block)| {
            if of == file {
                free.give_back(block);
            }
            of != file
        });
    }

    pub(crate) fn persist_all_inodes(&mut self) {
        for file in (0..self.files.len()).map(|it| FileId(it as u8)) {
            self.persist_inode(file);
        }
    }

    /// The flusher's turn: without a journal, the inode may go to the disk whenever it likes.
    pub(crate) fn persist_unordered_inode(&mut self, file: FileId) {
        if is_unordered(self.filesystem) {
            self.persist_inode(file);
        }
    }

    /// A server has been sent what ends here.
    pub(crate) fn server_is_told_of(&mut self, file: FileId, end: u32) {
        if self.durable.kept {
            let inode = &mut self.durable.inodes[file.index()];
            inode.size = inode.size.max(end);
        }
    }

    /// A server has been told how long the file is.
    pub(crate) fn server_has_size(&mut self, file: FileId, size: u32) {
        if self.durable.kept && self.filesystem == Filesystem::Server {
            self.durable.inodes[file.index()].size = size;
        }
    }

    /// The page is not dirty any more, and its write has not begun.
    pub(crate) fn is_cleaned(&mut self, page: PageId) {
        if self.durable.kept {
            self.durable.cleaned.push(page);
        }
    }

    /// Its write has begun, or there is none.
    pub(crate) fn is_handed_on(&mut self, page: PageId) {
        self.durable.cleaned.retain(|it| *it != page);
    }

    /// Whether the page has the tag by which `write_cache_pages` finds it: a dirty page keeps it until its write has
    /// begun, so that nobody who synchronises the file passes by in between.
    pub(crate) fn is_tagged_dirty(&mut self, page: PageId) -> bool {
        self.test(page, PageFlag::Dirty) || self.durable.cleaned.contains(&page)
    }

    /// Whether a freed block has to wait until the disk knows of it; it is kept for that.
    pub(crate) fn frees_later(&mut self, file: FileId, block: u16) -> bool {
        let later = self.durable.kept
            && matches!(self.filesystem, Filesystem::Journal | Filesystem::Extent | Filesystem::Cluster);
        if later {
            self.durable.freed.push((file, block));
        }
        later
    }

    /// What is found in a file after the filesystem was mounted again.
    pub(crate) fn look_after_crash(&mut self, file: FileId) {
        if self.filesystem == Filesystem::Server {
            let told = self.durable.inodes[file.index()].size;
            self.persist_inode(file);
            if self.form == Form::WritebackCache {
                // A write that was not written back has made the file longer here alone.
                self.durable.inodes[file.index()].size = told;
            }
        }
        let block_size = self.geometry.block;
        let inode = &self.durable.inodes[file.index()];
        let (size, start) = (inode.size, self.history.cells.len() as u32);
        self.below.history.cells.resize((start + size) as usize, HOLE);
        for (logical, mapping) in (0..size.div_ceil(block_size)).zip(&inode.blocks) {
            if let Mapping::At(block) = mapping {
                let at = logical * block_size;
                let cells = block_size.min(size - at) as usize;
                let to = (start + at) as usize;
                let content = &self.disk.block(*block, block_size)[..cells];
                self.below.history.cells[to..to + cells].copy_from_slice(content);
            }
        }
        let content = Span { start, end: start + size };
        self.history.rest.push(Rest { file, way: Way::Crash, size, content });
    }
}
