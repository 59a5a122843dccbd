//! shortcopy: a fuzzing and differential testing harness for buffered-write paths.
//!
//! A case goes in, runs in a simulated kernel under a write strategy and a scheduler, and an oracle judges what the
//! tasks saw:
//!
//! - [`under_test`]: what is run: a strategy, or a subject, which is somebody else's cache or filesystem.
//! - [`judge`]: one case, one strategy or subject, one scheduler: the verdicts.
//! - [`cause`]: without which defects a finding does not come, and whether that is known.
//! - [`controls`]: cases that have to be silent.
//! - [`witness`]: what a case says should be found.
//! - [`hunt`]: the search for cases that show something wrong.
//! - [`reduce`]: from a run that shows something to the smallest case that shows it.
//! - [`gallery`]: the plainest case of each defect in each place, with its story.
//! - [`fuzzing`]: what the fuzz targets do.
//! - [`emit`]: a case as a C program or a Rust test.
//! - [`explain`]: a run as a table that a person can follow.
//! - [`searched`]: how much was searched.
//! - [`matrix`]: strategies and defects, and which witness stands where the two meet.
//! - [`coverage`]: what a search has reached.
//! - [`cost`]: what a write costs, in calls, locks and copies.
//! - [`pages`]: the same as documents, beside what the thread said.
//! - [`corpus`]: collections of cases, on their way to a fuzzing engine and back.
//! - [`built_in`]: the witnesses and lists that this was built with.
//! - [`host`]: searches on a real kernel.
//! - [`conform`]: the simulator against a real filesystem.
//! - [`report`]: verdicts in words.
//! - [`rulebook`]: the rules in words.
//! - [`glossary`]: operations and faults in words.
//! - [`subject`]: somebody else's cache or filesystem, as a test, a program, a fuzz target.
//! - `cli`: the command line, for this program and for a subject's own; with the feature `cli`.
//! - [`reading`]: files that somebody names.
//! - [`whole`]: files that are written whole or not at all.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod built_in;
pub mod cause;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "host")]
pub mod conform;
pub mod controls;
pub mod corpus;
pub mod cost;
pub mod coverage;
pub mod embargo;
#[cfg(feature = "host")]
pub mod emit;
pub mod explain;
pub mod fuzzing;
pub mod gallery;
pub mod glossary;
#[cfg(feature = "host")]
pub mod host;
pub mod hunt;
pub mod judge;
mod judged;
pub mod matrix;
pub mod pages;
pub mod reading;
pub mod reduce;
pub mod report;
pub mod rulebook;
mod runner;
pub mod searched;
pub mod subject;
#[cfg(test)]
mod subject_tests;
pub mod under_test;
pub mod whole;
pub mod witness;

// A project that has this library needs no other to name a case, a strategy or a rule.
pub use {case, machine, oracle, schedule, strategies};
