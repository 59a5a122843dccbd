//! Generated cases that can be compared: the generator narrowed to one task, no faults, and what a real filesystem can
//! be asked for.

use super::Model;
use super::fit::{block_of, make_comparable};
use arbitrary::Unstructured;
use case::{Case, InjectionSet, OperationKind, OperationSet, Weights, generate};
use fastrand::Rng;
use host::search::{cache_everything, raise_resolution};
use host::{FinalLooks, Manner, Observers};

/// Cases of one set of weights.
const BATCH: u32 = 64;
/// Bytes that a case is made of.
const BYTES: usize = 1024;
/// Bad sources are what the models are about: they are never rarer than this, in 256ths.
const LEAST_BAD: u8 = 24;

/// Draws cases.
#[derive(Debug)]
pub struct Cases {
    random: Rng,
    model: &'static Model,
    /// Bytes in a block of the real filesystem.
    block: u32,
    weights: Weights,
    left: u32,
}

impl Cases {
    /// The cases of a seed, for a filesystem that has this model and blocks of so many bytes.
    #[must_use]
    pub fn new(seed: u64, model: &'static Model, block: u32) -> Self {
        Self { random: Rng::with_seed(seed), model, block, weights: Weights::default(), left: 0 }
    }

    /// The next case, and how to look at its files.
    pub fn draw(&mut self) -> (Case, Manner) {
        if self.left == 0 {
            self.left = BATCH;
            self.weights = self.weights();
        }
        self.left -= 1;
        let mut case = self.of_fitting_block();
        if self.random.u8(..3) == 0 {
            raise_resolution(&mut case, &mut self.random);
        }
        make_comparable(&mut case, self.model);
        if self.weights.features.cached == u8::MAX {
            cache_everything(&mut case);
        }
        (case, self.manner())
    }

    /// The generator draws the size of a block as well: what it draws is taken when it is the right one.
    fn of_fitting_block(&mut self) -> Case {
        let mut bytes = [0; BYTES];
        loop {
            self.random.fill(&mut bytes);
            let case = generate(&mut Unstructured::new(&bytes), &self.weights);
            if case.geometry.block == block_of(case.geometry.page, self.block) {
                return case;
            }
        }
    }

    fn weights(&mut self) -> Weights {
        let mut bytes = [0; 256];
        self.random.fill(&mut bytes);
        let mut without = vec![
            OperationKind::TruncateUnlocked,
            OperationKind::Invalidate,
            OperationKind::InvalidateAll,
            OperationKind::Mlock,
            OperationKind::Crash,
        ];
        if !self.model.punches {
            without.push(OperationKind::Punch);
        }
        let operations = without.iter().fold(OperationSet::all(), |set, it| set.without(*it));
        let mut weights = Weights {
            filesystems: vec![(self.model.filesystem, Some(self.model.form))],
            operations,
            faults: InjectionSet::none(),
            schedule: false,
            kernel_threads: false,
            // They become one: a longer one than a task of its own would be.
            max_tasks: 6,
            ..Weights::default()
        };
        weights.reroll(&mut Unstructured::new(&bytes));
        let features = &mut weights.features;
        (features.second_mm, features.kernel_thread, features.same_page, features.crosswise) = (0, 0, 0, 0);
        (features.writeback_or_invalidation, features.scarcity, features.kmap, features.partly_uptodate) = (0, 0, 0, 0);
        features.fault = 0;
        features.unreadable = features.unreadable.max(LEAST_BAD);
        features.bad_pointer = features.bad_pointer.max(LEAST_BAD);
        // To make a page leave the cache takes longer than all the rest of a case.
        if self.random.u8(..3) > 0 {
            features.cached = u8::MAX;
        }
        weights
    }

    fn manner(&mut self) -> Manner {
        let mut one_in = |n: u8| self.random.u8(..n) == 0;
        let looks = FinalLooks { read: !one_in(4), mapping: one_in(2), evicted: one_in(3) };
        Manner { racing: false, observers: Observers::NONE, prefixes: false, sprayed: false, looks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conform::{MODELS, refusal};

    #[test]
    fn cases_can_be_compared_and_meet_bad_sources() {
        for model in MODELS {
            let mut cases = Cases::new(3, model, 4096);
            let mut bad = 0;
            let mut operations = 0;
            for _ in 0..500 {
                let (case, manner) = cases.draw();
                case.validate().unwrap_or_else(|error| panic!("{error}\n{case}"));
                assert_eq!(refusal(&case, model, 4096), None, "{case}");
                assert!(!manner.racing);
                operations += case.tasks[0].operations.len();
                bad += u32::from(case.memories.iter().any(|it| it.unreadable != 0));
            }
            assert!(bad > 20, "{}: {bad}", model.real);
            assert!(operations > 2000, "{}: {operations}", model.real);
        }
    }
}
