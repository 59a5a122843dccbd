//! What a case consists of: the types behind the text format.
//!
//! All offsets, sizes and lengths are in cells (bytes, where a case asks for real sizes), pages by their index. Indices
//! point into [`Case::files`], [`Case::memories`] and [`Case::tasks`].

mod name;
mod task_operation;

pub use name::Name;
pub use task_operation::{Invalidation, Iovec, TaskOperation};

/// The whole experiment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Case {
    /// Lines for people, printed as `# …` below the first line.
    pub comments: Vec<String>,
    /// Sizes of page and block.
    pub geometry: Geometry,
    /// Which machine it is.
    pub machine: MachineOptions,
    /// The filesystem under all files.
    pub filesystem: Filesystem,
    /// Its form; `None`: whichever the strategy needs.
    pub form: Option<Form>,
    /// At least 1, at most [`Case::MAX_FILES`].
    pub files: Vec<File>,
    /// At most [`Case::MAX_MEMORIES`].
    pub memories: Vec<MemoryRegion>,
    /// At least 1, at most [`Case::MAX_TASKS`].
    pub tasks: Vec<Task>,
    /// Faults to inject.
    pub faults: Vec<Fault>,
    /// Who runs when: the empty schedule is the sequential run.
    pub schedule: Vec<Slice>,
    /// The defects that are mended in it, by their names, or `all`: see [`Case::ALL_MENDED`].
    pub mended: Vec<String>,
    /// What should be found.
    pub expectations: Vec<Expectation>,
    /// Whether a shrinker has proved that no operation, segment, fault or preemption can go.
    pub minimal: bool,
}

impl Case {
    /// Files in a case.
    pub const MAX_FILES: usize = 8;
    /// Pieces of memory in a case.
    pub const MAX_MEMORIES: usize = 15;

    /// Whether power is lost in it.
    #[must_use]
    pub fn crashes(&self) -> bool {
        self.tasks.iter().any(|task| task.operations.contains(&TaskOperation::Crash))
    }

    /// Whether anything is cached that is newer than the disk.
    #[must_use]
    pub fn begins_dirty(&self) -> bool {
        self.files.iter().flat_map(|file| &file.cached).any(|it| it.state == Cache::Dirty)
    }
    /// Tasks in a case.
    pub const MAX_TASKS: usize = 16;
    /// Operations of all tasks together.
    pub const MAX_OPERATIONS: usize = 96;
    /// Pages in a file, cells past its end included.
    pub const MAX_FILE_PAGES: u32 = 16;
    /// Pages in a piece of memory.
    pub const MAX_MEMORY_PAGES: u32 = 16;
    /// Segments in one write.
    pub const MAX_SEGMENTS: usize = 1024;
    /// Segments of all writes together.
    pub const MAX_ALL_SEGMENTS: usize = 4096;
    /// Address spaces, numbered from 0.
    pub const MAX_MMS: u8 = 8;
    /// Faults in a case.
    pub const MAX_FAULTS: usize = 32;
    /// The last chance at which a fault can begin, and how many times in a row it can happen.
    pub const MAX_CHANCE: u32 = 1_000_000;
    /// Turns in a schedule.
    pub const MAX_SLICES: usize = 4096;
    /// Steps in one turn.
    pub const MAX_STEPS: u32 = 1_000_000;
    /// Expectations in a case.
    pub const MAX_EXPECTATIONS: usize = 64;
    /// Names of mended defects in a case.
    pub const MAX_MENDED: usize = 128;
    /// Stands for every defect that there is.
    pub const ALL_MENDED: &str = "all";
}

/// The sizes of page and block, in cells. Both powers of two; 1 to 8 blocks in a page; a page has 8 to 4096 cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Geometry {
    /// Cells in a page.
    pub page: u32,
    /// Cells in a block.
    pub block: u32,
}

impl Default for Geometry {
    fn default() -> Self {
        Self { page: 64, block: 16 }
    }
}

/// Properties of the machine that are not the strategy's. Text:
/// `machine fault-locks-page copy-clears-tail kmap 2 frames 24 blocks 32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MachineOptions {
    /// How a page fault treats the page lock.
    pub fault: FaultForm,
    /// What an atomic user copy does with what it could not copy.
    pub copy: CopyForm,
    /// Slots for `kmap`; `None`: no limit.
    pub kmap_slots: Option<u8>,
    /// Page frames beyond those that the case starts with.
    pub free_frames: u8,
    /// Disk blocks beyond those that the case starts with.
    pub free_blocks: u8,
}

impl Default for MachineOptions {
    fn default() -> Self {
        Self {
            fault: FaultForm::default(),
            copy: CopyForm::default(),
            kmap_slots: None,
            free_frames: 64,
            free_blocks: 128,
        }
    }
}

/// How a page fault on a file mapping treats the page lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FaultForm {
    /// As in 2.6.20: only for a page that is not uptodate. (No word in the text.)
    #[default]
    LocksNotUptodate,
    /// As since 2.6.23: always. Text: `fault-locks-page`.
    LocksAlways,
}

/// What the machine's atomic user copy does with the part that it could not copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CopyForm {
    /// Leaves it (i386, `x86_64`). (No word in the text.)
    #[default]
    LeavesTail,
    /// Clears it (architectures that alias it to the ordinary copy). Text: `copy-clears-tail`.
    ClearsTail,
}

/// A filesystem: which address-space operations. Text: `fs block`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the table in the case format's description says what each is")]
pub enum Filesystem {
    Libfs,
    Nobh,
    #[default]
    Block,
    Cont,
    Journal,
    Cluster,
    Server,
    Extent,
}

impl Filesystem {
    /// Whether it truncates from inside the kernel, without `i_mutex`: clusters do, when another node wants their lock.
    /// Elsewhere every truncate of 2.6.20 and later holds `i_mutex`; one without would be a fault of its own, and
    /// show nothing of a way of writing.
    #[must_use]
    pub const fn truncates_unlocked(self) -> bool {
        matches!(self, Self::Cluster)
    }
}

/// The form of a filesystem: which release its operations are modelled on. Text: after the filesystem,
/// `fs libfs before-patch-1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// `prepare-write`: as in 2.6.20.
    PrepareWrite,
    /// `before-patch-1`: `prepare_write` marks the page uptodate around a hole.
    BeforePatch1,
    /// `after-patch-1`: with the leak mended.
    AfterPatch1,
    /// `tmpfs`: the filesystem has a write of its own, as tmpfs in 2.6.20.
    Tmpfs,
    /// `glock`: as `prepare-write`, with the cluster's lock held from prepare to commit.
    Glock,
    /// `write-begin`: as in 2.6.24 and later.
    WriteBegin,
    /// `write-begin-trims`: the same, and a short write gives back the blocks that it allocated past the end, as since
    /// 2.6.36.
    WriteBeginTrims,
    /// `write-through`: what is written is sent at once, as under FUSE since 5.14.
    WriteThrough,
    /// `writeback-cache`: what is written is sent by writeback, as under FUSE from 3.15 to 6.17 where the server asks
    /// for it.
    WritebackCache,
    /// `iomap`: `iomap_begin`, then a folio at a time, as in 6.1 and later.
    Iomap,
}

/// A half-open range of cells. Text: `0..64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Range {
    /// The first cell.
    pub start: u32,
    /// One past the last.
    pub end: u32,
}

/// A half-open range of pages. Text: `page 1` or `pages 1..3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PageRange {
    /// The first page.
    pub start: u32,
    /// One past the last.
    pub end: u32,
}

/// A file. Text: `file a size 100 disk 0..64 unwritten 64..128 cached 0 uptodate, 1 blocks 0 2`; what no extent covers
/// is a hole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct File {
    /// Its name.
    pub name: Name,
    /// Its size in cells.
    pub size: u32,
    /// What is allocated, in order, block-aligned, disjoint; may go past the size (blocks beyond the end, as
    /// `fallocate` leaves them).
    pub extents: Vec<Extent>,
    /// What is in the page cache, by page, in order.
    pub cached: Vec<CachedPage>,
}

/// A run of allocated blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Extent {
    /// Block-aligned.
    pub range: Range,
    /// What the blocks are.
    pub kind: ExtentKind,
}

/// What allocated blocks hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExtentKind {
    /// The file's content. Text: `disk`.
    Disk,
    /// Allocated, never written: reads as zeroes. Text: `unwritten`.
    Unwritten,
}

/// A page in the cache. Text: `0 uptodate`, `1 dirty`, `2 empty`, `3 blocks 0 2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CachedPage {
    /// The page of the file.
    pub page: u32,
    /// How it is cached.
    pub state: Cache,
}

/// How a page is cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cache {
    /// Uptodate and clean.
    Uptodate,
    /// Uptodate and newer than the disk.
    Dirty,
    /// There, but not uptodate: nothing of it is.
    Empty,
    /// There, not uptodate, but the blocks of this mask are (bit 0 the first).
    Blocks(u8),
}

/// A piece of memory. Text: `memory m pages 2 resident 0,1`, `memory n mm 1 pages 1 maps a page 0 private resident -`,
/// then optionally `none 1` for the pages that are `PROT_NONE` or unmapped; `memory k kernel pages 1` for the kernel's
/// own, which is anonymous, all resident, all readable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemoryRegion {
    /// Its name.
    pub name: Name,
    /// The address space that it is in; `None`: the kernel's own memory, always there, which only tasks without an mm
    /// can use.
    pub mm: Option<u8>,
    /// Its length in pages.
    pub pages: u32,
    /// What it is.
    pub kind: MemoryKind,
    /// Bit `n`: page `n` is resident (its pte is there) from the beginning. The kernel's own memory is, whole.
    pub resident: u32,
    /// Bit `n`: page `n` cannot be read.
    pub unreadable: u32,
}

/// What a piece of memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemoryKind {
    /// Anonymous memory with content: what is not resident is in swap.
    Anonymous,
    /// A mapping of a file.
    Map {
        /// The file.
        file: usize,
        /// The page of the file at which it begins.
        page: u32,
        /// `MAP_SHARED` (no word in the text), else `MAP_PRIVATE` (`private`).
        shared: bool,
    },
}

/// A task: `task w write a 0 [m 0..40]` adds an operation to task `w`; `task w mm 1` or `task w mm none` says where it
/// lives (default 0).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Task {
    /// Its name.
    pub name: Name,
    /// Its address space; `None`: a kernel thread.
    pub mm: Option<u8>,
    /// What it does, in order.
    pub operations: Vec<TaskOperation>,
}

/// A fault to inject. Text: `fault enomem 3` (the third chance), `fault eio-read 1 times 2`,
/// `fault partial-commit 1 cells 5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Injection,
    /// At which chance for it, counted from 1.
    pub at: u32,
    /// How many times in a row, from 1.
    pub times: u32,
}

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Injection {
    /// `enomem`: a page cannot be allocated.
    NoMemory,
    /// `enospc`: a block cannot be allocated.
    NoSpace,
    /// `eio-read`: a read from the disk fails.
    ReadError,
    /// `eio-write`: a write to the disk fails.
    WriteError,
    /// `truncated-page`: an address-space operation returns `AOP_TRUNCATED_PAGE`.
    TruncatedPage,
    /// `partial-commit`: a server accepts only so many cells of what a write sends.
    PartialCommit {
        /// How many, from 1.
        cells: u32,
    },
    /// `failed-commit`: a journal, a cluster or a server fails a commit.
    FailedCommit,
    /// `signal`: at the n-th check, a fatal signal is pending for the process that makes it; its tasks call nothing any
    /// more.
    Signal,
}

/// A turn in the schedule. Text: `w:9` (9 steps of task w), or `w` (until it blocks or finishes). A turn of a task that
/// cannot run is passed over; a turn ends early when its task blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slice {
    /// Who runs.
    pub runner: Runner,
    /// For how many steps; `None`: until it blocks or finishes.
    pub steps: Option<u32>,
}

/// Who can run: a task, or the disk, which completes requests. The disk's name in the text is `disk`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Runner {
    /// A task by its index.
    Task(usize),
    /// The disk: each step completes its oldest request.
    Disk,
}

/// What should be found. Text: `expect zero-tail-retry ZERO transient`, `expect baseline DEADLOCK 2,8`,
/// `expect temp-page silent`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Expectation {
    /// The strategy's id, or `all`.
    pub strategy: String,
    /// The finding's class and its detail (`transient`, `persistent`, a deadlock's notation), or `None` for `silent`.
    pub finding: Option<(String, Option<String>)>,
}

impl Range {
    /// The number of cells.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.end - self.start
    }

    /// Whether it is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }
}
