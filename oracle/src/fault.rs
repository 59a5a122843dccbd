//! What goes wrong: error numbers, and the faults that an experiment injects.

/// The error numbers that a buffered write path returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are the kernel's")]
pub enum Errno {
    EFAULT,
    ENOMEM,
    ENOSPC,
    EIO,
    EINTR,
    EINVAL,
    EDEADLK,
    EAGAIN,
    EBUSY,
}

/// A kind of injected fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum FaultKind {
    /// A page could not be allocated.
    NoMemory,
    /// A block could not be allocated.
    NoSpace,
    /// A read from the disk failed.
    ReadError,
    /// A write to the disk failed.
    WriteError,
    /// An address-space operation returned `AOP_TRUNCATED_PAGE`.
    TruncatedPage,
    /// `commit_write` accepted only part.
    PartialCommit,
    /// `commit_write` failed.
    FailedCommit,
    /// A signal arrived.
    Signal,
}

/// A set of [`FaultKind`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FaultSet(u16);

impl FaultSet {
    /// Adds a kind.
    pub const fn insert(&mut self, kind: FaultKind) {
        self.0 |= 1 << kind as u16;
    }

    /// Whether a kind is in it.
    #[must_use]
    pub const fn contains(self, kind: FaultKind) -> bool {
        self.0 & (1 << kind as u16) != 0
    }

    /// Whether it is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}
