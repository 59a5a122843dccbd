//! The target `canary`: it has to crash within seconds, or the plumbing between engine, mutator and machine is broken.

use crate::judge::Judge;
use case::Case;
use machine::Machine;
use oracle::{Class, Profile};

/// What the canary dies of: the cleared tail of a short copy, seen by a reader (Piggin, 2007-01-29).
const STRATEGY: &str = "zero-tail-retry";

/// Runs cases under the strategy whose defect is the easiest to find.
#[derive(Debug)]
pub struct Canary {
    judge: Judge,
}

impl Default for Canary {
    fn default() -> Self {
        Self { judge: Judge::new(Profile::Linux) }
    }
}

impl Canary {
    /// Runs a case.
    ///
    /// # Panics
    /// As soon as a zero is seen that nobody wrote: this is what is wanted.
    pub fn run(&mut self, case: &Case) {
        let strategy = strategies::find(STRATEGY).expect("the strategy is registered");
        if Machine::refusal(case, strategy).is_none() {
            let verdicts = self.judge.replay(case, strategy).verdicts;
            assert!(
                !verdicts.iter().any(|it| it.class == Class::Zero),
                "panic: the canary is dead, as it should be\n{case}"
            );
        }
    }
}
