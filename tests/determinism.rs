//! Determinism: the same case gives the same trace, whatever the machine has run before.
//!
//! `SHORTCOPY_CASES=1000000 cargo test --release --test determinism` for the whole of it.

use arbitrary::Unstructured;
use case::{Case, Weights, generate_into};
use machine::Machine;
use machine::scheduler::{CaseGiven, Pct, Scheduler, Sticky, Uniform, UniformRandomWalk};

/// The generator's usual weights, for the filesystems that the machine has.
fn built() -> Weights {
    Weights {
        filesystems: machine::BUILT.iter().map(|(filesystem, _)| (*filesystem, None)).collect(),
        ..Weights::default()
    }
}

fn cases() -> u64 {
    std::env::var("SHORTCOPY_CASES").map_or(20_000, |cases| cases.parse().expect("SHORTCOPY_CASES is a number"))
}

fn scheduler(seed: u64) -> Box<dyn Scheduler> {
    match seed % 4 {
        0 => Box::new(Uniform::new(seed)),
        1 => Box::new(Sticky::new(seed)),
        2 => Box::new(UniformRandomWalk::new(seed)),
        _ => Box::new(Pct::new(seed)),
    }
}

#[test]
fn the_same_case_gives_the_same_trace() {
    let (mut used, mut other) = (Machine::new(), Machine::new());
    let (mut case, mut bytes, mut weights) = (Case::default(), [0; 512], built());
    for seed in 0..cases() {
        fastrand::Rng::with_seed(seed).fill(&mut bytes);
        let mut random = Unstructured::new(&bytes);
        if seed % 64 == 0 {
            weights.reroll(&mut random);
        }
        generate_into(&mut case, &mut random, &weights);
        let fits: Vec<_> = strategies::ALL.iter().filter(|it| Machine::refusal(&case, it).is_none()).collect();
        let Some(strategy) = fits.get(seed as usize % fits.len().max(1)) else { continue };
        let first = used.run(&case, strategy, &mut *scheduler(seed));
        let (hash, schedule, stop) = (first.hash, first.schedule.to_vec(), first.history.stop.clone());
        let again = other.run(&case, strategy, &mut *scheduler(seed));
        assert_eq!((again.hash, again.schedule, &again.history.stop), (hash, &schedule[..], &stop), "{case}");
        // The schedule that the run leaves behind replays it, except where the machine had become fair, and so was not the scheduler's.
        if first_steps(&schedule) < 2_000 {
            let replayed = other.run(&case, strategy, &mut CaseGiven::new(&schedule));
            assert_eq!((replayed.hash, &replayed.history.stop), (hash, &stop), "{case}\nunder {}", strategy.id);
        }
    }
}

fn first_steps(schedule: &[case::Slice]) -> u32 {
    schedule.iter().map(|slice| slice.steps.unwrap_or(1)).sum()
}
