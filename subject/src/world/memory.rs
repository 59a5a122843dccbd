//! User memory as it is: pieces, with pages that can be absent, out in swap, mappings of the subject's files, or not
//! there at all.

use super::World;
use super::trace::Kind;
use case::{Case, MemoryKind};
use oracle::{Cell, MemoryId, Origin, ZeroSite};

const PAGES: usize = Case::MAX_MEMORY_PAGES as usize;

/// A page of a file at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pte {
    frame: u16,
    writable: bool,
}

/// A piece of memory.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    pub pages: u32,
    /// The file that it maps, and the page of it at which it begins.
    pub file: Option<(usize, u32)>,
    pub shared: bool,
    /// Pages that cannot be read, as a mask.
    pub unreadable: u32,
    /// Pages that have content of their own: anonymous ones, and private copies.
    pub own: u32,
    /// Those of them that are not in swap.
    pub resident: u32,
    ptes: [Option<Pte>; PAGES],
    /// Where its own content is in the arena.
    start: usize,
}

/// All user memory of a run.
#[derive(Debug, Default)]
pub(crate) struct UserMemory {
    pub regions: Vec<Region>,
    /// The content of pages that have their own.
    pub cells: Vec<Cell>,
    /// Cells in a page.
    pub page: usize,
}

/// What is at an address now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum There {
    /// Content of its own, at this place of the arena.
    Own(usize),
    /// A frame of a file's.
    Frame(u16),
    /// Nothing, until a fault brings it.
    Absent,
    /// Nothing, ever.
    Unreadable,
}

const BLANK: Cell = Cell::zero(ZeroSite::AnonymousPage, None);

impl UserMemory {
    /// A run begins: the case's memories.
    pub fn begin(&mut self, case: &Case) {
        self.page = case.geometry.page as usize;
        self.regions.clear();
        self.cells.clear();
        for (memory, it) in (0..).zip(&case.memories) {
            let all = ((1_u64 << it.pages) - 1) as u32;
            let (file, shared) = match it.kind {
                MemoryKind::Anonymous => (None, false),
                MemoryKind::Map { file, page, shared } => (Some((file, page)), shared),
            };
            let own = if file.is_none() { all } else { 0 };
            let start = self.cells.len();
            self.cells.resize(start + it.pages as usize * self.page, BLANK);
            if file.is_none() {
                Cell::count_up(
                    &mut self.cells[start..],
                    Cell::new(Origin::Memory { memory: MemoryId(memory), offset: 0 }),
                );
            }
            let resident = it.resident & own & !it.unreadable;
            let ptes = [None; PAGES];
            self.regions.push(Region {
                pages: it.pages,
                file,
                shared,
                unreadable: it.unreadable,
                own,
                resident,
                ptes,
                start,
            });
        }
    }

    /// What is at a page now, for a load or a store.
    pub fn there(&self, memory: usize, page: u32, write: bool) -> There {
        let it = &self.regions[memory];
        let bit = 1_u32.checked_shl(page).unwrap_or(0);
        if page >= it.pages || it.unreadable & bit != 0 {
            return There::Unreadable;
        }
        if it.own & bit != 0 {
            let at = it.start + page as usize * self.page;
            return if it.resident & bit != 0 { There::Own(at) } else { There::Absent };
        }
        match it.ptes[page as usize] {
            Some(pte) if !write || pte.writable => There::Frame(pte.frame),
            _ => There::Absent,
        }
    }
}

impl World {
    /// A page of a file is at an address from now on.
    pub fn install(&mut self, memory: usize, page: u32, frame: u16, writable: bool) {
        self.counts.installed += 1;
        self.counts.installed_without_lock += u32::from(!self.holds_any());
        let it = &mut self.memory.regions[memory];
        if it.own & 1 << page != 0 {
            // Another fault was quicker, and made it a private copy.
            return;
        }
        it.ptes[page as usize] = Some(Pte { frame, writable });
        let value = u64::from(frame) << 16 | (memory as u64) << 8 | u64::from(page);
        self.note(Kind::Map, value, |_| format!("maps page {page} of memory {memory} to frame {frame}"));
    }

    /// A private page becomes a copy of what it shows: false if it shows nothing (any more).
    pub fn copy_on_write(&mut self, memory: usize, page: u32) -> bool {
        let (size, at) = (self.memory.page, self.memory.regions[memory].start + page as usize * self.memory.page);
        let Some(pte) = self.memory.regions[memory].ptes[page as usize].take() else { return false };
        let mut copy = Vec::with_capacity(size);
        self.frames.decode(pte.frame, 0, size * crate::tag::CELL, &mut copy);
        self.memory.cells[at..at + size].copy_from_slice(&copy);
        let it = &mut self.memory.regions[memory];
        it.own |= 1 << page;
        it.resident |= 1 << page;
        self.note(Kind::Map, 0xff << 32 | (memory as u64) << 8 | u64::from(page), |_| {
            format!("copies frame {} for page {page} of memory {memory}", pte.frame)
        });
        true
    }

    /// `munmap`: a page cannot be read any more.
    pub fn unmap(&mut self, memory: usize, page: u32) {
        let it = &mut self.memory.regions[memory];
        if page < it.pages {
            it.unreadable |= 1 << page;
            it.ptes[page as usize] = None;
        }
        self.note(Kind::Map, 0xfe << 32 | u64::from(page), |_| format!("unmaps page {page} of memory {memory}"));
    }

    /// `madvise(MADV_DONTNEED)`: anonymous pages become zero, private copies are dropped.
    pub fn drop_page(&mut self, memory: usize, page: u32) {
        let size = self.memory.page;
        let it = &mut self.memory.regions[memory];
        if page >= it.pages || it.unreadable & 1 << page != 0 {
            return;
        }
        if it.file.is_none() {
            let at = it.start + page as usize * size;
            it.resident &= !(1 << page);
            let by = self.tasks[usize::from(self.current)].operation;
            self.memory.cells[at..at + size].fill(Cell::zero(ZeroSite::AnonymousPage, by));
        } else {
            it.own &= !(1 << page);
            it.resident &= !(1 << page);
            it.ptes[page as usize] = None;
        }
        self.note(Kind::Map, 0xfd << 32 | u64::from(page), |_| format!("drops page {page} of memory {memory}"));
    }

    /// `try_to_unmap`: an anonymous page goes to swap, a page of a file leaves the address.
    pub fn reclaim_pte(&mut self, memory: usize, page: u32) {
        let it = &mut self.memory.regions[memory];
        if page < it.pages {
            it.resident &= !(1 << page);
            it.ptes[page as usize] = None;
        }
        self.note(Kind::Map, 0xfc << 32 | u64::from(page), |_| format!("reclaims page {page} of memory {memory}"));
    }

    /// The subject takes pages of a file from all addresses: those of these numbers; with them the private copies, if
    /// the file is cut off before them.
    pub fn unmap_file(&mut self, file: usize, pages: std::ops::Range<u32>, copies: bool) {
        for it in &mut self.memory.regions {
            let Some((_, base)) = it.file.filter(|(mapped, _)| *mapped == file) else { continue };
            for page in (0..it.pages).filter(|page| pages.contains(&(base + page))) {
                it.ptes[page as usize] = None;
                if copies {
                    it.own &= !(1 << page);
                    it.resident &= !(1 << page);
                }
            }
        }
        let value = (file as u64) << 40 | u64::from(pages.start) << 8 | u64::from(pages.end & 0xff);
        self.note(Kind::Map, value, |_| format!("takes pages {}.. of file {file} from all addresses", pages.start));
    }

    /// The subject makes a page of a file read-only at all addresses: the next store faults.
    pub fn protect_file(&mut self, file: usize, page: u32) {
        for it in &mut self.memory.regions {
            let Some((_, base)) = it.file.filter(|(mapped, _)| *mapped == file) else { continue };
            for at in (0..it.pages).filter(|at| base + at == page) {
                if let Some(pte) = &mut it.ptes[at as usize] {
                    pte.writable = false;
                }
            }
        }
        let value = 0xfb << 32 | (file as u64) << 8 | u64::from(page);
        self.note(Kind::Map, value, |_| format!("makes page {page} of file {file} read-only at all addresses"));
    }
}
