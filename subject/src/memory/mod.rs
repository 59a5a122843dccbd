//! User memory as a subject and the tasks use it: what writes copy from, what reads go to, loads, stores and faults.

mod access;
mod sink;
mod source;

pub use access::Install;
pub(crate) use access::{Mapped, fault, load, store};
pub use sink::Sink;
pub use source::Source;
