//! Memory: page frames, address spaces with their ptes, and the atomic copies between user memory and pages.

mod copy;
mod frames;
mod iov;
mod undo;
mod unpaging;
mod vma;

pub use iov::{Address, Iov};
pub use unpaging::UnmapLock;
pub(crate) use vma::{NO_PAGE, Vma};

use crate::floor::stands_on;
use crate::lock::Locks;
use frames::Frames;
use oracle::{Cell, MemoryId};
use schedule::MAX_RUNNERS;
use undo::PreparedCopy;

/// The part of the state that frames and address spaces are in.
#[derive(Debug)]
pub(crate) struct Memory {
    below: Locks,
    pub frames: Frames,
    pub memories: Vec<Vma>,
    swap: Vec<Cell>,
    /// What whoever removes ptes has to hold.
    pub unmap_lock: UnmapLock,
    /// The page that each task has prepared and not yet committed, and what a mended write can put back of it.
    copies: Vec<PreparedCopy>,
}

stands_on!(Memory, Locks);

impl Memory {
    pub fn new() -> Self {
        Self {
            below: Locks::new(),
            frames: Frames::default(),
            memories: Vec::new(),
            swap: Vec::new(),
            unmap_lock: UnmapLock::None,
            copies: (0..MAX_RUNNERS).map(|_| PreparedCopy::default()).collect(),
        }
    }

    pub fn memory(&self, memory: MemoryId) -> &Vma {
        &self.memories[memory.index()]
    }

    pub fn memory_mut(&mut self, memory: MemoryId) -> &mut Vma {
        &mut self.memories[memory.index()]
    }
}
