//! The checker against the brute force, on random small histories, legal ones and damaged ones. `SHORTCOPY_HISTORIES` says how many.

use arbitrary::Unstructured;
use fastrand::Rng;
use shortcopy_oracle::{Checker, brute_force};

#[test]
fn checker_and_brute_force_agree() {
    let count: u64 =
        std::env::var("SHORTCOPY_HISTORIES").map_or(5_000, |it| it.parse().expect("a number of histories"));
    let mut checker = Checker::new();
    let mut bytes = [0; 128];
    let (mut legal, mut illegal) = (0_u64, 0_u64);
    for seed in 0..count {
        Rng::with_seed(seed).fill(&mut bytes);
        let history = brute_force::small::history(&mut Unstructured::new(&bytes));
        match brute_force::compare(&mut checker, &history) {
            Ok(true) => legal += 1,
            Ok(false) => illegal += 1,
            Err(disagreement) => panic!("seed {seed}: {disagreement:#?}\n{history:#?}"),
        }
    }
    assert!(legal > count / 5 && illegal > count / 5, "the mix is too one-sided: {legal} legal, {illegal} illegal");
}
