//! The search itself: batches of cases, each a pure function of the seed, its number and the pool that some are bred
//! from.

use super::Field;
use super::panic::caught;
use super::passed::Passed;
use super::pool::{Pool, breed};
use crate::coverage::Coverage;
use crate::judge::{Judge, Judgement};
use crate::searched::Searched;
use crate::under_test::UnderTest;
use arbitrary::Unstructured;
use case::{Case, Filesystem, Form, OperationSet, Slice, Weights, generate_into};
use fastrand::Rng;
use machine::DefectSet;
use schedule::{Portfolio, Tape, Way};
use std::ops::ControlFlow;

/// Runs in a batch: one strategy or subject, and weights that are drawn anew for each batch. So few that each strategy
/// has its turn ten times a second.
pub const BATCH: u64 = 128;

/// How many of 256 batches have crashes.
const CRASHES: u8 = 24;

/// Bytes that a case is made of: the largest that the generator makes need about as many.
const BYTES: usize = 1_024;

/// Makes cases, runs them, and tells of every run that shows something.
#[derive(Debug)]
pub struct Search<'f> {
    field: &'f Field,
    judge: Judge,
    mends: DefectSet,
    portfolio: Portfolio,
    case: Case,
    bytes: Vec<u8>,
    /// Runs of this search by where they ran.
    pub searched: Searched,
    /// What it has reached, if the field asks for that.
    pub coverage: Option<Coverage>,
    passed: Passed,
}

/// A run that shows something.
#[derive(Debug)]
pub struct Sighting<'s> {
    /// Which run it was, counted from 1 over the whole hunt.
    pub at_case: u64,
    /// The generated case.
    pub case: &'s Case,
    /// Who ran it.
    pub tested: UnderTest,
    /// What was seen.
    pub seen: Seen<'s>,
}

/// What a run showed.
#[derive(Debug)]
pub enum Seen<'s> {
    /// Verdicts; at least one.
    Verdicts(Judgement<'s>),
    /// Our own bug: the machine or the oracle panicked.
    Panic {
        /// The message and the place.
        message: String,
        /// The steps until then.
        schedule: &'s [Slice],
    },
}

/// How much a batch did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Runs.
    pub cases: u64,
    /// Steps of the machine.
    pub steps: u64,
    /// Questions that the oracle gave up: it took the cells for legal.
    pub unanswered: u64,
}

impl<'f> Search<'f> {
    /// A search of this field.
    #[must_use]
    pub fn new(field: &'f Field) -> Self {
        let judge = if field.coverage { Judge::recording(field.profile) } else { Judge::new(field.profile) };
        let coverage = field.coverage.then(Coverage::default);
        Self {
            field,
            judge,
            mends: DefectSet::NONE,
            portfolio: Portfolio::default(),
            case: Case::default(),
            bytes: vec![0; BYTES],
            searched: Searched::default(),
            coverage,
            passed: Passed::default(),
        }
    }

    /// Puts aside for breeding what came by a place for the first time.
    pub(super) fn breed_from_firsts(&mut self, pool: &mut Pool) {
        self.passed.firsts.drain(..).for_each(|(tested, case)| pool.add_first(tested, case));
    }

    /// From now on runs mend these defects.
    pub const fn mend(&mut self, defects: DefectSet) {
        self.mends = defects;
        self.judge.mend(defects);
    }

    /// Makes the runs of one batch, at most `runs`: generated, or bred from the pool. The visitor is told of every run
    /// that shows something, and after each case is asked, with `None`, whether to go on.
    pub fn batch(
        &mut self,
        number: u64,
        runs: u64,
        pool: &Pool,
        visitor: &mut dyn FnMut(Option<Sighting<'_>>) -> ControlFlow<()>,
    ) -> Work {
        let (tested, turn) = self.field.turn(number);
        let parents = pool.parents(tested, turn);
        let mut random = Rng::with_seed(mix(self.field.seed, number));
        let weights = self.weights(tested, &mut random);
        let mut work = Work::default();
        let unanswered = self.judge.exercised().unanswered();
        let mut tally = [[0; Form::ALL.len()]; Filesystem::ALL.len()];
        'batch: while work.cases < runs.min(BATCH) {
            random.fill(&mut self.bytes);
            if breed(&mut self.case, &parents, &mut random, &self.bytes, &weights, tested).is_none() {
                generate_into(&mut self.case, &mut Unstructured::new(&self.bytes), &weights);
            }
            // What is mended is the batch's, not the case's.
            self.case.mended.clear();
            let seed = random.u64(..);
            let before = work.cases;
            for way in Way::for_case(seed) {
                if work.cases == runs {
                    break;
                }
                work.cases += 1;
                let at_case = number * BATCH + work.cases;
                let flow = self.run(way, seed, tested, at_case, &mut work.steps, visitor);
                if flow.is_break() {
                    break 'batch;
                }
            }
            if let Some(form) = tested.form_for(&self.case) {
                tally[self.case.filesystem as usize][form as usize] += work.cases - before;
            }
            if visitor(None).is_break() {
                break;
            }
        }
        for (filesystem, forms) in Filesystem::ALL.into_iter().zip(tally) {
            for (form, cases) in Form::ALL.into_iter().zip(forms).filter(|(_, cases)| *cases > 0) {
                self.searched.add(tested.id(), filesystem, form, cases);
            }
        }
        // A judge that was replaced begins again at 0.
        work.unanswered = self.judge.exercised().unanswered().saturating_sub(unanswered);
        work
    }

    fn run(
        &mut self,
        way: Way,
        seed: u64,
        tested: UnderTest,
        at_case: u64,
        steps: &mut u64,
        visitor: &mut dyn FnMut(Option<Sighting<'_>>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let case = &self.case;
        let scheduler = self.portfolio.scheduler(way, seed);
        match caught(|| self.judge.judge(case, tested, scheduler)) {
            Ok(judgement) => {
                *steps += u64::from(judgement.run.steps);
                if let Some(coverage) = &mut self.coverage {
                    coverage.add(case, &judgement.run);
                }
                self.passed.add(case, tested, &judgement.run);
                if judgement.verdicts.is_empty() {
                    return ControlFlow::Continue(());
                }
                visitor(Some(Sighting { at_case, case, tested, seen: Seen::Verdicts(judgement) }))
            }
            Err(message) => {
                // The scheduler again, and a new machine: nobody knows in what state the panic left the old one.
                let mut tape = Tape::new(self.portfolio.scheduler(way, seed));
                let mut judge = Judge::new(self.field.profile);
                judge.mend(self.mends);
                let _ = caught(|| judge.judge(case, tested, &mut tape).verdicts.len());
                self.judge = Judge::new(self.field.profile);
                self.judge.mend(self.mends);
                let seen = Seen::Panic { message, schedule: tape.schedule() };
                visitor(Some(Sighting { at_case, case, tested, seen }))
            }
        }
    }

    /// What it has reached, the rules included; `None` unless the field asks for that.
    #[must_use]
    pub fn reached(&mut self) -> Option<Coverage> {
        let mut coverage = self.coverage.take()?;
        coverage.rules(self.judge.exercised());
        Some(coverage)
    }

    fn weights(&self, tested: UnderTest, random: &mut Rng) -> Weights {
        let mut bytes = [0; 64];
        random.fill(&mut bytes);
        let mut weights = Weights { filesystems: self.field.places(tested), ..Weights::default() };
        tested.narrow(&mut weights);
        weights.reroll(&mut Unstructured::new(&bytes));
        // A crash ends everything: it has a few batches of its own.
        if bytes[63] < CRASHES {
            weights.operations = OperationSet::all();
        }
        weights
    }
}

impl Field {
    /// Where a strategy is hunted: the filesystems and forms that it runs on, that were asked for, and that what it is
    /// compared with runs on. A subject brings its own filesystem, whatever was asked for.
    pub(super) fn places(&self, tested: UnderTest) -> Vec<(Filesystem, Option<Form>)> {
        let mut places = tested.runs_on();
        if tested.is_subject() {
            return places;
        }
        let asked = |filesystem| self.filesystems.is_empty() || self.filesystems.contains(&filesystem);
        let formed = |form: Option<Form>| self.forms.is_empty() || form.is_some_and(|it| self.forms.contains(&it));
        let compared = self.against.map(UnderTest::runs_on);
        places
            .retain(|place| asked(place.0) && formed(place.1) && compared.as_ref().is_none_or(|it| it.contains(place)));
        places
    }
}

/// One seed of two: neighbouring numbers give unrelated ones (`SplitMix64`'s finalizer).
const fn mix(seed: u64, number: u64) -> u64 {
    let mut z = seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
