//! The way of `docs/your-own-cache.md`: what it shows is what happens.

use own_cache::OwnCache;
use shortcopy::case::Case;
use shortcopy::hunt::{Event, Field, Hunt, Limits, Pool, Search, Seen};
use shortcopy::judge::Judge;
use shortcopy::oracle::{Class, Profile};
use shortcopy::subject::under_test;
use std::sync::atomic::AtomicBool;

const FINDING: &str = include_str!("../finding/resurrected.case");
const DOCUMENT: &str = include_str!("../../../docs/your-own-cache.md");

#[test]
fn the_case_of_the_document_shows_it() {
    assert!(DOCUMENT.contains(FINDING.trim_end()), "the document shows another case");
    let case = Case::parse("resurrected.case", FINDING).expect("a case");
    let mut judge = Judge::new(Profile::Linux);
    let classes: Vec<Class> =
        judge.replay(&case, under_test::<OwnCache>()).verdicts.iter().map(|it| it.class).collect();
    assert_eq!(classes, [Class::Resurrected]);
}

#[test]
fn a_hunt_finds_it_and_makes_it_that_small() {
    let wanted = Case::parse("resurrected.case", FINDING).expect("a case");
    let field = Field { tested: vec![under_test::<OwnCache>()], ..Field::everything(1) };
    let limits = Limits { cases: Some(100_000), ..Limits::default() };
    let mut found = Vec::new();
    let hunt = Hunt { field, limits, jobs: 1 };
    hunt.run(&AtomicBool::new(false), &mut |event| {
        if let Event::Finding(finding) = event {
            found.push(Case { comments: Vec::new(), ..finding.case });
        }
    });
    assert!(found.contains(&wanted), "{found:?}");
}

#[test]
fn the_adapter_is_right() {
    shortcopy::subject::check::<OwnCache>();
}

/// Equal runs are equal, stops included.
#[test]
fn the_same_case_twice_is_the_same_run() {
    let field = Field { tested: vec![under_test::<OwnCache>()], ..Field::everything(2) };
    let mut search = Search::new(&field);
    let mut again = Judge::new(Profile::Linux);
    let mut runs = 0;
    for number in 0..60 {
        let _ = search.batch(number, 1_000, &Pool::default(), &mut |sighting| {
            if let Some(sighting) = sighting
                && let Seen::Verdicts(judgement) = sighting.seen
            {
                let case = Case { schedule: judgement.run.schedule.to_vec(), ..sighting.case.clone() };
                let second = again.replay(&case, under_test::<OwnCache>());
                assert_eq!((second.run.hash, second.run.steps), (judgement.run.hash, judgement.run.steps), "{case}");
                assert_eq!(second.run.history, judgement.run.history, "{case}");
                runs += 1;
            }
            std::ops::ControlFlow::Continue(())
        });
    }
    assert!(runs > 0, "nothing was shown");
}
