//! Runs cases on a real kernel. The tasks of a case are threads of this process that make system calls; absent source
//! pages stop a write where the case says so; and what was seen becomes a [`oracle::History`] like any other.
//!
//! - [`Executor`]: a case in, a history out.
//! - [`search`]: generates cases and reduces what they find.
//! - [`Limits`]: what a case asks for that this kernel or directory cannot provide.
//! - [`crash`]: the content of a filesystem on a disk after a crash at a chosen moment.
//! - [`fuse`]: a filesystem of our own with defects that can be switched on: the positive controls.
//! - [`marker`]: words that name the place where they were left, in memory and on disks that nobody has initialised.
//! - [`mount`]: filesystems of our own: made, filled with markers, mounted, and removed when the process ends.
//! - [`spray`]: fills free memory with markers, and tells whether this kernel would zero it.
//! - [`write_log`]: a disk that records each write and flush, and can be restored to its state after any of them.
#![deny(missing_docs)]
#![deny(unsafe_code)]

mod affinity;
mod cell_size;
mod conductor;
pub mod crash;
mod crashed;
mod decode;
mod executor;
mod extents;
mod files;
mod fill_history;
mod final_look;
pub mod fuse;
mod history_clock;
mod kernel;
mod limits;
mod manner;
pub mod marker;
pub mod mount;
mod observer;
mod pattern;
mod power_supply;
mod program;
mod record;
mod refusal;
pub mod search;
mod sleeper;
pub mod spray;
mod system_calls;
mod task_threads;
mod time;
mod user_memory;
pub mod write_log;
mod writeback;

pub use conductor::Hang;
pub use executor::{Executor, Ran};
pub use kernel::kernel;
pub use limits::{Limit, Limits};
pub use manner::{FinalLooks, Manner, Observers};
pub use power_supply::{FilesAfter, Medium};
pub use refusal::Refusal;
pub use sleeper::Sleeper;
pub use time::Time;
