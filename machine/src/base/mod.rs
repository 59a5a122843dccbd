//! The lowest floor of the machine's state: what a case says of the machine, the clock, who runs, the injected faults,
//! and the records of what happens (trace, counters, history).

mod faults;

use crate::counters::Counters;
use crate::defect::{Defect, DefectSet};
use crate::trace::{Event, Trace};
use case::{Filesystem, Form, Geometry, MachineOptions};
use oracle::{BlockCensus, Clock, History, OperationId, Stop};
use schedule::{FaultPlan, MAX_RUNNERS};

/// A task, as all floors see it. What a floor keeps of each task for itself, it keeps beside its own part of the state.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Task {
    /// Its address space; `None`: a kernel thread.
    pub mm: Option<u8>,
    /// The operation that it is in, or was in last.
    pub operation: Option<OperationId>,
}

/// The part of the state that every floor stands on.
#[derive(Debug)]
pub(crate) struct Base {
    pub geometry: Geometry,
    pub options: MachineOptions,
    pub filesystem: Filesystem,
    pub form: Form,

    pub clock: Clock,
    /// The runner whose step it is.
    pub current: u8,
    pub stopped: bool,
    /// Power was lost.
    pub crashed: bool,

    pub tasks: [Task; MAX_RUNNERS],
    /// Tasks that have not finished.
    pub unfinished: u32,

    /// The defects that this run mends, and those that it was asked about.
    pub mends: DefectSet,
    pub asked: DefectSet,

    pub plan: FaultPlan,
    /// The processes, by their address spaces, that a fatal signal has come to.
    pub killed: u8,
    pub counters: Counters,
    pub trace: Trace,
    pub history: History,
    /// The last run's, kept for its memory.
    pub census: BlockCensus,
}

impl Base {
    pub fn new() -> Self {
        Self {
            geometry: Geometry::default(),
            options: MachineOptions::default(),
            filesystem: Filesystem::default(),
            form: Form::PrepareWrite,
            clock: 0,
            current: 0,
            stopped: false,
            crashed: false,
            tasks: [Task::default(); MAX_RUNNERS],
            unfinished: 0,
            mends: DefectSet::NONE,
            asked: DefectSet::NONE,
            plan: FaultPlan::default(),
            killed: 0,
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

    /// Whether this run mends a defect. That it was asked is noted, since only what was asked can have mattered.
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

    /// The address space of the task that runs; `None`: it is a kernel thread.
    pub fn current_mm(&self) -> Option<u8> {
        self.tasks[usize::from(self.current)].mm
    }

    /// Whether the filesystem of this run keeps its data on the disk.
    pub fn has_disk(&self) -> bool {
        has_disk(self.filesystem)
    }

    // Geometry.

    pub fn blocks_per_page(&self) -> u32 {
        self.geometry.page / self.geometry.block
    }

    /// The mask of all blocks of a page.
    pub fn all_blocks(&self) -> u8 {
        ((1_u32 << self.blocks_per_page()) - 1) as u8
    }

    /// Where a block of a page begins and ends in it.
    pub fn block_range(&self, block: u32) -> (u32, u32) {
        (block * self.geometry.block, (block + 1) * self.geometry.block)
    }

    /// The mask of the blocks of a page that overlap `[from, to)`; a block strictly around an empty range overlaps it.
    pub fn blocks_overlapping(&self, from: u32, to: u32) -> u8 {
        let size = self.geometry.block;
        let (first, end) = (from / size, to.div_ceil(size).max(from / size));
        (((1_u32 << end) - 1) & !((1_u32 << first) - 1)) as u8
    }
}

/// Whether a filesystem keeps its data on the disk (else it is all in the page cache).
pub(crate) const fn has_disk(filesystem: Filesystem) -> bool {
    !matches!(filesystem, Filesystem::Libfs)
}

/// Whether its pages can have buffers.
pub(crate) const fn has_buffers(filesystem: Filesystem) -> bool {
    !matches!(filesystem, Filesystem::Libfs | Filesystem::Server)
}
