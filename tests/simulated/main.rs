//! Cases under strategies in the simulated kernel, a topic a file. One program, since each is linked with everything
//! there is.

mod collections;
mod deadlocks;
mod determinism;
mod differential;
mod extents;
mod filesystems;
mod ideas;
mod livelocks;
mod mended;
mod oracle_says;
mod signals;
mod uncounted;
