//! The target `strategies`: a case under every strategy that it fits, with the schedule that it gives. What no known
//! cause explains is a crash.

use super::Setup;
use super::finding::NewFinding;
use super::trial::Trial;
use case::Case;
use machine::{Machine, Strategy};

/// Runs cases under every strategy that fits.
#[derive(Debug)]
pub struct Strategies {
    strategies: Vec<&'static Strategy>,
    trial: Trial,
}

impl Strategies {
    /// With what the engine set up.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self { strategies: setup.strategies, trial: Trial::new(setup.sieve, setup.counters) }
    }

    /// Runs a case.
    ///
    /// # Errors
    /// The first finding whose cause is not known, with the smallest case for it.
    pub fn run(&mut self, case: &Case) -> Result<(), Box<NewFinding>> {
        self.trial.count();
        for (number, strategy) in self.strategies.iter().enumerate() {
            if Machine::refusal(case, strategy).is_none() {
                self.trial.sift(case, strategy, number)?;
            }
        }
        Ok(())
    }
}
