//! Somebody else's page cache or filesystem under our generator, schedules and oracle.
//!
//! A [`Subject`] is a cache: ordinary synchronous code, used by several tasks at a time. Each task of a case is a
//! coroutine with a stack of its own; all run on one thread, and whose turn it is the scheduler says, wherever the
//! subject takes a lock, touches an atomic of [`sync`], waits for the disk, or copies from or to user memory. What it
//! moves are bytes that carry tags, so that the oracle knows where each came from.
#![deny(missing_docs)]

mod call;
mod coroutine;
mod disk;
mod entry;
mod frames;
mod locks;
mod memory;
mod panics;
mod rest;
mod runner;
mod subject;
pub mod sync;
mod tag;
mod trap;
mod volume;
mod world;

pub use case::{Abilities, Injection, OperationKind};
pub use disk::{Disk, SECTOR};
pub use entry::{Backend, Counts, Entry, Ran, TracedEvent};
pub use frames::Frame;
pub use memory::{Install, Sink, Source};
pub use oracle::Errno;
pub use runner::Runner;
pub use subject::{Env, Start, Subject};
pub use tag::CELL;
pub use volume::{Locked, Volume};
