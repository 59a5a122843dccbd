//! The pool: cases of what a thread has seen. Others are bred of them: what is rare is often close to what is not.

use crate::under_test::UnderTest;
use arbitrary::Unstructured;
use case::{Case, Weights, crossover, mutate};
use fastrand::Rng;

/// Of so many batches of a strategy or subject the first is generated, the last is bred from the first cases that came
/// by a place, and those between are bred from what shows something. The first cases are large and cost more: so only
/// one is bred from them. `docs/performance.md` has what other shares brought.
const ROUND: u64 = 4;

/// Mutations of a case, at most.
const MOST_MUTATIONS: u8 = 4;

/// Cases to breed from, by who ran them.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    /// Small ones that show something.
    shows: Vec<(&'static str, Case)>,
    /// The first that came by a place where something may show, as they were.
    firsts: Vec<(&'static str, Case)>,
}

impl Pool {
    /// Adds a small case that shows something there.
    pub fn add(&mut self, tested: impl Into<UnderTest>, case: Case) {
        self.shows.push((tested.into().id(), case));
    }

    /// Adds the first case that came by a place under this strategy.
    pub(super) fn add_first(&mut self, tested: UnderTest, case: Case) {
        self.firsts.push((tested.id(), case));
    }

    /// The cases from which this batch is bred, the `turn`th of its kind; none if it is generated.
    pub(super) fn parents(&self, tested: UnderTest, turn: u64) -> Vec<&Case> {
        let cases = match turn % ROUND {
            0 => return Vec::new(),
            it if it == ROUND - 1 => &self.firsts,
            _ => &self.shows,
        };
        cases.iter().filter(|(id, _)| *id == tested.id()).map(|(_, case)| case).collect()
    }
}

/// Makes a case of one of these, or of two; `None` if what comes out cannot be run there.
pub(super) fn breed(
    child: &mut Case,
    parents: &[&Case],
    random: &mut Rng,
    bytes: &[u8],
    weights: &Weights,
    tested: UnderTest,
) -> Option<()> {
    let choices = &mut Unstructured::new(bytes);
    child.clone_from(random.choice(parents)?);
    if random.u8(..8) == 0 {
        *child = crossover(child, random.choice(parents)?, choices, weights);
    }
    for _ in 0..random.u8(1..=MOST_MUTATIONS) {
        mutate(child, choices, weights);
    }
    let is_asked = weights.filesystems.contains(&(child.filesystem, tested.form_for(child)));
    (is_asked && tested.refusal(child).is_none()).then_some(())
}
