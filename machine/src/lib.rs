//! The simulated kernel: case and strategy go in, a history comes out.
//!
//! The modules stand on each other in floors, of which each knows only those below it. From the ground up:
//!
//! - what the rest speaks of: `defect`, `counters`, `names`, `trace`;
//! - the state, of which each floor is the floor below it and a part of its own: `base`, `pages`, `lock`, `memory`,
//!   `inode`, `disk`, `state`. All that happens in one step is a method of one of them; `start` fills them;
//! - who runs: `stage`, which gives the state to the turns of [`schedule`], and `kernel`, the handle through which
//!   tasks come to the state and wait;
//! - what takes more than a step, as methods of [`Kernel`]: `unpaging`, `page_cache`, `user_memory`, `filesystem`,
//!   `syscall`;
//! - a whole run: `look_at_rest`, `crash`, `executor`, `run`.
//!
//! The page cache calls the filesystem through the address-space operations, a trait that it declares and `filesystem`
//! implements. `docs/architecture.md` has the table of the floors, and `tests/architecture.rs` holds the modules to it.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod base;
mod counters;
mod crash;
pub mod defect;
mod disk;
mod executor;
mod filesystem;
mod floor;
mod inode;
mod kernel;
mod lock;
mod look_at_rest;
mod memory;
mod names;
mod page_cache;
mod pages;
mod run;
mod stage;
mod start;
mod state;
mod strategy;
mod syscall;
mod trace;
mod unpaging;
mod user_memory;

pub use counters::Counters;
pub use defect::{Defect, DefectSet};
pub use filesystem::{BUILT, Interface, Iomap, Validity};
pub use inode::Pagevec;
pub use kernel::Kernel;
pub use memory::{Address, Iov, UnmapLock};
pub use names::{BlockFlag, ExtentState, LockKey, Mode, PageFlag, PageId, Site};
pub use page_cache::AopError;
pub use run::{Machine, Run};
pub use strategy::{Difference, Strategy, WriteFuture};
pub use trace::{Event, TracedEvent};

pub use oracle::{Class, Errno, FileId, MemoryId};
