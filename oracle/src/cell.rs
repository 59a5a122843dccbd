//! A cell: the unit of memory and disk in the simulator, which carries where it came from instead of a byte.
//!
//! A cell is 32 bits: the kind in the top four, the rest by kind, with the running offset in the lowest bits, so that
//! consecutive cells of one origin differ by one and runs of them are found by comparing integers.

use crate::{FileId, MemoryId, OperationId};
use std::fmt;

/// One cell of memory or disk: an [`Origin`] packed into 32 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell(u32);

const KIND_SHIFT: u32 = 28;
const UNINITIALISED: u32 = 0;
const ZERO: u32 = 1;
const MEMORY: u32 = 2;
const WRITTEN: u32 = 3;
const STORED: u32 = 4;
const CONTENT: u32 = 5;
const OVERWRITTEN: u32 = 6;
const STALE: u32 = 7;
const MIXED: u32 = 8;

const OFFSET_BITS: u32 = 17;
const OFFSET_MASK: u32 = (1 << OFFSET_BITS) - 1;

/// Where a cell's value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A page frame as the allocator handed it out: what its previous owner left there.
    Uninitialised {
        /// The page frame.
        frame: u16,
        /// Who had it before.
        before: Owner,
    },
    /// A zero, the place in the kernel that made it, and the operation on whose behalf.
    Zero {
        /// The place in the kernel.
        site: ZeroSite,
        /// The operation that was running; `None` before the first.
        by: Option<OperationId>,
    },
    /// User memory as it was when the experiment began (never seen in a file: a write stamps it as
    /// [`Origin::Written`]).
    Memory {
        /// The memory.
        memory: MemoryId,
        /// Cells from its start.
        offset: u32,
    },
    /// Pristine user memory, copied by a write.
    Written {
        /// The write.
        operation: OperationId,
        /// The memory that it was copied from.
        memory: MemoryId,
        /// Cells from that memory's start.
        offset: u32,
    },
    /// A store through a mapping.
    Stored {
        /// The store.
        operation: OperationId,
        /// Cells from the start of the memory that was stored to.
        offset: u32,
    },
    /// A file's content as it was when the experiment began.
    Content {
        /// The file.
        file: FileId,
        /// Cells from the file's start.
        offset: u32,
    },
    /// What the disk held under a page that was already dirty in the cache when the experiment began: older than
    /// [`Origin::Content`].
    Overwritten {
        /// The file.
        file: FileId,
        /// Cells from the file's start.
        offset: u32,
    },
    /// A disk block that was free when the experiment began: the content of files long deleted.
    Stale {
        /// The block.
        block: u16,
        /// Cells from the block's start.
        offset: u16,
    },
    /// Bytes of several cells, or of none: only where cells are made of bytes that somebody else's code moves.
    Mixed,
}

/// Who had a page frame before it was handed out uninitialised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Nobody since the machine started: the memory of an earlier, unknown owner.
    Unknown,
    /// An anonymous page of a process.
    Anonymous(MemoryId),
    /// A page of a file.
    File(FileId),
    /// A temporary page of the kernel.
    Kernel,
}

macro_rules! zero_sites {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)*) => {
        /// The place in the kernel that made a zero.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum ZeroSite { $($(#[$doc])* $name,)* }

        impl ZeroSite {
            const ALL: &[Self] = &[$(Self::$name,)*];

            /// What the place does, as a phrase.
            #[must_use]
            pub const fn describe(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

zero_sites! {
    /// A hole, or the end of the last page, as it was when the experiment began.
    Start => "zero from the start",
    /// An anonymous page, touched for the first time or after `madvise(MADV_DONTNEED)`.
    AnonymousPage => "a fresh anonymous page",
    /// The strategy cleared what it could not copy.
    ShortCopyTail => "the strategy cleared the rest of a short copy",
    /// The atomic copy from user memory cleared what it could not copy.
    AtomicCopyTail => "the atomic user copy cleared what it could not copy",
    /// The faulting copy from user memory cleared what it could not copy.
    FailedCopyTail => "the faulting user copy cleared what it could not copy",
    /// `prepare_write` or `write_begin` cleared around the range about to be written.
    PrepareEdge => "prepare_write cleared around the range to be written",
    /// `prepare_write` cleared the whole page.
    PreparePage => "prepare_write cleared the whole page",
    /// `readpage` found a hole.
    ReadHole => "readpage filled a hole",
    /// The part of the last page past the end of the file.
    EndOfFile => "the page was cleared past the end of the file",
    /// Truncate cleared the tail of a partial page.
    TruncateTail => "truncate cleared the tail of the page",
    /// A hole punch cleared part of a page.
    Punch => "a hole punch cleared the range",
    /// An error path cleared newly allocated blocks or a page.
    ErrorPath => "an error path cleared what it had prepared",
    /// `write_end` cleared newly allocated blocks after a short copy.
    FreshBlock => "write_end cleared newly allocated blocks after a short copy",
    /// A page between the old end of the file and the write, cleared one by one.
    GapPage => "a page of the gap before the write was cleared",
    /// An extent that is allocated but unwritten.
    UnwrittenExtent => "an unwritten extent",
    /// The disk's own zeroes: a block that was cleared on purpose.
    Disk => "a zeroed disk block",
    /// Zero bytes that somebody's code made.
    Bytes => "zero bytes",
}

impl Cell {
    /// Packs an origin.
    ///
    /// # Panics
    /// In debug builds, if an offset, frame or block does not fit.
    #[must_use]
    #[inline(always)] // Where the kind is known, as it mostly is, a few shifts are left.
    pub const fn new(origin: Origin) -> Self {
        match origin {
            Origin::Uninitialised { frame, before } => Self::uninitialised(frame, before),
            Origin::Zero { site, by } => Self::zero(site, by),
            Origin::Memory { memory, offset } => Self::pack(MEMORY, memory.0 as u32, offset),
            Origin::Written { operation, memory, offset } => {
                debug_assert!(operation.0 < 128 && memory.0 < 16);
                Self::pack(WRITTEN, ((operation.0 as u32) << 4) | memory.0 as u32, offset)
            }
            Origin::Stored { operation, offset } => Self::pack(STORED, operation.0 as u32, offset),
            Origin::Content { file, offset } => Self::pack(CONTENT, file.0 as u32, offset),
            Origin::Overwritten { file, offset } => Self::pack(OVERWRITTEN, file.0 as u32, offset),
            Origin::Stale { block, offset } => {
                Self((STALE << KIND_SHIFT) | ((block as u32 & 0xfff) << 16) | offset as u32)
            }
            Origin::Mixed => Self(MIXED << KIND_SHIFT),
        }
    }

    const fn pack(kind: u32, high: u32, offset: u32) -> Self {
        debug_assert!(offset <= OFFSET_MASK);
        Self((kind << KIND_SHIFT) | (high << OFFSET_BITS) | offset)
    }

    const fn uninitialised(frame: u16, before: Owner) -> Self {
        let owner = match before {
            Owner::Unknown => 0,
            Owner::Kernel => 1,
            Owner::Anonymous(memory) => 16 + memory.0 as u32,
            Owner::File(file) => 32 + file.0 as u32,
        };
        Self((UNINITIALISED << KIND_SHIFT) | (owner << 12) | frame as u32 & 0xfff)
    }

    /// A zero made at `site` on behalf of `by`.
    #[must_use]
    pub const fn zero(site: ZeroSite, by: Option<OperationId>) -> Self {
        let by = match by {
            Some(operation) => operation.0 as u32 + 1,
            None => 0,
        };
        Self((ZERO << KIND_SHIFT) | (by << 8) | site as u32)
    }

    /// Unpacks the origin.
    #[must_use]
    pub fn origin(self) -> Origin {
        let payload = self.0 & ((1 << KIND_SHIFT) - 1);
        let (high, offset) = ((payload >> OFFSET_BITS) as u8, payload & OFFSET_MASK);
        match self.0 >> KIND_SHIFT {
            UNINITIALISED => {
                Origin::Uninitialised { frame: (payload & 0xfff) as u16, before: Owner::from_code(payload >> 12) }
            }
            ZERO => {
                let by = (payload >> 8) as u8;
                let site = ZeroSite::ALL[(payload & 0xff) as usize];
                Origin::Zero { site, by: by.checked_sub(1).map(OperationId) }
            }
            MEMORY => Origin::Memory { memory: MemoryId(high), offset },
            WRITTEN => {
                let high = payload >> OFFSET_BITS;
                Origin::Written {
                    operation: OperationId((high >> 4) as u8),
                    memory: MemoryId((high & 15) as u8),
                    offset,
                }
            }
            STORED => Origin::Stored { operation: OperationId(high), offset },
            CONTENT => Origin::Content { file: FileId(high), offset },
            OVERWRITTEN => Origin::Overwritten { file: FileId(high), offset },
            STALE => Origin::Stale { block: (payload >> 16) as u16, offset: payload as u16 },
            _ => Origin::Mixed,
        }
    }

    /// The cell with these packed bits; `None` if no cell has them.
    #[must_use]
    pub fn from_bits(bits: u32) -> Option<Self> {
        let payload = bits & ((1 << KIND_SHIFT) - 1);
        let high = payload >> OFFSET_BITS;
        let is_one = match bits >> KIND_SHIFT {
            UNINITIALISED => Owner::has_code(payload >> 12),
            ZERO => payload >> 17 == 0 && ((payload & 0xff) as usize) < ZeroSite::ALL.len() && payload >> 8 <= 128,
            MEMORY => high < 16,
            STORED | CONTENT | OVERWRITTEN => high < 256,
            WRITTEN | STALE => true,
            MIXED => payload == 0,
            _ => false,
        };
        is_one.then_some(Self(bits))
    }

    /// Whether this is a zero, whoever made it.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 >> KIND_SHIFT == ZERO
    }

    /// Whether this is memory that nobody initialised.
    #[must_use]
    pub const fn is_uninitialised(self) -> bool {
        self.0 >> KIND_SHIFT == UNINITIALISED
    }

    /// Whether this is pristine user memory, which a write stamps as its own.
    #[must_use]
    pub const fn is_memory(self) -> bool {
        self.0 >> KIND_SHIFT == MEMORY
    }

    /// What a write puts into a file when it copies this cell: pristine memory becomes the write's own data, anything
    /// else (a mapped file, a store, a fresh zero page) is copied with the provenance that it has.
    #[must_use]
    pub const fn copied_by(self, write: OperationId) -> Self {
        if self.is_memory() {
            // Memory and offset stay where they are.
            let kept = (1 << (OFFSET_BITS + 4)) - 1;
            Self((WRITTEN << KIND_SHIFT) | ((write.0 as u32) << (OFFSET_BITS + 4)) | self.0 & kept)
        } else {
            self
        }
    }

    /// The same origin, `cells` further on: the next cell of a run.
    #[must_use]
    pub const fn advance(self, cells: u32) -> Self {
        match self.0 >> KIND_SHIFT {
            UNINITIALISED | ZERO | MIXED => self,
            _ => Self(self.0 + cells),
        }
    }

    /// Fills cells with the run that begins with `first`, of a kind that counts cells.
    pub fn count_up(cells: &mut [Self], first: Self) {
        for (cell, at) in cells.iter_mut().zip(0..) {
            *cell = Self(first.0 + at);
        }
    }

    /// The packed bits, for hashing.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }
}

impl Owner {
    const fn has_code(code: u32) -> bool {
        matches!(code, 0 | 1 | 16..=255)
    }

    fn from_code(code: u32) -> Self {
        match code {
            0 => Self::Unknown,
            16..32 => Self::Anonymous(MemoryId((code - 16) as u8)),
            32..=255 => Self::File(FileId((code - 32) as u8)),
            _ => Self::Kernel,
        }
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.origin().fmt(f)
    }
}
