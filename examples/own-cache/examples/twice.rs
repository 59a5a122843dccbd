//! Runs generated cases twice, by two backends, and compares all that there is to compare: `twice [CASES] [SEED]`.

use own_cache::OwnCache;
use shortcopy::case::{Weights, generate};
use shortcopy::schedule::{Portfolio, Way};
use shortcopy::subject::{Backend, Runner, Subject};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|it| it.parse::<u64>().expect("a number"));
    let (cases, seed) = (arguments.next().unwrap_or(100_000), arguments.next().unwrap_or(1));
    let mut random = fastrand::Rng::with_seed(seed);
    let mut weights = Weights { abilities: OwnCache::ABILITIES, ..Weights::default() };
    let (mut first, mut second) = (Runner::<OwnCache>::new(), Runner::<OwnCache>::new());
    let (mut one, mut other) = (Portfolio::default(), Portfolio::default());
    let (mut equal, mut stops) = (0, 0);
    for number in 0..cases {
        let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(320).collect();
        if number % 64 == 0 {
            weights.reroll(&mut arbitrary::Unstructured::new(&bytes));
        }
        let case = generate(&mut arbitrary::Unstructured::new(&bytes), &weights);
        let (way, seed) = (Way::RANDOM[number as usize % Way::RANDOM.len()], random.u64(..));
        let ran = first.run(&case, one.scheduler(way, seed));
        let again = second.run(&case, other.scheduler(way, seed));
        let all = |it: &shortcopy::subject::Ran<'_>| (it.hash, it.steps, it.counts);
        let is_equal = all(&ran) == all(&again) && ran.history == again.history && ran.schedule == again.schedule;
        equal += u64::from(is_equal);
        stops += u64::from(ran.history.stop.is_some());
        if !is_equal {
            println!("{case}");
        }
    }
    println!("{equal} of {cases} equal, {stops} of them stopped");
    if equal == cases { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
