//! An entry: what the search has to know of a subject, whatever its type.

use case::{Abilities, Case, Slice};
use oracle::History;
use schedule::Scheduler;
use std::fmt::Debug;

/// A subject without its type: its name, what it can do, and what runs cases with it.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name: what `expect` lines and `--strategy` call it.
    pub name: &'static str,
    /// What a case may have in it.
    pub abilities: Abilities,
    /// Whether threads share something of it, so that one case runs at a time.
    pub statics: bool,
    /// Makes what runs cases with it.
    pub backend: fn() -> Box<dyn Backend>,
}

/// Runs cases with a subject, one after the other.
pub trait Backend: Debug {
    /// Whether runs keep every event from now on.
    fn record(&mut self, on: bool);

    /// Runs a valid case that the abilities allow.
    fn run(&mut self, case: &Case, scheduler: &mut dyn Scheduler) -> Ran<'_>;
}

/// What a run left behind.
#[derive(Clone, Copy, Debug)]
pub struct Ran<'b> {
    /// What the tasks called and saw.
    pub history: &'b History,
    /// How many steps the tasks and the disk made.
    pub steps: u32,
    /// The hash of everything that happened, in order: equal for equal runs.
    pub hash: u64,
    /// The schedule that replays it.
    pub schedule: &'b [Slice],
    /// Every event, if [`Backend::record`] was asked for.
    pub events: &'b [TracedEvent],
    /// How often the subject used what the harness has for it.
    pub counts: Counts,
}

/// How often a subject used what the harness has for it, the look at rest included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Locks taken.
    pub locks: u32,
    /// Requests to the disk: reads.
    pub disk_reads: u32,
    /// And writes.
    pub disk_writes: u32,
    /// Frames installed at an address.
    pub installed: u32,
    /// Those of them that were installed while no lock was held.
    pub installed_without_lock: u32,
}

/// One thing that happened, when and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracedEvent {
    /// The step.
    pub step: u32,
    /// The task's index; 31 is the disk, 30 the look at rest.
    pub runner: u8,
    /// What happened, in words.
    pub words: String,
}
