//! Nonpreemptive: whoever runs goes on until it has to wait; who is next, the disk included, is chance.
//!
//! In the sequential run the disk answers at once. Here a task may run while another one waits for the disk; and two
//! tasks may keep each other from getting on for ever, since every switch that is not theirs would let one of them out.

use super::Scheduler;
use crate::runnable::Runnable;
use crate::runner::RunnerIndex;
use fastrand::Rng;

/// Draws a runner only where the last one cannot go on.
#[derive(Debug)]
pub struct Nonpreemptive {
    random: Rng,
}

impl Nonpreemptive {
    /// A scheduler with this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: Rng::with_seed(seed) }
    }
}

impl Scheduler for Nonpreemptive {
    fn start(&mut self, _operations: &[u32]) {}

    fn pick(&mut self, runnable: Runnable, previous: Option<RunnerIndex>) -> RunnerIndex {
        match previous {
            Some(runner) if runnable.contains(runner) => runner,
            _ => runnable.nth(self.random.u32(..runnable.len())),
        }
    }
}
