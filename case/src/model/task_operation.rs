//! What a task does: the operations of a case.

use super::{PageRange, Range};

/// An operation of a task.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TaskOperation {
    /// `write FILE OFFSET [MEMORY RANGE, …]`: `pwrite(2)` with one segment, `pwritev(2)` with several (or none).
    Write {
        /// The file.
        file: usize,
        /// Where to.
        offset: u32,
        /// From where.
        segments: Vec<Iovec>,
    },
    /// `append FILE [MEMORY RANGE, …]`: with `O_APPEND`.
    Append {
        /// The file.
        file: usize,
        /// From where.
        segments: Vec<Iovec>,
    },
    /// `read FILE RANGE`: `pread(2)` into memory that is always there.
    Read {
        /// The file.
        file: usize,
        /// What.
        range: Range,
    },
    /// `stat FILE`.
    Stat {
        /// The file.
        file: usize,
    },
    /// `load MEMORY RANGE`.
    Load {
        /// The memory.
        memory: usize,
        /// What.
        range: Range,
    },
    /// `store MEMORY RANGE`.
    Store {
        /// The memory.
        memory: usize,
        /// What.
        range: Range,
    },
    /// `truncate FILE SIZE`, or `truncate-unlocked FILE SIZE`: one from inside the kernel, without `i_mutex`, on
    /// `cluster` alone.
    Truncate {
        /// The file.
        file: usize,
        /// The new size.
        size: u32,
        /// Whether it takes `i_mutex`.
        locked: bool,
    },
    /// `punch FILE RANGE`: makes a hole, the size stays.
    Punch {
        /// The file.
        file: usize,
        /// What.
        range: Range,
    },
    /// `munmap MEMORY pages RANGE` (`page N` for one, wherever pages are meant).
    Munmap {
        /// The memory.
        memory: usize,
        /// Which pages.
        pages: PageRange,
    },
    /// `mremap MEMORY`: the whole memory moves away; nothing is left at its address.
    Mremap {
        /// The memory.
        memory: usize,
    },
    /// `madvise-dontneed MEMORY page N`.
    DontNeed {
        /// The memory.
        memory: usize,
        /// Which pages.
        pages: PageRange,
    },
    /// `mlock MEMORY`: faults every page in with `mmap_sem` held for writing.
    Mlock {
        /// The memory.
        memory: usize,
    },
    /// `reclaim-pte MEMORY page N`: try_to_unmap; anonymous pages go to swap. Any task can do it to any user memory.
    ReclaimPte {
        /// The memory.
        memory: usize,
        /// Which pages.
        pages: PageRange,
    },
    /// `reclaim FILE page N`: a page of the cache; written out first if it is dirty.
    Reclaim {
        /// The file.
        file: usize,
        /// Which pages.
        pages: PageRange,
    },
    /// `invalidate FILE` (skips pages in use) or `invalidate-all FILE` (`invalidate_inode_pages2`).
    Invalidate {
        /// The file.
        file: usize,
        /// Which of the two.
        kind: Invalidation,
    },
    /// `writeback FILE`.
    Writeback {
        /// The file.
        file: usize,
    },
    /// `fsync FILE`.
    Fsync {
        /// The file.
        file: usize,
    },
    /// `crash`: power is lost and the filesystems are mounted again; nothing else runs any more.
    Crash,
}

/// Which invalidation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Invalidation {
    /// `invalidate_mapping_pages`: leaves pages that are dirty, mapped, under writeback or referenced.
    Unused,
    /// `invalidate_inode_pages2`: unmaps them and ignores the reference count.
    All,
}

/// A segment of an iovec. Text: `m 0..40`; a bad pointer is a range past the memory's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Iovec {
    /// The memory.
    pub memory: usize,
    /// What of it.
    pub range: Range,
}
