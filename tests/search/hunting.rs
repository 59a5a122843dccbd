//! Hunts: what they find depends on the seed, the number of cases and that of the jobs, and on nothing else.

use case::Case;
use machine::{Class, Strategy};
use oracle::Profile;
use shortcopy::cause::Inquiry;
use shortcopy::hunt::{Event, Field, Hunt, Limits};
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

/// Enough for each strategy to be bred several times.
const CASES: u64 = 60_000;

fn found(jobs: usize) -> BTreeSet<String> {
    let limits = Limits { cases: Some(CASES), ..Limits::default() };
    let hunt = Hunt { field: Field::everything(3), limits, jobs };
    let mut found = BTreeSet::new();
    let (summary, _) = hunt.run(&AtomicBool::new(false), &mut |event| match event {
        Event::Finding(finding) => {
            // What is explained is told once for each cause and symptom; what persists is not part of that.
            let it = &finding.signature;
            let detail = finding.cause.is_unexplained().then(|| it.detail()).flatten().unwrap_or_default();
            let (fs, form) = (it.filesystem.word(), it.form.word());
            let key = format!("{}: {} {} {detail} {} {fs} {form}", finding.cause, it.class, it.rule, it.strategy);
            assert!(found.insert(key.clone()), "told twice: {key}");
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

/// A second hunt, with another seed, must not say anything else of the cases of the first.
#[test]
fn a_cause_is_the_same_whoever_asks() {
    let limits = Limits { cases: Some(40_000), ..Limits::default() };
    let mut told = Vec::new();
    let _ = Hunt { field: Field::everything(11), limits, jobs: 2 }.run(&AtomicBool::new(false), &mut |event| {
        if let Event::Finding(finding) = event {
            told.push(finding);
        }
    });
    assert!(told.len() > 100, "only {} findings", told.len());
    let mut inquiry = Inquiry::new(Profile::Linux);
    for finding in told.iter().rev() {
        let strategy = strategies::find(finding.signature.strategy).expect("it is registered");
        assert_eq!(inquiry.cause(&finding.case, strategy, &finding.signature), finding.cause, "{}", finding.case);
        let needs = shortcopy::cause::needs(&finding.case);
        assert_eq!(needs, finding.needs);
    }
}

/// What the hunt is held against shows the same, so that nothing is left to tell.
#[test]
fn a_strategy_against_itself_has_nothing_to_tell() {
    let baseline = strategies::find("baseline").expect("it is registered");
    let field = Field { tested: vec![baseline.into()], against: Some(baseline.into()), ..Field::everything(5) };
    let limits = Limits { cases: Some(30_000), ..Limits::default() };
    let (summary, _) = Hunt { field, limits, jobs: 1 }.run(&AtomicBool::new(false), &mut |_| {});
    assert_eq!((summary.findings, summary.troubles), (0, 0));
}

/// With a fault that nobody registered, a hunt finds something new, whatever else is known of the strategy.
#[test]
fn a_planted_fault_is_new() {
    let baseline = strategies::find("baseline").expect("it is registered");
    let planted: &'static Strategy = Box::leak(Box::new(Strategy {
        write: |k, file, iov, pos| {
            Box::pin(async move {
                // A write of one cell is forgotten.
                if iov.count() == 1 {
                    return Ok(1);
                }
                (strategies::find("baseline").expect("it is registered").write)(k, file, iov, pos).await
            })
        },
        ..*baseline
    }));
    let field = Field { tested: vec![planted.into()], ..Field::everything(6) };
    let limits = Limits { cases: Some(25_000), ..Limits::default() };
    let mut found = 0;
    let _ = Hunt { field, limits, jobs: 1 }.run(&AtomicBool::new(false), &mut |event| {
        if let Event::Finding(finding) = event {
            let is_it = finding.cause.is_unexplained() && finding.case.mended == [Case::ALL_MENDED];
            found += u32::from(is_it && finding.new && finding.signature.class == Class::LostWrite);
        }
    });
    assert!(found > 0, "the fault was not found");
}

#[test]
fn one_job_finds_the_same_again() {
    assert_eq!(found(1), found(1));
}
