//! The reference oracle: it takes the [`History`] of an experiment and says whether a correct kernel could have
//! produced it.
//!
//! It knows nothing of strategies, pages or schedulers: it sees what each operation called, when, and what it saw. The
//! simulator and a real kernel are judged by the same code.
//!
//! What a write copied from a mapping, or from memory that somebody stored to, is traced to its origin through
//! further copies, however many. A question that takes a million steps is given up and counted: its cells pass for
//! legal.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod brute_force;
pub mod builder;
mod cell;
mod checker;
mod classify;
pub mod diff;
mod exercised;
mod fault;
mod finding;
mod history;
mod model;
mod observation;
mod persistence;
mod report;
mod rules;
mod verdict;

pub use cell::{Cell, Origin, Owner, ZeroSite};
pub use checker::Checker;
pub use exercised::{Exercised, Quirk, QuirkSeen};
pub use fault::{Errno, FaultKind, FaultSet};
pub use history::{
    BlockCensus, Call, Clock, CrashKind, Crashed, Deadlock, Failure, FileId, FileStart, History, Link, Memory,
    MemoryId, Notation, Operation, OperationId, Outcome, Rest, Segment, Span, Stop, TaskId, Way,
};
pub use verdict::{Class, Persistence, Profile, Rule, Verdict};
