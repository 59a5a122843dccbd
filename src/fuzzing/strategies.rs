//! The target `strategies`: a case under the strategy that it names, with the schedule that it gives. What no known
//! cause explains is a crash.

use super::Setup;
use super::finding::NewFinding;
use super::named::named;
use super::trial::Trial;
use case::Case;
use machine::Strategy;

/// Runs each case under one strategy.
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
        match named(case, &self.strategies) {
            Some((number, strategy)) => self.trial.sift(case, strategy, number),
            None => Ok(()),
        }
    }
}
