//! PCT: random priorities, lowered at a few random steps. (Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized
//! Scheduler with Probabilistic Guarantees of Finding Bugs", 2010.)

use super::Scheduler;
use crate::runnable::Runnable;
use crate::runner::RunnerIndex;
use fastrand::Rng;

const CHANGES: usize = 4;

/// Runs whoever has the highest priority; up to four times in a run, at random steps, the one that is running falls
/// below all others.
#[derive(Debug)]
pub struct Pct {
    random: Rng,
    priority: [u32; 32],
    change_at: [u32; CHANGES],
    step: u32,
    lowest: u32,
}

impl Pct {
    /// A scheduler with this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: Rng::with_seed(seed), priority: [0; 32], change_at: [0; CHANGES], step: 0, lowest: 0 }
    }
}

impl Scheduler for Pct {
    fn start(&mut self, operations: &[u32]) {
        for priority in &mut self.priority {
            *priority = self.random.u32(1 << 16..u32::MAX);
        }
        let steps = operations.iter().sum::<u32>() * 14 + 1;
        for change in &mut self.change_at {
            *change = self.random.u32(..steps);
        }
        self.step = 0;
        self.lowest = 1 << 16;
    }

    fn pick(&mut self, runnable: Runnable, previous: Option<RunnerIndex>) -> RunnerIndex {
        self.step += 1;
        // A run of many more steps than guessed would starve whoever spins against a task of lower priority.
        if (self.change_at.contains(&self.step) || self.step.is_multiple_of(256))
            && let Some(runner) = previous
        {
            self.lowest = self.lowest.saturating_sub(1);
            self.priority[usize::from(runner)] = self.lowest;
        }
        runnable.iter().max_by_key(|runner| self.priority[usize::from(*runner)]).unwrap_or(0)
    }
}
