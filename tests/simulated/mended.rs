//! The reference: with every defect mended, every strategy is right on every form of a filesystem that it fits. And
//! each mend has a place where the code asks for it, which the records give to that strategy and form.

use arbitrary::Unstructured;
use case::{Case, Filesystem, Form, OperationSet, Weights, generate};
use fastrand::Rng;
use machine::{Defect, DefectSet, Machine, Strategy};
use oracle::Profile;
use shortcopy::judge::{Judge, Signature};
use shortcopy::schedule::{Portfolio, Way};
use std::collections::BTreeSet;

/// Cases for each strategy and form; `make hunt` runs thousands a second.
const CASES: u64 = 150;

/// What these are about comes too seldom for so few cases: a copy that gets less far the second time, a page of tmpfs
/// that leaves the cache during a copy, ten truncates of one page, a truncate that fails half-way, and one that comes
/// between a fault's look at the size and its mapping.
const SELDOM: [&str; 5] = [
    "copies-again-from-the-start",
    "copy-misses-a-removal",
    "gives-up-after-ten-tries",
    "failed-truncate-lengthens",
    "fault-misses-a-truncate",
];

fn generated(filesystem: Filesystem, form: Form, seed: u64) -> Case {
    let mut random = Rng::with_seed(seed);
    let mut bytes = [0; 1024];
    random.fill(&mut bytes);
    let mut weights = Weights { filesystems: vec![(filesystem, Some(form))], ..Weights::default() };
    weights.reroll(&mut Unstructured::new(&bytes));
    if seed.is_multiple_of(8) {
        weights.operations = OperationSet::all();
    }
    random.fill(&mut bytes);
    generate(&mut Unstructured::new(&bytes), &weights)
}

/// Runs generated cases of a strategy wherever it runs, with these mends.
fn run_all(strategy: &'static Strategy, mends: DefectSet, mut look: impl FnMut(&Case, DefectSet, &[Signature])) {
    let mut judge = Judge::new(Profile::Linux);
    let mut portfolio = Portfolio::default();
    judge.mend(mends);
    for (filesystem, form) in strategy.runs_on() {
        for seed in 0..CASES {
            let case = generated(filesystem, form, seed);
            if Machine::refusal(&case, strategy).is_some() {
                continue;
            }
            for way in Way::for_case(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)) {
                let judgement = judge.judge(&case, strategy, portfolio.scheduler(way, seed));
                let found: Vec<Signature> =
                    judgement.verdicts.iter().map(|it| Signature::of(&case, strategy, it)).collect();
                look(&case, judgement.run.asked, &found);
            }
        }
    }
}

#[test]
fn with_every_defect_mended_all_is_silent() {
    for strategy in strategies::ALL {
        run_all(strategy, DefectSet::ALL, |case, _, found| {
            assert!(found.is_empty(), "{}: {}\n{case}", strategy.id, found[0]);
        });
    }
}

#[test]
fn every_defect_is_asked_for_somewhere_in_its_scope() {
    let mut asked: BTreeSet<Defect> = BTreeSet::new();
    for strategy in strategies::ALL {
        run_all(strategy, DefectSet::NONE, |case, these, _| {
            let form = strategy.form_for(case).expect("it ran");
            let here = |it: &Defect| it.record().scope.contains(strategy.id, case.filesystem, form);
            asked.extend(these.iter().filter(here));
        });
        run_all(strategy, DefectSet::ALL, |_, these, _| asked.extend(these.iter()));
    }
    let never = Defect::ALL.iter().filter(|it| !asked.contains(it)).map(|it| it.id());
    let never: Vec<&str> = never.filter(|it| !SELDOM.contains(it)).collect();
    assert!(never.is_empty(), "the code never asks for {never:?}");
}
