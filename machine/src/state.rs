//! The state of the machine, all in one place, and the accessors through which everything changes it.

use crate::counters::Counters;
use crate::crash::Durable;
use crate::defect::{Defect, DefectSet};
use crate::disk::Disk;
use crate::fault_plan::FaultPlan;
use crate::filesystem::Undo;
use crate::lock::{Held, Lock, Wait};
use crate::memory::{Frames, Page, PageId, UNPAGING_LOCKS, Unmapping, Vma};
use crate::page_cache::{File, Pagevec};
use crate::trace::{BlockFlag, Event, PageFlag, Trace};
use case::{Filesystem, Form, Geometry, MachineOptions};
use oracle::{BlockCensus, Cell, Clock, FileId, History, MemoryId, OperationId, Stop, ZeroSite};

pub(crate) const MAX_RUNNERS: usize = 32;
pub(crate) const MAX_MMS: usize = 8;

/// A task of the machine.
#[derive(Debug, Default)]
pub(crate) struct Task {
    pub mm: Option<u8>,
    pub operation: Option<OperationId>,
    pub wait: Option<Wait>,
    pub held: Vec<Held>,
    /// How many handles of the journal it has open, one within another.
    pub handles: u8,
    /// A page that was prepared and not yet committed.
    pub prepared: Option<PageId>,
    /// Which of its blocks were allocated for that: 2.6.20 forgets it, a mended commit does not.
    pub fresh: u8,
    /// Whether it was prepared by its buffers, on a filesystem whose pages have none as a rule.
    pub by_buffers: bool,
    /// What a mended write can put back.
    pub undo: Undo,
    /// How long the file was before this write filled the gap up to where it begins.
    pub before_gap: Option<u32>,
    /// Whether a server has accepted less of this write than it was sent.
    pub answered_short: bool,
}

/// Everything. A higher floor's part is opaque to the lower ones.
#[derive(Debug)]
pub(crate) struct State {
    pub geometry: Geometry,
    pub options: MachineOptions,
    pub filesystem: Filesystem,
    pub form: Form,

    pub clock: Clock,
    pub current: u8,
    pub stopped: bool,
    /// Deadlocks are not looked for.
    pub passes_deadlocks: bool,

    pub tasks: Vec<Task>,
    /// Tasks that have not finished.
    pub unfinished: u32,
    /// Tasks that wait for a lock.
    pub waiting: u32,
    /// Those of them that cannot have it now.
    pub blocked: u32,
    pub next_ticket: u32,
    pub mmap_sems: [Lock; MAX_MMS],
    /// What whoever removes ptes has to hold, and those locks.
    pub unmapping: Unmapping,
    pub unpaging: [Lock; UNPAGING_LOCKS],
    pub kmap_used: u32,
    pub journal: Lock,

    pub pages: Vec<Page>,
    pub cells: Vec<Cell>,
    pub frames: Frames,
    pub memories: Vec<Vma>,
    pub swap: Vec<Cell>,
    pub files: Vec<File>,
    /// Pages that wait to be put on the LRU lists together.
    pub pagevec: Pagevec,
    pub disk: Disk,
    pub durable: Durable,
    /// Power was lost.
    pub crashed: bool,

    /// The defects that this run mends, and those that it was asked about.
    pub mends: DefectSet,
    pub asked: DefectSet,

    pub plan: FaultPlan,
    pub counters: Counters,
    pub trace: Trace,
    pub history: History,
    /// The last run's, kept for its memory.
    pub census: BlockCensus,
}

impl State {
    pub fn new() -> Self {
        Self {
            geometry: Geometry::default(),
            options: MachineOptions::default(),
            filesystem: Filesystem::default(),
            form: Form::PrepareWrite,
            clock: 0,
            current: 0,
            stopped: false,
            passes_deadlocks: false,
            tasks: (0..MAX_RUNNERS).map(|_| Task::default()).collect(),
            unfinished: 0,
            waiting: 0,
            blocked: 0,
            next_ticket: 0,
            mmap_sems: [Lock::FREE; MAX_MMS],
            unmapping: Unmapping::Free,
            unpaging: [Lock::FREE; UNPAGING_LOCKS],
            kmap_used: 0,
            journal: Lock::FREE,
            pages: Vec::new(),
            cells: Vec::new(),
            frames: Frames::default(),
            memories: Vec::new(),
            swap: Vec::new(),
            files: Vec::new(),
            pagevec: Pagevec::default(),
            disk: Disk::default(),
            durable: Durable::default(),
            crashed: false,
            mends: DefectSet::NONE,
            asked: DefectSet::NONE,
            plan: FaultPlan::default(),
            counters: Counters::default(),
            trace: Trace::default(),
            history: History::default(),
            census: BlockCensus::default(),
        }
    }

    #[inline(always)]
    pub fn note(&mut self, event: Event) {
        self.trace.note(self.clock, self.current, event);
    }

    /// Whether this run mends a defect: what is asked for at its place, and noted, since only what was asked can have mattered.
    #[inline]
    pub fn mended(&mut self, defect: Defect) -> bool {
        self.asked.insert(defect);
        self.mends.contains(defect)
    }

    pub fn oops(&mut self, what: &'static str) {
        if !self.stopped {
            let operation = self.operation_of(self.current).unwrap_or(OperationId(0));
            self.stop(Stop::Oops { operation, what, step: self.clock });
        }
    }

    pub fn stop(&mut self, why: Stop) {
        self.stopped = true;
        self.history.stop = Some(why);
    }

    pub fn operation_of(&self, task: u8) -> Option<OperationId> {
        self.tasks[usize::from(task)].operation
    }

    pub fn current_operation(&self) -> Option<OperationId> {
        self.operation_of(self.current)
    }

    /// Which runners could make a step now; the disk is bit 31.
    #[inline]
    pub fn runnable(&self) -> u32 {
        (self.unfinished & !self.blocked) | u32::from(self.disk.is_busy()) << crate::lock::DISK
    }

    pub fn kmap_free(&self) -> bool {
        self.options.kmap_slots.is_none_or(|slots| self.kmap_used < u32::from(slots))
    }

    pub fn blocks_per_page(&self) -> u32 {
        self.geometry.page / self.geometry.block
    }

    // Pages and their flags.

    pub fn page(&self, page: PageId) -> &Page {
        &self.pages[page.index()]
    }

    pub fn page_mut(&mut self, page: PageId) -> &mut Page {
        &mut self.pages[page.index()]
    }

    pub fn cells_of_mut(&mut self, page: PageId) -> &mut [Cell] {
        let size = self.geometry.page as usize;
        &mut self.cells[page.index() * size..][..size]
    }

    /// Looks at a flag, as a step that depends on it.
    pub fn test(&mut self, page: PageId, flag: PageFlag) -> bool {
        let on = self.page(page).has(flag);
        self.note(Event::Saw { page, flag, on });
        on
    }

    pub fn set(&mut self, page: PageId, flag: PageFlag, on: bool) {
        if self.page(page).has(flag) != on {
            self.page_mut(page).put(flag, on);
            self.note(Event::Flag { page, flag, on });
        }
    }

    pub fn test_block(&self, page: PageId, block: u32, flag: BlockFlag) -> bool {
        self.page(page).buffers.with(flag) & 1 << block != 0
    }

    /// Changes a flag on the blocks of a mask.
    pub fn set_blocks(&mut self, page: PageId, blocks: u8, flag: BlockFlag, on: bool) {
        let has = self.page(page).buffers.with(flag);
        let changed = blocks & if on { !has } else { has };
        if changed != 0 {
            self.page_mut(page).buffers.put(flag, changed, on);
            self.note(Event::Blocks { page, blocks: changed, flag, on });
        }
    }

    pub fn set_block(&mut self, page: PageId, block: u32, flag: BlockFlag, on: bool) {
        self.set_blocks(page, 1 << block, flag, on);
    }

    /// The mask of all blocks of a page.
    pub fn all_blocks(&self) -> u8 {
        ((1_u32 << self.blocks_per_page()) - 1) as u8
    }

    /// The mask of the blocks of a page that overlap `[from, to)`; a block strictly around an empty range overlaps it.
    pub fn blocks_overlapping(&self, from: u32, to: u32) -> u8 {
        let size = self.geometry.block;
        let (first, end) = (from / size, to.div_ceil(size).max(from / size));
        (((1_u32 << end) - 1) & !((1_u32 << first) - 1)) as u8
    }

    // Cells.

    /// Clears `[start, end)` of a page.
    pub fn clear(&mut self, page: PageId, start: u32, end: u32, site: ZeroSite) {
        if start < end {
            let zero = Cell::zero(site, self.current_operation());
            self.cells_of_mut(page)[start as usize..end as usize].fill(zero);
            self.note(Event::Clear { page, start, end, site });
        }
    }

    /// Copies `[start, end)` of one page to the same place of another.
    pub fn copy_page(&mut self, from: PageId, from_start: u32, to: PageId, start: u32, cells: u32) {
        let size = self.geometry.page as usize;
        let source = from.index() * size + from_start as usize;
        self.cells.copy_within(source..source + cells as usize, to.index() * size + start as usize);
        self.counters.cells_between_pages += u64::from(cells);
        self.note(Event::CopyPage { from, to, start, end: start + cells });
    }

    // Files.

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

    pub fn memory(&self, memory: MemoryId) -> &Vma {
        &self.memories[memory.index()]
    }

    pub fn memory_mut(&mut self, memory: MemoryId) -> &mut Vma {
        &mut self.memories[memory.index()]
    }
}

/// Fills cells with the run that begins with `first`.
pub(crate) fn fill_run(cells: &mut [Cell], first: Cell) {
    // Told apart here, not cell by cell, so that the compiler makes vectors of the loop.
    if first.advance(1) == first {
        cells.fill(first);
    } else {
        Cell::count_up(cells, first);
    }
}
