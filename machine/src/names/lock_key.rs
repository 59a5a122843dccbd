//! Locks by name, and how they are taken.

use super::PageId;
use oracle::FileId;

/// What can be waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockKey {
    /// `i_mutex` of a file; where it is a reader-writer lock, reads take it shared.
    Inode(FileId),
    /// `mmap_sem` of an address space: fair, a queued writer holds up new readers.
    MmapSem(u8),
    /// The unpaging lock of an address space, or the pin on a vma: as fair as `mmap_sem`.
    Unpaging(u8),
    /// A journal's running transaction: an open handle has it shared, a commit takes it alone. As fair as `mmap_sem`,
    /// for while a commit waits no handle is opened.
    Journal,
    /// The cluster's lock on a file, as this node has it; another node that asks for it comes before whoever asks here
    /// after it.
    Cluster(FileId),
    /// The lock bit of a page.
    Page(PageId),
    /// A buffer under I/O.
    Buffer(PageId, u8),
    /// A page under writeback.
    Writeback(PageId),
    /// A page that truncate and `readpage` keep away from.
    KeepAway(PageId),
    /// A slot for `kmap`.
    Kmap,
}

impl LockKey {
    /// The page that it is a lock of.
    #[must_use]
    pub const fn page(self) -> Option<PageId> {
        match self {
            Self::Page(page) | Self::Buffer(page, _) | Self::Writeback(page) | Self::KeepAway(page) => Some(page),
            _ => None,
        }
    }
}

/// How a lock is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Alone: a mutex, a lock bit, a reader-writer semaphore for writing, a slot.
    Exclusive,
    /// With others that also read.
    Shared,
    /// Not taken: only waited for until it is free.
    Wait,
}
