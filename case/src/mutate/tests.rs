//! Tests of the mutator.

use super::{MUTATIONS, Mutator, crossover, fix, mutate};
use crate::generate::Choices;
use crate::generate::tests::{bytes, cases};
use crate::{Case, MemoryKind, TaskOperation, Weights};
use arbitrary::Unstructured;

fn weights() -> Weights {
    Weights { schedule: true, ..Weights::default() }
}

#[test]
fn a_valid_case_needs_no_fixing() {
    for case in cases(0..5000, |weights| weights.schedule = true) {
        let mut fixed = case.clone();
        assert!(fix(&mut fixed));
        assert_eq!(fixed, case);
    }
}

#[test]
fn every_mutation_changes_some_case_and_leaves_all_valid() {
    let weights = weights();
    let mut random = fastrand::Rng::with_seed(7);
    for (_, name, change) in MUTATIONS {
        let mut changed = 0;
        for mut case in cases(0..600, |weights| weights.schedule = true) {
            let before = case.clone();
            let bytes = bytes(&mut random, 64);
            let u = &mut Unstructured::new(&bytes);
            let mut mutator = Mutator { case: &mut case, choices: Choices::new(u), weights: &weights };
            let done = mutator.apply(change);
            assert_eq!(done, case != before, "{name}");
            assert_eq!(case.validate(), Ok(()), "{name}: {before:#?} to {case:#?}");
            changed += u32::from(done);
        }
        assert!(changed >= 10, "{name}: {changed} of 600 cases");
    }
}

#[test]
fn a_long_chain_of_mutations_stays_valid() {
    let weights = weights();
    let mut random = fastrand::Rng::with_seed(3);
    for mut case in cases(0..200, |_| {}) {
        for _ in 0..100 {
            let bytes = bytes(&mut random, 96);
            mutate(&mut case, &mut Unstructured::new(&bytes), &weights);
            assert_eq!(case.validate(), Ok(()), "{case:#?}");
            assert!(case.tasks.iter().any(|task| !task.operations.is_empty()));
        }
        assert_eq!(Case::parse("mutated", &case.print()).ok(), Some(case));
    }
}

#[test]
fn schedules_stay_empty_where_none_are_wanted() {
    let mut random = fastrand::Rng::with_seed(4);
    for mut case in cases(0..500, |_| {}) {
        let bytes = bytes(&mut random, 200);
        mutate(&mut case, &mut Unstructured::new(&bytes), &Weights::default());
        assert!(case.schedule.is_empty());
    }
}

#[test]
fn no_bytes_still_leave_a_valid_case() {
    for mut case in cases(0..100, |_| {}) {
        mutate(&mut case, &mut Unstructured::new(&[]), &weights());
        assert_eq!(case.validate(), Ok(()));
    }
}

#[test]
fn children_are_valid_and_of_both_parents() {
    let mut random = fastrand::Rng::with_seed(5);
    let parents: Vec<Case> = cases(0..400, |weights| weights.schedule = true).collect();
    let mut mixed = 0;
    for pair in parents.windows(2) {
        let bytes = bytes(&mut random, 64);
        let child = crossover(&pair[0], &pair[1], &mut Unstructured::new(&bytes), &weights());
        assert_eq!(child.validate(), Ok(()), "{child:#?}");
        mixed += u32::from(child != pair[0] && child != pair[1]);
    }
    assert!(mixed > 200, "{mixed} of 399");
}

/// The page of a file that a write begins in, and the one that its last segment maps.
fn written_and_mapped(case: &Case, operation: &TaskOperation) -> Option<((usize, u32), (usize, u32))> {
    let TaskOperation::Write { file, offset, segments } = operation else { return None };
    let source = segments.last()?;
    let MemoryKind::Map { file: mapped, page, .. } = case.memories[source.memory].kind else { return None };
    let at = source.range.start / case.geometry.page;
    Some(((*file, offset / case.geometry.page), (mapped, page + at)))
}

#[test]
fn crossed_writers_copy_from_the_page_that_the_other_one_writes() {
    let weights = weights();
    let mut random = fastrand::Rng::with_seed(8);
    let cross = MUTATIONS.iter().position(|(_, name, _)| *name == "cross two writers").expect("it is one of them");
    let mut crossed = 0;
    for mut case in cases(0..600, |weights| weights.schedule = true) {
        let bytes = bytes(&mut random, 64);
        let u = &mut Unstructured::new(&bytes);
        if !(Mutator { case: &mut case, choices: Choices::new(u), weights: &weights }).apply(MUTATIONS[cross].2) {
            continue;
        }
        let pairs = case.tasks.iter().enumerate().flat_map(|(at, task)| {
            task.operations.iter().filter_map(|it| written_and_mapped(&case, it)).map(move |pair| (at, pair))
        });
        let pairs: Vec<_> = pairs.collect();
        let meet = |(one, (written, mapped)): &(usize, _)| {
            pairs.iter().any(|(other, pair)| one != other && pair == &(*mapped, *written))
        };
        assert!(pairs.iter().any(meet), "{case}");
        crossed += 1;
    }
    assert!(crossed > 300, "{crossed} of 600 cases");
}

/// A write copies on from the page that an earlier one of its task wrote.
#[test]
fn what_was_written_is_copied_on() {
    let weights = weights();
    let mut random = fastrand::Rng::with_seed(9);
    let copy_on =
        MUTATIONS.iter().position(|(_, name, _)| *name == "copy on what was written").expect("it is one of them");
    let mut copied = 0;
    for mut case in cases(0..600, |weights| weights.schedule = true) {
        let bytes = bytes(&mut random, 64);
        let u = &mut Unstructured::new(&bytes);
        if !(Mutator { case: &mut case, choices: Choices::new(u), weights: &weights }).apply(MUTATIONS[copy_on].2) {
            continue;
        }
        let copies = case.tasks.iter().any(|task| {
            let written = |it: &TaskOperation| match it {
                TaskOperation::Write { file, offset, .. } => Some((*file, offset / case.geometry.page)),
                _ => None,
            };
            let earlier = |at: usize| task.operations[..at].iter().filter_map(written);
            let mut later = task.operations.iter().enumerate();
            later
                .any(|(at, it)| written_and_mapped(&case, it).is_some_and(|(_, from)| earlier(at).any(|it| it == from)))
        });
        assert!(copies, "{case}");
        copied += 1;
    }
    assert!(copied > 300, "{copied} of 600 cases");
}
