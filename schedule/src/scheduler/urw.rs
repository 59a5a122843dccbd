//! URW, the uniform random walk: a runner is picked in proportion to the steps that it has still to make, so that every
//! interleaving is about as likely as the others. (Zhao, Wolff, Mathur, Roychoudhury, "Selectively Uniform Concurrency
//! Testing", 2025.)

use super::Scheduler;
use crate::runnable::Runnable;
use crate::runner::RunnerIndex;
use fastrand::Rng;

/// Steps that an operation is guessed to take before anything is known.
const GUESS: u32 = 14;

/// Picks in proportion to the steps left, as guessed from the number of operations.
#[derive(Debug)]
pub struct UniformRandomWalk {
    random: Rng,
    left: [u32; 32],
}

impl UniformRandomWalk {
    /// A scheduler with this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: Rng::with_seed(seed), left: [1; 32] }
    }
}

impl Scheduler for UniformRandomWalk {
    fn start(&mut self, operations: &[u32]) {
        self.left = [GUESS; 32];
        for (left, operations) in self.left.iter_mut().zip(operations) {
            *left = operations * GUESS + 1;
        }
    }

    fn pick(&mut self, runnable: Runnable, _previous: Option<RunnerIndex>) -> RunnerIndex {
        let total: u32 = runnable.iter().map(|runner| self.left[usize::from(runner)]).sum();
        let mut at = self.random.u32(..total);
        let mut chosen = runnable.nth(0);
        for runner in runnable.iter() {
            chosen = runner;
            let share = self.left[usize::from(runner)];
            if at < share {
                break;
            }
            at -= share;
        }
        let left = &mut self.left[usize::from(chosen)];
        *left = (*left - 1).max(1);
        chosen
    }
}
