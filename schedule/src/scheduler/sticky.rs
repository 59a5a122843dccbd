//! Sticky: whoever runs goes on, and now and then is preempted; how often differs from run to run.

use super::Scheduler;
use crate::runnable::Runnable;
use crate::runner::RunnerIndex;
use fastrand::Rng;

/// Switches with a probability of one in 2 to 32, drawn anew for each run.
#[derive(Debug)]
pub struct Sticky {
    random: Rng,
    one_in: u32,
}

impl Sticky {
    /// A scheduler with this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: Rng::with_seed(seed), one_in: 8 }
    }
}

impl Scheduler for Sticky {
    fn start(&mut self, _operations: &[u32]) {
        self.one_in = 1 << self.random.u32(1..6);
    }

    fn pick(&mut self, runnable: Runnable, previous: Option<RunnerIndex>) -> RunnerIndex {
        match previous {
            Some(runner) if runnable.contains(runner) && self.random.u32(..self.one_in) != 0 => runner,
            _ => runnable.nth(self.random.u32(..runnable.len())),
        }
    }
}
