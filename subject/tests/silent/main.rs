//! Subjects that are right are silent, over thousands of generated cases; and one wrong line is told.

mod big_lock;
mod write_through;

use case::{Case, OperationSet, Weights, generate};
use oracle::{Checker, Class, Profile};
use schedule::{Portfolio, Way};
use std::collections::BTreeSet;
use subject::{Backend, Runner, Subject};

use arbitrary::Unstructured;

/// The classes that so many generated cases show, each under a sequential and a random schedule; and the case of the
/// first.
fn shown<S: Subject>(cases: u64) -> (BTreeSet<Class>, Option<(Case, String)>) {
    let mut random = fastrand::Rng::with_seed(11);
    let (mut runner, mut checker, mut portfolio) = (Runner::<S>::new(), Checker::new(), Portfolio::default());
    let mut weights = Weights { abilities: S::ABILITIES, operations: OperationSet::all(), ..Weights::default() };
    let (mut classes, mut first) = (BTreeSet::new(), None);
    for number in 0..cases {
        let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(320).collect();
        if number % 64 == 0 {
            weights.reroll(&mut Unstructured::new(&bytes));
        }
        let case = generate(&mut Unstructured::new(&bytes), &weights);
        for way in Way::for_case(random.u64(..)) {
            let ran = runner.run(&case, portfolio.scheduler(way, number));
            let schedule = ran.schedule.to_vec();
            for verdict in checker.check(ran.history, Profile::Linux) {
                classes.insert(verdict.class);
                let shown = || (Case { schedule: schedule.clone(), ..case.clone() }, verdict.message.clone());
                first.get_or_insert_with(shown);
            }
        }
    }
    (classes, first)
}

fn is_silent<S: Subject>(cases: u64) {
    if let (_, Some((case, message))) = shown::<S>(cases) {
        panic!("{message}\n{case}");
    }
}

#[test]
fn a_cache_under_one_lock_is_silent() {
    is_silent::<big_lock::Right>(6_000);
}

#[test]
fn frames_that_nobody_filled_are_told() {
    assert!(shown::<big_lock::Unfilled>(500).0.contains(&Class::Uninit));
}

#[test]
fn a_store_that_nobody_marks_is_lost() {
    assert!(shown::<big_lock::Undirtied>(2_000).0.contains(&Class::LostWrite));
}

#[test]
fn a_filesystem_that_writes_through_is_silent() {
    is_silent::<subject::Locked<write_through::Right>>(6_000);
}

#[test]
fn a_sync_that_does_not_flush_loses_what_was_written() {
    let classes = shown::<subject::Locked<write_through::Unflushed>>(4_000).0;
    assert!(classes.contains(&Class::LostWrite) || classes.contains(&Class::Size), "{classes:?}");
}

/// What is made once for many runs is no part of the first.
#[test]
fn the_first_run_is_as_any_other() {
    let case = Case::parse(
        "it",
        "shortcopy case 1\ngeometry page 64 block 16\nfs block\nfile a size 70 disk 0..80 cached -\n\
        memory m pages 1 resident 0\ntask w write a 3 [m 0..64]\ntask w fsync a\n",
    )
    .expect("a case");
    let mut runner = Runner::<subject::Locked<write_through::Right>>::new();
    let mut run = || {
        let ran = runner.run(&case, &mut schedule::CaseGiven::new(&[]));
        (ran.hash, ran.steps, ran.history.clone())
    };
    assert_eq!(run(), run());
}
