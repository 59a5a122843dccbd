//! A tape: listens to a scheduler, for runs that end before they can tell who ran.

use crate::runnable::Runnable;
use crate::runner::{RunnerIndex, named};
use crate::scheduler::Scheduler;
use case::Slice;
use std::fmt;

/// Writes down who ran, step by step, while another scheduler decides: for runs that end before they can tell, in a
/// panic.
pub struct Tape<'s> {
    inner: &'s mut dyn Scheduler,
    slices: Vec<Slice>,
}

impl fmt::Debug for Tape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tape").field("slices", &self.slices).finish_non_exhaustive()
    }
}

impl<'s> Tape<'s> {
    /// Listens to this scheduler.
    #[must_use]
    pub const fn new(inner: &'s mut dyn Scheduler) -> Self {
        Self { inner, slices: Vec::new() }
    }

    /// The steps so far, as a schedule that replays them.
    #[must_use]
    pub fn schedule(&self) -> &[Slice] {
        &self.slices
    }
}

impl Scheduler for Tape<'_> {
    fn start(&mut self, operations: &[u32]) {
        self.slices.clear();
        self.inner.start(operations);
    }

    fn pick(&mut self, runnable: Runnable, previous: Option<RunnerIndex>) -> RunnerIndex {
        let picked = self.inner.pick(runnable, previous);
        let runner = named(picked);
        match self.slices.last_mut().filter(|it| it.runner == runner) {
            Some(last) => last.steps = last.steps.map(|steps| steps + 1),
            None => self.slices.push(Slice { runner, steps: Some(1) }),
        }
        picked
    }
}
