//! The checker against the brute force, on random small histories, legal ones and damaged ones. `SHORTCOPY_HISTORIES`
//! says how many.

use arbitrary::Unstructured;
use fastrand::Rng;
use oracle::{Checker, History, Span, brute_force};

/// A history in a few lines.
fn words(history: &History) -> String {
    let cells = |span: Span| history.cells[span.range()].iter().map(|it| format!("\n      {it:?}")).collect::<String>();
    let segments = &history.segments;
    let mut text = format!("  files {:?}, segments {segments:?}", history.files);
    for (index, it) in history.operations.iter().enumerate() {
        let (from, to, faults) = (it.invoked, it.returned, it.faults);
        text += &format!("\n  {index}: {:?} {from:?}..{to:?}: {:?} {:?} {faults:?}", it.call, it.outcome, it.position);
        text += &cells(it.observed);
    }
    for it in &history.failures {
        text += &format!("\n  {it:?}");
    }
    for it in &history.rest {
        text += &format!("\n  at rest {:?} by {:?}: {}{}", it.file, it.way, it.size, cells(it.content));
    }
    text
}

#[test]
fn checker_and_brute_force_agree() {
    let count: u64 =
        std::env::var("SHORTCOPY_HISTORIES").map_or(20_000, |it| it.parse().expect("a number of histories"));
    let mut checker = Checker::new();
    let mut bytes = [0; 192];
    let (mut legal, mut illegal) = (0_u64, 0_u64);
    for seed in 0..count {
        Rng::with_seed(seed).fill(&mut bytes);
        let history = brute_force::small::history(&mut Unstructured::new(&bytes));
        match brute_force::compare(&mut checker, &history) {
            Ok(true) => legal += 1,
            Ok(false) => illegal += 1,
            Err(it) => panic!("seed {seed}: legal: {}; {:?}\n{}", it.is_legal, it.verdicts, words(&history)),
        }
    }
    assert!(legal > count / 5 && illegal > count / 5, "the mix is too one-sided: {legal} legal, {illegal} illegal");
}
