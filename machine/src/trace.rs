//! What the tasks do to the machine, event by event: the source of the trace, and the trace's hash.

use crate::names::{BlockFlag, ExtentState, LockKey, Mode, PageFlag, PageId, Site};
use oracle::{FaultKind, FileId, MemoryId, OperationId, Outcome, ZeroSite};

/// One thing that happened to the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants' docs say what the fields are")]
pub enum Event {
    /// An operation is called.
    Invoke(OperationId),
    /// An operation returns.
    Return(OperationId, Outcome),
    /// A lock is taken.
    Take { lock: LockKey, mode: Mode, site: Site },
    /// A task begins to wait for a lock.
    Wait { lock: LockKey, mode: Mode, site: Site },
    /// A lock is given back.
    Release { lock: LockKey },
    /// A page's flag is looked at.
    Saw { page: PageId, flag: PageFlag, on: bool },
    /// A page's flag changes.
    Flag { page: PageId, flag: PageFlag, on: bool },
    /// A flag changes on some buffers of a page (a mask, bit 0 the first block).
    Blocks { page: PageId, blocks: u8, flag: BlockFlag, on: bool },
    /// A user copy into a page: of `wanted` cells from `start`, `copied`.
    CopyIn { page: PageId, start: u32, wanted: u32, copied: u32 },
    /// A copy between two pages.
    CopyPage { from: PageId, to: PageId, start: u32, end: u32 },
    /// A read or load of a page's cells.
    CopyOut { page: PageId, start: u32, end: u32 },
    /// A store to a page's cells.
    Store { page: PageId, start: u32, end: u32 },
    /// Cells of a page are cleared.
    Clear { page: PageId, start: u32, end: u32, site: ZeroSite },
    /// A page enters a file's cache.
    Cache { file: FileId, index: u32, page: PageId },
    /// A page leaves its file's cache.
    Uncache { file: FileId, index: u32, page: PageId },
    /// A frame is allocated.
    Allocate { page: PageId },
    /// A frame is freed.
    Free { page: PageId },
    /// A pte is installed.
    Map { memory: MemoryId, index: u32, page: PageId },
    /// A pte is removed.
    Unmap { memory: MemoryId, index: u32 },
    /// A fault finds nothing to map.
    BadFault { memory: MemoryId, index: u32 },
    /// `i_size` is looked at.
    SawSize { file: FileId, size: u32 },
    /// `i_size` changes.
    Size { file: FileId, size: u32 },
    /// A block is allocated.
    AllocateBlock { file: FileId, logical: u32, block: u16 },
    /// A block is freed.
    FreeBlock { file: FileId, logical: u32, block: u16 },
    /// The frontier of a filesystem without holes moves.
    Frontier { file: FileId, frontier: u32 },
    /// A block of a file becomes something else (that it was allocated or freed is told apart from this).
    Extent { file: FileId, logical: u32, state: ExtentState },
    /// Where the blocks of a file are is looked at.
    SawExtents { file: FileId, sequence: u32 },
    /// A request goes to the disk.
    Submit { page: PageId, write: bool, blocks: u8 },
    /// The disk completes a request.
    Complete { page: PageId, write: bool, failed: bool },
    /// A fault is injected.
    Injected(FaultKind),
}

/// An event, when it happened and who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TracedEvent {
    /// The step.
    pub step: u32,
    /// The task's index; 31 is the disk, 30 the look at rest.
    pub runner: u8,
    /// What happened.
    pub event: Event,
}

/// The trace of a run: always its hash; the events only when somebody asks.
#[derive(Debug)]
pub(crate) struct Trace {
    hash: u64,
    /// Of what happened before the last cut.
    before: u64,
    /// Whether events are kept.
    pub recording: bool,
    pub events: Vec<TracedEvent>,
}

/// The hash of nothing: not 0, from which steps of the first task would lead nowhere.
const START: u64 = 0x243f_6a88_85a3_08d3;

impl Default for Trace {
    fn default() -> Self {
        Self { hash: START, before: START, recording: false, events: Vec::new() }
    }
}

impl Trace {
    pub fn reset(&mut self) {
        (self.hash, self.before) = (START, START);
        self.events.clear();
    }

    /// The run begins: of what made the machine as it is, only which page is which is kept.
    pub fn start_over(&mut self) {
        (self.hash, self.before) = (START, START);
        self.events.retain(|it| matches!(it.event, Event::Cache { .. } | Event::Map { .. }));
    }

    #[inline(always)]
    pub const fn mix(&mut self, value: u64) {
        self.hash = (self.hash.rotate_left(23) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    /// The hash of everything that happened, in order.
    pub fn hash(&self) -> u64 {
        let mut all = Self { hash: self.before, recording: false, events: Vec::new(), before: START };
        all.mix(self.hash);
        all.hash ^ (all.hash >> 32)
    }

    /// The hash of what happened since the last cut alone; from here on it begins anew.
    pub fn cut(&mut self) -> u64 {
        let since = std::mem::replace(&mut self.hash, START);
        self.before = (self.before.rotate_left(23) ^ since).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        since
    }

    // Always inlined, for the event is known where it is noted: its packed form then costs a few shifts and no
    // branches.
    #[inline(always)]
    pub fn note(&mut self, step: u32, runner: u8, event: Event) {
        self.mix(event.packed());
        if self.recording {
            self.keep(step, runner, event);
        }
    }

    #[cold]
    fn keep(&mut self, step: u32, runner: u8, event: Event) {
        self.events.push(TracedEvent { step, runner, event });
    }
}

#[inline(always)]
const fn pack(tag: u8, a: u32, b: u32, c: u32) -> u64 {
    (tag as u64) | (a as u64 & 0xffff) << 8 | (b as u64 & 0x3ffff) << 24 | (c as u64 & 0x3f_ffff) << 42
}

impl LockKey {
    #[inline(always)]
    const fn packed(self) -> u32 {
        match self {
            Self::Inode(file) => file.0 as u32,
            Self::MmapSem(mm) => 0x100 | mm as u32,
            Self::Page(page) => 0x1000 | page.0 as u32,
            Self::Buffer(page, block) => 0x4000 | (block as u32) << 11 | page.0 as u32,
            Self::Writeback(page) => 0x2000 | page.0 as u32,
            Self::KeepAway(page) => 0x8000 | page.0 as u32,
            Self::Unpaging(lock) => 0x300 | lock as u32,
            Self::Journal => 0x201,
            Self::Cluster(file) => 0x400 | file.0 as u32,
            Self::Kmap => 0x200,
        }
    }
}

impl Event {
    /// The event as a number, for the trace's hash: different events of a step differ.
    #[inline(always)]
    const fn packed(self) -> u64 {
        match self {
            Self::Invoke(op) => pack(1, op.0 as u32, 0, 0),
            Self::Return(op, outcome) => match outcome {
                Outcome::Done(n) => pack(2, op.0 as u32, n, 0),
                Outcome::Failed(errno) => pack(2, op.0 as u32, errno as u32, 1),
                Outcome::BusError => pack(2, op.0 as u32, 0, 2),
                Outcome::SegmentationFault => pack(2, op.0 as u32, 0, 3),
            },
            Self::Take { lock, mode, site } => pack(3, lock.packed(), mode as u32, site as u32),
            Self::Wait { lock, mode, site } => pack(4, lock.packed(), mode as u32, site as u32),
            Self::Release { lock } => pack(5, lock.packed(), 0, 0),
            Self::Saw { page, flag, on } => pack(6, page.0 as u32, flag as u32, on as u32),
            Self::Flag { page, flag, on } => pack(7, page.0 as u32, flag as u32, on as u32),
            Self::Blocks { page, blocks, flag, on } => {
                pack(8, page.0 as u32, (blocks as u32) << 8 | flag as u32, on as u32)
            }
            Self::CopyIn { page, start, wanted, copied } => pack(9, page.0 as u32, start << 12 ^ wanted, copied),
            Self::CopyPage { from, to, start, end } => pack(10, from.0 as u32, to.0 as u32, start << 10 ^ end),
            Self::CopyOut { page, start, end } => pack(11, page.0 as u32, start, end),
            Self::Store { page, start, end } => pack(12, page.0 as u32, start, end),
            Self::Clear { page, start, end, site } => pack(13, page.0 as u32, start, end << 8 | site as u32),
            Self::Cache { file, index, page } => pack(14, page.0 as u32, index, file.0 as u32),
            Self::Uncache { file, index, page } => pack(15, page.0 as u32, index, file.0 as u32),
            Self::Allocate { page } => pack(16, page.0 as u32, 0, 0),
            Self::Free { page } => pack(17, page.0 as u32, 0, 0),
            Self::Map { memory, index, page } => pack(18, page.0 as u32, index, memory.0 as u32),
            Self::Unmap { memory, index } => pack(19, index, 0, memory.0 as u32),
            Self::BadFault { memory, index } => pack(20, index, 0, memory.0 as u32),
            Self::SawSize { file, size } => pack(21, file.0 as u32, size, 0),
            Self::Size { file, size } => pack(22, file.0 as u32, size, 0),
            Self::AllocateBlock { file, logical, block } => pack(23, block as u32, logical, file.0 as u32),
            Self::FreeBlock { file, logical, block } => pack(24, block as u32, logical, file.0 as u32),
            Self::Submit { page, write, blocks } => pack(25, page.0 as u32, blocks as u32, write as u32),
            Self::Complete { page, write, failed } => pack(26, page.0 as u32, failed as u32, write as u32),
            Self::Injected(kind) => pack(27, kind as u32, 0, 0),
            Self::Frontier { file, frontier } => pack(28, file.0 as u32, frontier, 0),
            Self::Extent { file, logical, state } => pack(29, file.0 as u32, logical, state as u32),
            Self::SawExtents { file, sequence } => pack(30, file.0 as u32, sequence, 0),
        }
    }

    /// The page that it is about.
    #[must_use]
    pub const fn page(self) -> Option<PageId> {
        match self {
            Self::Saw { page, .. }
            | Self::Flag { page, .. }
            | Self::Blocks { page, .. }
            | Self::CopyIn { page, .. }
            | Self::CopyPage { to: page, .. }
            | Self::CopyOut { page, .. }
            | Self::Store { page, .. }
            | Self::Clear { page, .. }
            | Self::Cache { page, .. }
            | Self::Uncache { page, .. }
            | Self::Allocate { page }
            | Self::Free { page }
            | Self::Map { page, .. }
            | Self::Submit { page, .. }
            | Self::Complete { page, .. } => Some(page),
            Self::Take { lock, .. } | Self::Wait { lock, .. } | Self::Release { lock } => lock.page(),
            _ => None,
        }
    }

    /// What kind of event it is, whichever pages, offsets and operations it is about: a measure of what a search has
    /// seen.
    #[must_use]
    pub const fn shape(self) -> u16 {
        let (tag, detail): (u16, u16) = match self {
            Self::Take { mode, site, .. } => (1, (site as u16) << 2 | mode as u16),
            Self::Wait { mode, site, .. } => (2, (site as u16) << 2 | mode as u16),
            Self::Saw { flag, on, .. } => (3, (flag as u16) << 1 | on as u16),
            Self::Flag { flag, on, .. } => (4, (flag as u16) << 1 | on as u16),
            Self::Blocks { flag, on, .. } => (5, (flag as u16) << 1 | on as u16),
            Self::CopyIn { wanted, copied, .. } => (6, (copied < wanted) as u16),
            Self::Clear { site, .. } => (7, site as u16),
            Self::Submit { write, .. } => (8, write as u16),
            Self::Complete { write, failed, .. } => (9, (write as u16) << 1 | failed as u16),
            _ => (10, self.packed() as u16 & 0xff),
        };
        tag << 10 | detail
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The hash of a run in which the runners took steps, in each of which these events happened.
    fn hash(steps: &[(u8, &[Event])]) -> u64 {
        let mut trace = Trace::default();
        for (step, (runner, events)) in (1..).zip(steps) {
            trace.mix(u64::from(*runner));
            events.iter().for_each(|event| trace.note(step, *runner, *event));
        }
        trace.hash()
    }

    #[test]
    fn who_ran_what_happened_and_in_which_order_are_all_in_the_hash() {
        let saw = |on| Event::Saw { page: PageId(1), flag: PageFlag::Uptodate, on };
        let clear = |site| Event::Clear { page: PageId(1), start: 0, end: 8, site };
        let runs: [&[(u8, &[Event])]; 9] = [
            &[],
            &[(0, &[])],
            &[(1, &[])],
            &[(0, &[]), (0, &[])],
            &[(0, &[saw(true)])],
            &[(0, &[saw(false)])],
            &[(0, &[saw(true), clear(ZeroSite::Start)])],
            &[(0, &[clear(ZeroSite::Start), saw(true)])],
            &[(0, &[saw(true), clear(ZeroSite::Disk)])],
        ];
        let hashes: BTreeSet<u64> = runs.iter().map(|steps| hash(steps)).collect();
        assert_eq!(hashes.len(), runs.len(), "{hashes:x?}");
        for steps in runs {
            assert_eq!(hash(steps), hash(steps));
        }
    }

    #[test]
    fn a_trace_begins_anew_with_each_run() {
        let mut trace = Trace::default();
        trace.mix(1);
        let first = trace.hash();
        trace.reset();
        trace.mix(1);
        assert_eq!(trace.hash(), first);
        trace.start_over();
        trace.mix(1);
        assert_eq!(trace.hash(), first);
    }
}
