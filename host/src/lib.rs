//! Cases on a real kernel: a case's tasks call the kernel under this very process, its source pages stop the write where the case says, and
//! what was seen becomes a [`oracle::History`] like any other.
//!
//! - [`marker`]: words that name the place where they were left, for memory and disks that nobody has initialised.
#![deny(missing_docs)]
#![deny(unsafe_code)]

pub mod marker;
