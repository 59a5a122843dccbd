//! A run inside a target: judged, told to the engine, and sifted.

use super::feedback::Feedback;
use super::finding::{NewFinding, Sieve};
use crate::judge::{Judge, Judgement, Signature};
use case::Case;
use machine::Strategy;
use oracle::Profile;

/// Runs cases for a target.
#[derive(Debug)]
pub(super) struct Trial {
    judge: Judge,
    sieve: Sieve,
    counters: Option<&'static mut [u8]>,
    feedback: Feedback,
}

impl Trial {
    /// With these counters of the engine, if it has some: runs have to be recorded then, which takes time.
    pub fn new(sieve: Sieve, counters: Option<&'static mut [u8]>) -> Self {
        let judge = if counters.is_some() { Judge::recording(Profile::Linux) } else { Judge::new(Profile::Linux) };
        Self { judge, sieve, counters, feedback: Feedback::default() }
    }

    /// For inputs that run under many strategies, which mostly see the same: equal histories are judged once.
    pub fn remembering(self) -> Self {
        Self { judge: self.judge.remembering(), ..self }
    }

    /// One more input.
    pub fn count(&mut self) {
        self.judge.forget();
        self.sieve.count();
    }

    /// Runs a case, and tells the engine what happened under the strategy with this number.
    pub fn run(&mut self, case: &Case, strategy: &'static Strategy, number: usize) -> Judgement<'_> {
        let judgement = self.judge.replay(case, strategy);
        if let Some(counters) = &mut self.counters {
            self.feedback.add(counters, number, &judgement);
        }
        judgement
    }

    /// The same, and what it shows has to be known.
    ///
    /// # Errors
    /// The first finding that is not, with the smallest case for it.
    pub fn sift(&mut self, case: &Case, strategy: &'static Strategy, number: usize) -> Result<(), Box<NewFinding>> {
        let verdicts = self.run(case, strategy, number).verdicts;
        let signatures: Vec<Signature> = verdicts.iter().map(|it| Signature::of(case, strategy, it)).collect();
        if signatures.is_empty() {
            return Ok(());
        }
        match self.sieve.first_new(case, strategy, &signatures) {
            Some(new) => Err(Box::new(NewFinding::shrunk(&mut self.judge, case, strategy, new))),
            None => Ok(()),
        }
    }
}
