//! A history: what the tasks of an experiment called and saw, on one clock, and the state at rest after.

use crate::{Cell, Errno, FaultKind, FaultSet};
use std::borrow::Cow;

/// A moment: the step number in the simulator, a shared counter on a real kernel. Widening an operation's interval is
/// always sound.
pub type Clock = u32;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u8);

        impl $name {
            /// The identity as an index.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        })*
    };
}

ids! {
    /// A file of the experiment, by its place in [`History::files`]; at most 16.
    FileId,
    /// A piece of user memory, by its place in [`History::memories`]; at most 16, and an observer's after them.
    MemoryId,
    /// A task, by its place in the case.
    TaskId,
    /// An operation, by its place in [`History::operations`]; at most 128. It does not depend on the schedule.
    OperationId,
}

/// A half-open range of indices into one of the history's arenas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first index.
    pub start: u32,
    /// One past the last.
    pub end: u32,
}

impl Span {
    /// The number of elements.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.end - self.start
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// As a range of `usize`, to index with.
    #[must_use]
    pub const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Everything that the oracle may look at. The vectors are arenas that a machine fills again and again:
/// [`History::clear`] keeps them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Cells (bytes on a real kernel) in a page: the unit in which mappings and the writes' chunks are rounded.
    pub page: u32,
    /// The files, as they were at the beginning.
    pub files: Vec<FileStart>,
    /// User memory, as it was at the beginning.
    pub memories: Vec<Memory>,
    /// Every operation of the case, whether or not it was called, indexed by [`OperationId`].
    pub operations: Vec<Operation>,
    /// The segments of all writes.
    pub segments: Vec<Segment>,
    /// Arena of observed and initial content.
    pub cells: Vec<Cell>,
    /// The files after everything came to rest, looked at in several ways; empty if the machine stopped.
    pub rest: Vec<Rest>,
    /// Why the machine stopped before the operations had all returned, if it did.
    pub stop: Option<Stop>,
    /// Who owns which block at rest; `None` where that cannot be seen.
    pub blocks: Option<BlockCensus>,
    /// Whether the filesystem makes no promise that data is on the disk before what points to it.
    pub unordered: bool,
    /// Whether files have no blocks on a disk, so that what a truncate frees cannot come back as another file's.
    pub diskless: bool,
    /// The transfers between memory and disk that failed, in their order.
    pub failures: Vec<Failure>,
}

/// A transfer between memory and disk (or a server) that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// [`FaultKind::ReadError`] or [`FaultKind::WriteError`]; or [`FaultKind::PartialCommit`], for a filesystem that
    /// took less of a write than it was given.
    pub kind: FaultKind,
    /// The file whose cells were transferred; `None` where that is not known: it may be any.
    pub file: Option<FileId>,
    /// The first cell that was not transferred.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// When it failed.
    pub at: Clock,
    /// For whom the transfer was made, if for an operation.
    pub by: Option<OperationId>,
}

/// A file when the experiment began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStart {
    /// Its size in cells.
    pub size: u32,
    /// Its content, in [`History::cells`]: `size` cells.
    pub content: Span,
}

/// A piece of user memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Its length in cells: whole pages.
    pub length: u32,
    /// The file that it maps and the offset in cells, if it maps one.
    pub mapped: Option<(FileId, u32)>,
    /// For a mapping of a file: whether it is shared. (A private page is a copy of its own after the first store to
    /// it.)
    pub shared: bool,
    /// Bit `n`: page `n` cannot be read from the beginning (`PROT_NONE`, or nothing mapped there).
    pub unreadable: u64,
    /// Whether only an observer loads from it: then nothing was copied from it or stored to it.
    pub observer: bool,
}

/// One operation of one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The task.
    pub task: TaskId,
    /// What it asked for.
    pub call: Call,
    /// When it was called; `None` if it never was.
    pub invoked: Option<Clock>,
    /// When it returned; `None` if it has not.
    pub returned: Option<Clock>,
    /// What it returned.
    pub outcome: Option<Outcome>,
    /// What a read or load saw, in [`History::cells`].
    pub observed: Span,
    /// Where an append went, or the size that a `stat` saw.
    pub position: Option<u32>,
    /// The injected faults that hit it.
    pub faults: FaultSet,
}

/// What an operation asked the kernel for. Offsets and lengths are in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `pwritev(2)`, or with `offset` = `None` a `writev(2)` to a descriptor opened with `O_APPEND`.
    Write {
        /// The file.
        file: FileId,
        /// Where to; `None` for an append.
        offset: Option<u32>,
        /// The segments, in [`History::segments`].
        segments: Span,
    },
    /// `pread(2)`.
    Read {
        /// The file.
        file: FileId,
        /// Where from.
        offset: u32,
        /// How much.
        length: u32,
    },
    /// `fstat(2)`: the size is the operation's `position`.
    Stat {
        /// The file.
        file: FileId,
    },
    /// A load from user memory: of a mapped file, or of anonymous memory.
    Load {
        /// The memory.
        memory: MemoryId,
        /// Cells from its start.
        offset: u32,
        /// How much.
        length: u32,
    },
    /// A store to user memory.
    Store {
        /// The memory.
        memory: MemoryId,
        /// Cells from its start.
        offset: u32,
        /// How much.
        length: u32,
    },
    /// `ftruncate(2)`, or a truncation from inside the kernel that does not take the inode's lock.
    Truncate {
        /// The file.
        file: FileId,
        /// The new size.
        size: u32,
        /// Whether it takes the inode's lock, and so is ordered against writes.
        locked: bool,
    },
    /// `fallocate(FALLOC_FL_PUNCH_HOLE)`.
    Punch {
        /// The file.
        file: FileId,
        /// Where.
        offset: u32,
        /// How much.
        length: u32,
    },
    /// `munmap(2)` or `mremap(2)`: the pages cannot be read at these addresses any more.
    Unmap {
        /// The memory.
        memory: MemoryId,
        /// The first page.
        first: u32,
        /// How many.
        pages: u32,
    },
    /// `madvise(MADV_DONTNEED)`: anonymous pages become zero, private copies are dropped, the file behind a mapping is
    /// seen again.
    DontNeed {
        /// The memory.
        memory: MemoryId,
        /// The first page.
        first: u32,
        /// How many.
        pages: u32,
    },
    /// `invalidate_inode_pages2` and its like: what is cached is dropped, and read again when it is wanted.
    Invalidate {
        /// The file.
        file: FileId,
        /// Whether dirty data that was not written back goes too, as the caller wants.
        discards: bool,
    },
    /// `fsync(2)`.
    Fsync {
        /// The file.
        file: FileId,
    },
    /// Power is lost; the filesystems are mounted again.
    Crash,
    /// Something that changes no content, size or mapping: writeback, reclaim, `mlock(2)`.
    Other,
}

/// A segment of an iovec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The memory.
    pub memory: MemoryId,
    /// Cells from its start.
    pub offset: u32,
    /// Its length; may be 0, and may run past the end of the memory (where nothing is mapped).
    pub length: u32,
}

/// What an operation returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Success; for reads, loads, stores and writes the number of cells moved, else 0.
    Done(u32),
    /// An error.
    Failed(Errno),
    /// A load or store past the end of the file: the task got `SIGBUS`.
    BusError,
    /// A load or store where nothing is mapped: the task got `SIGSEGV`.
    SegmentationFault,
}

/// A file at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// The file.
    pub file: FileId,
    /// How it was looked at.
    pub way: Way,
    /// The size.
    pub size: u32,
    /// The content up to the size, in [`History::cells`]. Through a mapping it goes on to the end of the last page.
    pub content: Span,
}

/// How a file was looked at after everything came to rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Way {
    /// By `read(2)`.
    Read,
    /// Through a mapping.
    Mapping,
    /// By `read(2)` after everything was written back and evicted.
    Evicted,
    /// After a crash.
    Crash,
}

/// Why the machine stopped although operations were still under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A cycle in the wait-for graph.
    Deadlock(Deadlock),
    /// No disturber is left, the scheduler is fair, and still the operation does not finish.
    Livelock {
        /// The operation that does not finish.
        operation: OperationId,
        /// The step at which the machine gave up, or saw its state again.
        step: Clock,
    },
    /// The kernel broke a rule of its own (K1).
    Oops {
        /// The operation that was running.
        operation: OperationId,
        /// The rule, in words.
        what: &'static str,
        /// The step.
        step: Clock,
    },
    /// The code under test gave up (K2): not a simulated kernel, but somebody's code.
    Crashed(Crashed),
}

/// How code under test gave up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crashed {
    /// In which way.
    pub how: CrashKind,
    /// The operation that was running.
    pub operation: OperationId,
    /// What it said, and where.
    pub what: String,
    /// The step.
    pub step: Clock,
}

/// The ways in which code under test gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CrashKind {
    /// It panicked.
    Panic,
    /// It ran out of stack.
    StackOverflow,
    /// It went on without ever coming to a place where another task could run.
    Hang,
}

/// A deadlock: tasks that wait for one another for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadlock {
    /// The step at which the cycle closed.
    pub step: Clock,
    /// The cycle: each task waits for what the next one holds, the last for the first.
    pub cycle: Vec<Link>,
    /// The thread's own notation for it, where it has one.
    pub notation: Notation,
}

/// One task in a deadlock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The task.
    pub task: TaskId,
    /// Its operation.
    pub operation: OperationId,
    /// The lock that it holds and the previous task wants, as `PL(a:0)`; for a queued writer, the lock that it is
    /// queued for.
    pub holds: String,
    /// Where in the code that was taken.
    pub taken_at: Cow<'static, str>,
    /// When.
    pub taken_step: Clock,
    /// The lock that it waits for.
    pub wants: String,
    /// Where in the code it waits.
    pub waits_at: Cow<'static, str>,
}

/// The deadlocks that Piggin's message of 2007-02-04 08:51 names by the lines of its listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Notation {
    /// `2,8`: the page to be written is the page to be read.
    SamePage,
    /// `2,8;2,8`: two pages, crosswise.
    Crosswise,
    /// `2,6;b,f`: the page lock against `mmap_sem`.
    MmapSem,
    /// None of the three.
    Other,
}

impl Notation {
    /// As the thread writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SamePage => "2,8",
            Self::Crosswise => "2,8;2,8",
            Self::MmapSem => "2,6;b,f",
            Self::Other => "other",
        }
    }
}

/// Who owns which disk block at rest (S10).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockCensus {
    /// Cells in a block.
    pub block: u32,
    /// One for each block that a file maps: the file, the logical block in it, and the disk block.
    pub mapped: Vec<(FileId, u32, u32)>,
    /// The disk blocks that are free.
    pub free: Vec<u32>,
    /// How many blocks the disk has.
    pub total: u32,
}

impl History {
    /// Empties the history and keeps its memory.
    pub fn clear(&mut self) {
        self.files.clear();
        self.memories.clear();
        self.operations.clear();
        self.segments.clear();
        self.cells.clear();
        self.rest.clear();
        self.stop = None;
        self.blocks = None;
        self.unordered = false;
        self.diskless = false;
        self.failures.clear();
    }

    /// Makes this a copy of another history, in the memory that it has.
    pub fn copy_from(&mut self, other: &Self) {
        let Self { page, files, memories, operations, segments, cells, rest, stop, blocks, .. } = other;
        self.page = *page;
        self.files.clone_from(files);
        self.memories.clone_from(memories);
        self.operations.clone_from(operations);
        self.segments.clone_from(segments);
        self.cells.clone_from(cells);
        self.rest.clone_from(rest);
        self.stop.clone_from(stop);
        (self.unordered, self.diskless) = (other.unordered, other.diskless);
        self.failures.clone_from(&other.failures);
        match (&mut self.blocks, blocks) {
            (Some(mine), Some(others)) => {
                mine.block = others.block;
                mine.mapped.clone_from(&others.mapped);
                mine.free.clone_from(&others.free);
                mine.total = others.total;
            }
            (mine, others) => mine.clone_from(others),
        }
    }

    /// What an operation saw.
    #[must_use]
    pub fn observed(&self, operation: OperationId) -> &[Cell] {
        &self.cells[self.operations[operation.index()].observed.range()]
    }
}
