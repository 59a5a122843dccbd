//! The recorder: writes down who ran for how long, as a schedule that replays the run.

use crate::runnable::Runnable;
use crate::runner::{RunnerIndex, named};
use case::Slice;

/// Records who ran for how long, as a schedule that replays the run.
#[derive(Debug, Default)]
pub struct Recorder {
    slices: Vec<Slice>,
    last: Option<RunnerIndex>,
    steps: u32,
}

impl Recorder {
    /// The turns of the last run.
    #[must_use]
    pub fn schedule(&self) -> &[Slice] {
        &self.slices
    }

    /// How many steps the current turn has had.
    pub(crate) const fn in_a_row(&self) -> u32 {
        self.steps
    }

    /// A run begins.
    pub(crate) fn reset(&mut self) {
        self.slices.clear();
        self.last = None;
        self.steps = 0;
    }

    /// A step of this runner begins.
    #[inline]
    pub(crate) fn step(&mut self, runner: RunnerIndex, runnable: Runnable) {
        if self.last != Some(runner) {
            self.close(runnable);
            self.last = Some(runner);
        }
        self.steps += 1;
    }

    /// Ends the current turn: it was cut short if its runner could have gone on.
    pub(crate) fn close(&mut self, runnable: Runnable) {
        if let Some(last) = self.last.take() {
            let runner = named(last);
            let steps = runnable.contains(last).then_some(self.steps);
            self.slices.push(Slice { runner, steps });
        }
        self.steps = 0;
    }
}
