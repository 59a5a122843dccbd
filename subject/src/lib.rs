//! Somebody else's page cache or filesystem under our generator, schedules and oracle.
#![deny(missing_docs)]

mod entry;

pub use entry::{Backend, Entry, Ran, TracedEvent};
