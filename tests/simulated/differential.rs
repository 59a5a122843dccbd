//! Strategies with nothing wrong about them do the same, one task after the other, up to what they declare: in
//! generated cases, with every defect mended and with none.

use arbitrary::Unstructured;
use case::{Case, OperationSet, Weights, generate};
use fastrand::Rng;
use shortcopy::fuzzing::{Differential, Setup};
use std::collections::BTreeMap;

const CASES: u64 = 6_000;

fn generated(seed: u64) -> Case {
    let mut random = Rng::with_seed(seed);
    let mut bytes = [0; 1024];
    random.fill(&mut bytes);
    let mut weights = Weights::default();
    weights.reroll(&mut Unstructured::new(&bytes));
    if seed.is_multiple_of(8) {
        weights.operations = OperationSet::all();
    }
    random.fill(&mut bytes);
    let mended = if seed.is_multiple_of(4) { Vec::new() } else { vec!["all".to_owned()] };
    Case { mended, ..generate(&mut Unstructured::new(&bytes), &weights) }
}

#[test]
fn what_is_right_does_the_same() {
    let mut differential = Differential::new(Setup::default());
    let run = |seed| differential.run(&generated(seed)).err();
    // The first of each state is enough to tell what is wrong.
    let shown: BTreeMap<String, String> =
        (0..CASES).filter_map(run).map(|it| (it.state().to_string(), it.to_string())).collect();
    let told: Vec<String> = shown.into_values().collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}
