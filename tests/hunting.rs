//! Hunts: what they find depends on the seed, the number of cases and that of the jobs, and on nothing else.

use shortcopy::hunt::{Event, Field, Hunt, Limits};
use shortcopy::witness::Witnesses;
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

/// Enough for each strategy to be bred several times.
const CASES: u64 = 300_000;

fn found(jobs: usize) -> BTreeSet<String> {
    let limits = Limits { cases: Some(CASES), ..Limits::default() };
    let hunt = Hunt { field: Field::everything(3), limits, jobs, witnesses: Witnesses::none() };
    let mut found = BTreeSet::new();
    let (summary, _) = hunt.run(&AtomicBool::new(false), &mut |event| match event {
        Event::Finding(finding) => {
            assert!(found.insert(finding.signature.to_string()), "told twice: {}", finding.signature);
        }
        Event::Trouble(trouble) => panic!("{trouble:?}"),
        Event::Progress(_) => {}
    });
    assert_eq!(summary.cases, CASES);
    found
}

#[test]
fn two_jobs_find_the_same_whichever_is_faster() {
    let first = found(2);
    assert!(first.len() > 500, "only {} findings", first.len());
    assert_eq!(first, found(2));
}

#[test]
fn one_job_finds_the_same_again() {
    assert_eq!(found(1), found(1));
}
