//! Searches on a real kernel, in processes of their own: what a worker tells, how workers are run, and what is known of
//! real kernels.
//!
//! A worker calls the kernel and may never come back; whoever runs it stays responsive, keeps what was found, and
//! cleans up.

mod event;
mod known;
pub(crate) mod store;
mod supervisor;
mod worker;

pub use event::{Event, Found, Repeated, Replayed, Shown, Totals};
pub use known::{Known, KnownError, Shows, Symptom};
pub use store::Store;
pub use supervisor::{Job, Supervisor};
pub use worker::{Assignment, Disk, work};
