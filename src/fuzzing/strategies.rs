//! The target `strategies`: a case under every strategy that it fits, with the schedule that it gives. What no witness shows is a crash.

use super::Setup;
use super::feedback::Feedback;
use super::finding::{NewFinding, Sieve};
use crate::judge::Judge;
use case::Case;
use machine::{Machine, Strategy};
use oracle::Profile;

/// Runs cases under every strategy that fits.
#[derive(Debug)]
pub struct Strategies {
    strategies: Vec<&'static Strategy>,
    judge: Judge,
    sieve: Sieve,
    feedback: Feedback,
}

impl Strategies {
    /// With what the engine set up.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        let Setup { strategies, sieve, feedback, .. } = setup;
        let judge = if feedback.is_wanted() { Judge::recording(Profile::Linux) } else { Judge::new(Profile::Linux) };
        Self { strategies, judge, sieve, feedback }
    }

    /// Runs a case.
    ///
    /// # Errors
    /// The first finding that no witness shows, with the smallest case for it.
    pub fn run(&mut self, case: &Case) -> Result<(), Box<NewFinding>> {
        self.sieve.count();
        for (number, strategy) in self.strategies.iter().enumerate() {
            if Machine::refusal(case, strategy).is_some() {
                continue;
            }
            let judgement = self.judge.replay(case, strategy);
            self.feedback.add(number, &judgement);
            if let Some(signature) = self.sieve.first_new(case, strategy, judgement.verdicts) {
                return Err(Box::new(NewFinding::shrunk(&mut self.judge, case, strategy, signature)));
            }
        }
        Ok(())
    }
}
