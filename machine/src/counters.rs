//! Counters of what a write costs: calls, locks, copies.

/// How often the machine did what costs time. Counts, not times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Calls of `prepare_write` or `write_begin`.
    pub prepare_calls: u64,
    /// Calls of `commit_write` or `write_end`.
    pub commit_calls: u64,
    /// Page locks taken.
    pub page_locks: u64,
    /// Times that the lock of the LRU lists was taken.
    pub lru_lock: u64,
    /// Times that an `mmap_sem` was taken.
    pub mmap_sem: u64,
    /// Page-table walks: faults and `get_user_pages`.
    pub page_table_walks: u64,
    /// Cells copied from user memory.
    pub cells_from_user: u64,
    /// Cells copied from page to page.
    pub cells_between_pages: u64,
    /// Page frames allocated.
    pub pages_allocated: u64,
    /// Blocks written to disk.
    pub blocks_written: u64,
}
