//! Cases on a real kernel: a case's tasks call the kernel under this very process, its source pages stop the write where the case says, and
//! what was seen becomes a [`oracle::History`] like any other.
//!
//! - [`Executor`]: a case in, a history out.
//! - [`search`]: generated cases, and what they show made small.
//! - [`Limits`]: what a case asks for that cannot be had here.
//! - [`crash`]: what a filesystem on a disk has after a crash at a chosen moment.
//! - [`fuse`]: a filesystem of our own, with defects that can be switched on: the positive controls.
//! - [`marker`]: words that name the place where they were left, for memory and disks that nobody has initialised.
//! - [`mount`]: filesystems of our own, made, filled with markers, mounted, and gone with the process.
//! - [`spray`]: free memory filled with markers, and whether this kernel would zero it.
//! - [`write_log`]: a disk that records each write and flush, and can be had as it was after any of them.
#![deny(missing_docs)]
#![deny(unsafe_code)]

mod affinity;
mod asleep;
mod conductor;
pub mod crash;
mod crashed;
mod crew;
mod decode;
mod executor;
mod files;
pub mod fuse;
mod history_of;
mod kernel;
mod limits;
mod manner;
pub mod marker;
pub mod mount;
mod observer;
mod operation;
mod pattern;
mod power;
mod program;
mod record;
mod rest;
mod scale;
pub mod search;
pub mod spray;
mod ticks;
mod time;
mod user_memory;
pub mod write_log;
mod writeback;

pub use asleep::Sleeper;
pub use conductor::Hang;
pub use executor::{Executor, Ran};
pub use kernel::kernel;
pub use limits::{Limit, Limits};
pub use manner::{Looks, Manner, Observers};
pub use power::{FilesAfter, Medium};
pub use time::Time;
