//! The simulated kernel: case and strategy go in, a history comes out.
//!
//! The floors, from the ground: `lock`, `trace` and `fault_plan`; `memory` (frames, address spaces, page faults, user copies); `disk`, `extents`;
//! `page_cache`; `filesystem`; `syscall`; `run`. A lower floor knows nothing of a higher one, but for the address-space operations,
//! through which the page cache calls the filesystem, as it does in the kernel.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod counters;
mod crash;
pub mod defect;
mod disk;
mod executor;
mod extents;
mod fault_plan;
mod filesystem;
mod history_of;
mod kernel;
mod lasso;
mod lock;
mod memory;
mod page_cache;
mod rest;
mod run;
pub mod scheduler;
mod site;
mod start;
mod state;
mod strategy;
mod syscall;
mod trace;
mod wait_graph;

pub use counters::Counters;
pub use defect::{Defect, DefectSet};
pub use filesystem::{AopError, BUILT, Interface, Iomap, Validity};
pub use kernel::Kernel;
pub use lock::{LockKey, Mode, Site};
pub use memory::{Access, Address, Iov, PageId, Unmapping};
pub use page_cache::Pagevec;
pub use run::{Machine, Run};
pub use strategy::{Difference, Strategy, WriteFuture};
pub use trace::{BlockFlag, Event, ExtentState, PageFlag, TracedEvent};

pub use oracle::{Class, Errno, FileId, MemoryId, OperationId, ZeroSite};
