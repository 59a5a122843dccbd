//! What a case makes happen, as a set: by this a collection is minimised. The same counters that a fuzzing engine is
//! told of.

use crate::fuzzing::{COUNTERS, Feedback};
use crate::judge::Judge;
use case::Case;
use machine::Machine;
use oracle::Profile;

/// One thing that a case makes happen: a counter. How often does not matter to people.
pub type Feature = u32;

/// Finds out what cases make happen under every strategy that they fit.
#[derive(Debug)]
pub struct Features {
    judge: Judge,
    counters: Box<[u8]>,
    feedback: Feedback,
}

impl Default for Features {
    fn default() -> Self {
        let counters = vec![0; COUNTERS].into_boxed_slice();
        Self { judge: Judge::recording(Profile::Linux), counters, feedback: Feedback::default() }
    }
}

impl Features {
    /// The features of a case, in order.
    #[must_use]
    pub fn of(&mut self, case: &Case) -> Vec<Feature> {
        self.under(case, &mut (0..strategies::ALL.len()))
    }

    /// The features of a case under the strategies with these numbers, in order.
    pub(super) fn under(&mut self, case: &Case, numbers: &mut dyn Iterator<Item = usize>) -> Vec<Feature> {
        for number in numbers {
            let strategy = &strategies::ALL[number];
            if Machine::refusal(case, strategy).is_none() {
                let judgement = self.judge.replay(case, strategy);
                self.feedback.add(&mut self.counters, number, &judgement);
            }
        }
        let mut features = Vec::new();
        for (place, count) in self.counters.iter_mut().enumerate().filter(|(_, count)| **count > 0) {
            features.push(place as Feature);
            *count = 0;
        }
        features
    }

    /// The numbers of strategies, as few as the first ones suffice, under which the case has all of these.
    pub(super) fn bringers(&mut self, case: &Case, wanted: &[Feature]) -> Vec<usize> {
        let (mut missing, mut bringers) = (wanted.to_vec(), Vec::new());
        for number in 0..strategies::ALL.len() {
            if missing.is_empty() {
                break;
            }
            let (has, before) = (self.under(case, &mut [number].into_iter()), missing.len());
            missing.retain(|it| has.binary_search(it).is_err());
            if missing.len() < before {
                bringers.push(number);
            }
        }
        bringers
    }
}
