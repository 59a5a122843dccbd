//! The look at rest: every file once more, by read, through a mapping, and after everything was written back and evicted.

use crate::disk::Mapping;
use crate::filesystem::has_disk;
use crate::kernel::Kernel;
use crate::lock::REST;
use crate::memory::Access;
use crate::state::State;
use crate::trace::PageFlag;
use oracle::{BlockCensus, Cell, FileId, Rest, Span, Way, ZeroSite};

const BLANK: Cell = Cell::zero(ZeroSite::Start, None);

impl State {
    /// From here on nothing is preempted, and nothing goes wrong.
    pub(crate) fn come_to_rest(&mut self) {
        self.quiet = true;
        self.current = REST;
        self.plan.healed = true;
        self.clock += 1;
        self.tasks[usize::from(REST)].operation = None;
        while self.complete_oldest_request() {}
        let (frames, blocks) = (self.frames.used(), self.disk.used());
        // The look itself needs room, however full the machine is.
        self.frames.set_limit(frames.saturating_add(256));
        self.disk.set_limit(self.disk.total().max(blocks.saturating_add(256)));
    }

    fn reserve_cells(&mut self, cells: u32) -> u32 {
        let start = self.history.cells.len();
        self.history.cells.resize(start + cells as usize, BLANK);
        start as u32
    }

    /// Drops every clean page of a file, whoever uses it.
    fn evict(&mut self, file: FileId) {
        self.unmap_mapping_range(file, 0, u32::MAX, false);
        let mut next = 0;
        while let Some(index) = self.next_cached(file, next) {
            next = index + 1;
            if let Some(page) = self.file(file).cached(index) {
                if !self.page(page).has(PageFlag::Dirty) {
                    self.release_buffers(page);
                    self.remove_page(page);
                }
            }
        }
    }

    /// Who owns which block (S10). Blocks that were allocated past the end before the experiment began do not count.
    fn count_blocks(&mut self) {
        let mut census = BlockCensus {
            block: self.geometry.block,
            mapped: Vec::new(),
            free: self.disk.freed().iter().map(|block| u32::from(*block)).collect(),
            total: u32::from(self.disk.used()),
        };
        for (index, file) in self.files.iter().enumerate() {
            for (logical, mapping) in (0..).zip(&file.blocks) {
                if let Mapping::At(block) = mapping {
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

impl Kernel {
    /// Looks at every file in every way.
    pub(crate) async fn look_at_rest(&self) {
        self.with(State::come_to_rest);
        let files = self.with(|s| s.files.len());
        for file in (0..files).map(|file| FileId(file as u8)) {
            self.look_by_read(file, Way::Read).await;
            self.look_through_mapping(file).await;
        }
        if !self.with(|s| has_disk(s.filesystem)) {
            return;
        }
        for file in (0..files).map(|file| FileId(file as u8)) {
            self.write_cache_pages(file).await;
            let _ = self.wait_for_writeback(file).await;
            self.with(|s| s.evict(file));
            self.look_by_read(file, Way::Evicted).await;
        }
        self.with(State::count_blocks);
    }

    async fn look_by_read(&self, file: FileId, way: Way) {
        let size = self.with(|s| s.file(file).size);
        let start = self.with(|s| s.reserve_cells(size));
        let read = self.generic_file_read(file, 0, size, start).await.unwrap_or(0);
        let content = Span { start, end: start + read };
        self.with(|s| s.history.rest.push(Rest { file, way, size, content }));
    }

    async fn look_through_mapping(&self, file: FileId) {
        let (size, page_size) = self.with(|s| (s.file(file).size, s.geometry.page));
        let pages = size.div_ceil(page_size);
        let start = self.with(|s| s.reserve_cells(pages * page_size));
        let mut end = start;
        for index in 0..pages {
            let Ok(page) = self.filemap_nopage(file, index, Access::User).await else { break };
            self.with(|s| {
                let from = page.index() * page_size as usize;
                let to = end as usize;
                s.history.cells[to..to + page_size as usize].copy_from_slice(&s.cells[from..from + page_size as usize]);
                s.put_page(page);
            });
            end += page_size;
        }
        self.with(|s| s.history.rest.push(Rest { file, way: Way::Mapping, size, content: Span { start, end } }));
    }
}
