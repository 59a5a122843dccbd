//! The machine as a case says that it begins: files on disk and in the cache, memory, tasks.

use crate::base::{has_buffers, has_disk};
use crate::counters::Counters;
use crate::inode::{File, Mapping};
use crate::memory::{NO_PAGE, Vma};
use crate::names::{BlockFlag, PageFlag, PageId};
use crate::pages::fill_run;
use crate::state::State;
use case::{Cache, Case, ExtentKind, Filesystem, Form, MemoryKind};
use oracle::{Cell, FileId, MemoryId, Origin, Owner, ZeroSite};
use schedule::REST;
use schedule::bits::bits;
use schedule::start::begin_history;

const HOLE: Cell = Cell::zero(ZeroSite::Start, None);

impl State {
    /// Makes everything as it is before the first step. `form` is the filesystem's form under the strategy.
    pub(crate) fn start(&mut self, case: &Case, form: Form) {
        self.geometry = case.geometry;
        self.options = case.machine;
        self.filesystem = case.filesystem;
        self.form = form;
        self.clock = 0;
        self.current = REST;
        self.stopped = false;
        self.unfinished = 0;
        self.start_locks();
        self.start_copies();
        self.start_writes();
        self.census = self.history.blocks.take().unwrap_or_default();
        begin_history(&mut self.history, case);
        self.history.diskless = !has_disk(case.filesystem);
        self.trace.reset();
        self.plan.reset(&[]);
        self.frames.reset(u16::MAX);
        self.disk.reset();
        self.disk.set_limit(u16::MAX);
        self.start_files(case);
        self.start_durable(case.crashes());
        self.start_memories(case);
        self.start_tasks(case);
        let (pages, blocks) = (self.frames.used(), self.disk.used() + self.disk.reserved);
        self.frames.set_limit(pages + u16::from(case.machine.free_frames));
        self.disk.set_limit(blocks + u16::from(case.machine.free_blocks));
        self.plan.reset(&case.faults);
        self.killed = 0;
        self.counters = Counters::default();
        self.start_pagevec();
        self.trace.start_over();
    }

    fn start_tasks(&mut self, case: &Case) {
        for task in &mut self.tasks {
            task.operation = None;
        }
        for (index, task) in case.tasks.iter().enumerate() {
            self.tasks[index].mm = task.mm;
            self.unfinished |= 1 << index;
        }
    }

    fn start_files(&mut self, case: &Case) {
        self.files.truncate(case.files.len());
        while self.files.len() < case.files.len() {
            self.files.push(File::new());
        }
        for (index, file) in case.files.iter().enumerate() {
            let id = FileId(index as u8);
            let it = self.file_mut(id);
            it.size = file.size;
            it.extent_sequence = 0;
            it.truncate_count = 0;
            it.write_failed = false;
            it.pages.clear();
            it.blocks.clear();
            it.preallocated = u32::MAX;
            it.frontier = file.size;
            if has_disk(case.filesystem) {
                self.start_blocks(id, file);
            }
            self.start_cache(id, file, case);
        }
    }

    fn start_blocks(&mut self, id: FileId, file: &case::File) {
        let block_size = self.geometry.block;
        let end_of_last_page = file.size.next_multiple_of(self.geometry.page);
        // A filesystem without holes has blocks of zeroes where the case says that there is one, and nothing past the
        // end.
        let range = case::Range { start: 0, end: file.size.next_multiple_of(block_size) };
        let whole = [case::Extent { range, kind: ExtentKind::Disk }];
        let extents = if self.filesystem == case::Filesystem::Cont { &whole[..] } else { &file.extents };
        for extent in extents {
            for logical in extent.range.start / block_size..extent.range.end.div_ceil(block_size) {
                let Some(block) = self.take_fresh_block() else { return };
                let start = logical * block_size;
                let unwritten = extent.kind == ExtentKind::Unwritten;
                if unwritten && self.filesystem == Filesystem::Extent {
                    self.start_unwritten_block(id, logical, block);
                } else {
                    self.map_block(id, logical, block);
                }
                if start >= end_of_last_page {
                    let it = self.file_mut(id);
                    it.preallocated = it.preallocated.min(logical);
                }
                if let Mapping::Unwritten(_) = self.file(id).blocks[logical as usize] {
                    continue;
                }
                let page = start / self.geometry.page;
                let overwritten = file.cached.iter().any(|it| it.page == page && it.state == Cache::Dirty);
                let written = if unwritten { 0 } else { file.size };
                self.start_block(id, block, start, written, overwritten);
            }
        }
    }

    /// Fills a block of the disk that lies at `start` of a file: with what the file holds there, or with what it held
    /// before, up to `end`.
    fn start_block(&mut self, id: FileId, block: u16, start: u32, end: u32, overwritten: bool) {
        let size = self.geometry.block;
        let inside = end.saturating_sub(start).min(size);
        let history = std::mem::take(&mut self.history.cells);
        let content = &history[self.history.files[id.index()].content.range()];
        let (written, rest) = self.disk.block_mut(block, size).split_at_mut(inside as usize);
        if overwritten {
            fill_run(written, Cell::new(Origin::Overwritten { file: id, offset: start }));
        } else {
            written.copy_from_slice(&content[start.min(end) as usize..][..inside as usize]);
        }
        rest.fill(HOLE);
        self.history.cells = history;
    }

    fn start_cache(&mut self, id: FileId, file: &case::File, case: &Case) {
        let pages = file.size.div_ceil(self.geometry.page);
        let on_disk = has_disk(case.filesystem);
        for page in 0..pages {
            let listed = file.cached.iter().find(|it| it.page == page).map(|it| it.state);
            // Without a disk, content can only be in the cache.
            let has_content = overlaps_content(file, page, self.geometry.page);
            let state = match listed {
                _ if !on_disk && has_content => Some(Cache::Dirty),
                Some(Cache::Blocks(_)) if !has_buffers(case.filesystem) => Some(Cache::Empty),
                other => other,
            };
            if let Some(state) = state {
                self.cache_page(id, page, state);
            }
        }
    }

    fn cache_page(&mut self, id: FileId, index: u32, state: Cache) {
        let Some(page) = self.take_frame(Owner::File(id)) else { return };
        self.insert_page(page, id, index);
        self.put_page(page);
        match state {
            Cache::Uptodate | Cache::Dirty => {
                self.fill_from_content(id, index, page, 0, self.geometry.page);
                self.set(page, PageFlag::Uptodate, true);
                self.set(page, PageFlag::Dirty, state == Cache::Dirty);
                if state == Cache::Dirty && self.filesystem == Filesystem::Extent {
                    self.start_dirty_page(id, index, page);
                }
            }
            Cache::Empty => {}
            Cache::Blocks(mask) => {
                self.set(page, PageFlag::Private, true);
                for block in 0..self.blocks_per_page() {
                    self.start_buffer(id, index, page, block, mask & 1 << block != 0);
                }
            }
        }
    }

    fn start_buffer(&mut self, id: FileId, index: u32, page: PageId, block: u32, uptodate: bool) {
        let logical = index * self.blocks_per_page() + block;
        let mapping = self.file(id).blocks.get(logical as usize).copied();
        if let Some(Mapping::At(number)) = mapping {
            self.page_mut(page).buffers.numbers[block as usize] = number;
            self.set_block(page, block, BlockFlag::Mapped, true);
        }
        if uptodate {
            self.set_block(page, block, BlockFlag::Uptodate, true);
            let size = self.geometry.block;
            self.fill_from_content(id, index, page, block * size, (block + 1) * size);
        }
    }

    /// Fills `[start, end)` of a page with what the file's content is there.
    fn fill_from_content(&mut self, id: FileId, index: u32, page: PageId, start: u32, end: u32) {
        let (size, start, end) = (self.geometry.page as usize, start as usize, end as usize);
        let history = std::mem::take(&mut self.history.cells);
        let content = &history[self.history.files[id.index()].content.range()];
        let content = content.get(index as usize * size + start..).unwrap_or_default();
        let (inside, rest) = self.cells_of_mut(page)[start..end].split_at_mut(content.len().min(end - start));
        inside.copy_from_slice(&content[..inside.len()]);
        rest.fill(HOLE);
        self.history.cells = history;
    }

    fn start_memories(&mut self, case: &Case) {
        self.memories.clear();
        let page_size = self.geometry.page;
        for (index, memory) in case.memories.iter().enumerate() {
            let id = MemoryId(index as u8);
            let all = ((1_u64 << memory.pages) - 1) as u32;
            let (file, shared) = match memory.kind {
                MemoryKind::Anonymous => (None, false),
                MemoryKind::Map { file, page, shared } => (Some((FileId(file as u8), page)), shared),
            };
            let own = if file.is_none() { all } else { 0 };
            self.memories.push(Vma {
                mm: memory.mm,
                pages: memory.pages,
                file,
                shared,
                ptes: [NO_PAGE; case::Case::MAX_MEMORY_PAGES as usize],
                writable: 0,
                anonymous: own,
                pristine: own,
                unreadable: memory.unreadable,
                locked: false,
                swap: index as u32 * Case::MAX_MEMORY_PAGES * page_size,
            });
            let resident = if memory.mm.is_none() { all } else { memory.resident };
            for page in bits(resident & all & !memory.unreadable) {
                self.start_resident(id, u32::from(page));
            }
        }
    }

    /// Makes a page of memory resident; a page of a file only if it is in the cache and uptodate.
    fn start_resident(&mut self, memory: MemoryId, index: u32) {
        if let Some((file, page)) = self.memory(memory).file_page(index) {
            let cached = self.file(file).cached(page);
            if let Some(page) = cached.filter(|page| self.page(*page).has(PageFlag::Uptodate)) {
                self.get_page(page);
                self.map_page(memory, index, page, false);
            }
        } else if let Some(page) = self.take_frame(Owner::Anonymous(memory)) {
            self.swap_in(memory, index, page);
            self.map_page(memory, index, page, true);
        }
    }
}

fn overlaps_content(file: &case::File, page: u32, page_size: u32) -> bool {
    let (start, end) = (page * page_size, ((page + 1) * page_size).min(file.size));
    file.extents.iter().any(|it| it.kind == ExtentKind::Disk && it.range.start < end && it.range.end > start)
}
