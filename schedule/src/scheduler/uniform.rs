//! Uniform: at every step each runner that can run is as likely as the others.

use super::Scheduler;
use crate::runnable::Runnable;
use crate::runner::RunnerIndex;
use fastrand::Rng;

/// Picks uniformly at every step.
#[derive(Debug)]
pub struct Uniform {
    random: Rng,
}

impl Uniform {
    /// A scheduler with this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: Rng::with_seed(seed) }
    }
}

impl Scheduler for Uniform {
    fn start(&mut self, _operations: &[u32]) {}

    fn pick(&mut self, runnable: Runnable, _previous: Option<RunnerIndex>) -> RunnerIndex {
        // Scaled rather than drawn anew where the scale is uneven: that is by one part in 2^27 at most, and this is
        // asked at every step.
        let nth = (u64::from(self.random.u32(..)) * u64::from(runnable.len())) >> 32;
        runnable.nth(nth as u32)
    }
}
