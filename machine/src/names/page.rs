//! Pages by number, their flags, and the states of blocks.

/// A page frame, and the page that is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PageId(pub(crate) u16);

impl PageId {
    /// The frame's number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A flag of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PageFlag {
    /// Its content is as new as the disk's, or newer: readers need no lock.
    Uptodate,
    /// Newer than the disk.
    Dirty,
    /// On its way to the disk.
    Writeback,
    /// I/O on it failed.
    Error,
    /// It has buffers.
    Private,
    /// All its blocks are on disk.
    MappedToDisk,
    /// Truncate and `readpage` keep away from it, whether it is locked or not (Altaparmakov, 2007-02-04 17:40).
    KeepAway,
}

/// A flag of a buffer: one block of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum BlockFlag {
    /// It has a block on disk.
    Mapped,
    /// The block was only just allocated.
    New,
    /// Its content is as new as the disk's, or newer.
    Uptodate,
    /// Newer than the disk.
    Dirty,
    /// Under I/O.
    Locked,
    /// Its block will be allocated at writeback.
    Delay,
}

impl BlockFlag {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::Delay as usize + 1;
}

/// What a block of a file is, where the filesystem has extents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExtentState {
    /// Nowhere.
    Hole,
    /// Reserved, to be allocated at writeback.
    Delayed,
    /// Allocated, never written.
    Unwritten,
    /// Allocated and written.
    Written,
}
