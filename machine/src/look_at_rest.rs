//! The look at rest: every file once more, by read, through a mapping, and after writeback as a read would find it on
//! the disk.

use crate::inode::Mapping;
use crate::kernel::Kernel;
use crate::names::PageFlag;
use crate::page_cache::Access;
use crate::state::State;
use oracle::{Cell, FileId, Rest, Span, Way, ZeroSite};
use schedule::REST;

const BLANK: Cell = Cell::zero(ZeroSite::Start, None);
const HOLE: Cell = Cell::zero(ZeroSite::ReadHole, None);

impl State {
    /// From here on nothing goes wrong.
    pub(crate) fn come_to_rest(&mut self) {
        self.current = REST;
        self.plan.healed = true;
        self.clock += 1;
        self.tasks[usize::from(REST)].operation = None;
        while self.complete_oldest_request() {}
        let (frames, blocks) = (self.frames.used(), self.disk.used());
        // The look itself needs room, however full the machine is.
        self.frames.set_limit(frames.saturating_add(256));
        let total = self.disk.total();
        self.disk.set_limit(total.max(blocks.saturating_add(256)));
    }

    fn reserve_cells(&mut self, cells: u32) -> u32 {
        let start = self.history.cells.len();
        self.history.cells.resize(start + cells as usize, BLANK);
        start as u32
    }

    /// Copies the cells of a page into the history; the page is cached and uptodate, else false.
    fn look_at_cached(&mut self, file: FileId, index: u32, into: u32, cells: u32) -> bool {
        let Some(page) = self.file(file).cached(index).filter(|page| self.page(*page).has(PageFlag::Uptodate)) else {
            return false;
        };
        self.copy_to_history(page, 0, cells, into);
        true
    }

    /// What a read would find if every clean page were evicted: what is on the disk, and the pages that could not be
    /// written to it.
    fn look_at_disk(&mut self, file: FileId) {
        let (size, page_size, block_size) = (self.file(file).size, self.geometry.page, self.geometry.block);
        let start = self.reserve_cells(size);
        let mut history = std::mem::take(&mut self.history.cells);
        for logical in 0..size.div_ceil(block_size) {
            let at = logical * block_size;
            let (to, cells) = ((start + at) as usize, block_size.min(size - at) as usize);
            let dirty = self.file(file).cached(at / page_size).filter(|page| self.page(*page).has(PageFlag::Dirty));
            let source = match (dirty, self.file(file).blocks.get(logical as usize)) {
                (Some(page), _) => {
                    let from = page.index() * page_size as usize + (at % page_size) as usize;
                    &self.cells[from..from + cells]
                }
                (None, Some(Mapping::At(block))) => &self.disk.block(*block, block_size)[..cells],
                (None, _) => {
                    history[to..to + cells].fill(HOLE);
                    continue;
                }
            };
            history[to..to + cells].copy_from_slice(source);
        }
        self.history.cells = history;
        let content = Span { start, end: start + size };
        self.history.rest.push(Rest { file, way: Way::Evicted, size, content });
    }

    /// Who owns which block (S10). Blocks that were allocated past the end before the experiment began do not count.
    fn count_blocks(&mut self) {
        let mut census = std::mem::take(&mut self.census);
        census.block = self.geometry.block;
        census.total = u32::from(self.disk.used());
        census.mapped.clear();
        census.free.clear();
        census.free.extend(self.disk.freed().iter().map(|block| u32::from(*block)));
        // The crash never came: whoever would have made it was killed.
        census.free.extend(self.still_to_be_freed().map(u32::from));
        for (index, file) in self.files.iter().enumerate() {
            for (logical, mapping) in (0..).zip(&file.blocks) {
                if let Mapping::At(block) | Mapping::Unwritten(block) = mapping {
                    if logical < file.preallocated {
                        census.mapped.push((FileId(index as u8), logical, u32::from(*block)));
                    } else {
                        census.free.push(u32::from(*block));
                    }
                }
            }
        }
        self.history.blocks = Some(census);
    }
}

impl Kernel<'_> {
    /// Looks at every file in every way.
    pub(crate) async fn look_at_rest(&self) {
        self.with(State::come_to_rest);
        let files = self.with(|s| s.files.len());
        for file in (0..files).map(|file| FileId(file as u8)) {
            self.look_by_read(file).await;
            self.look_through_mapping(file).await;
        }
        if !self.with(|s| s.has_disk()) {
            return;
        }
        for file in (0..files).map(|file| FileId(file as u8)) {
            self.write_cache_pages(file).await;
        }
        self.with(|s| while s.complete_oldest_request() {});
        for file in (0..files).map(|file| FileId(file as u8)) {
            self.with(|s| s.look_at_disk(file));
        }
        self.with(State::count_blocks);
    }

    async fn look_by_read(&self, file: FileId) {
        let (size, page_size) = self.with(|s| (s.file(file).size, s.geometry.page));
        let start = self.with(|s| s.reserve_cells(size));
        let mut end = start;
        while end - start < size {
            let (index, cells) = ((end - start) / page_size, page_size.min(size - (end - start)));
            if !self.with(|s| s.look_at_cached(file, index, end, cells)) {
                let read = self.generic_file_read(file, end - start, cells, end).await;
                if read != Ok(cells) {
                    end += read.unwrap_or(0);
                    break;
                }
            }
            end += cells;
        }
        let content = Span { start, end };
        self.with(|s| s.history.rest.push(Rest { file, way: Way::Read, size, content }));
    }

    async fn look_through_mapping(&self, file: FileId) {
        let (size, page_size) = self.with(|s| (s.file(file).size, s.geometry.page));
        let pages = size.div_ceil(page_size);
        let start = self.with(|s| s.reserve_cells(pages * page_size));
        let mut end = start;
        for index in 0..pages {
            if !self.with(|s| s.look_at_cached(file, index, end, page_size)) {
                let Ok(page) = self.filemap_nopage(file, index, Access::User).await else { break };
                self.with(|s| {
                    s.look_at_cached(file, index, end, page_size);
                    s.put_page(page);
                });
            }
            end += page_size;
        }
        self.with(|s| s.history.rest.push(Rest { file, way: Way::Mapping, size, content: Span { start, end } }));
    }
}
