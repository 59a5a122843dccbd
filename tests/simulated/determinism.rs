//! Determinism: the same case gives the same trace, whatever the machine has run before.
//!
//! `SHORTCOPY_CASES=1000000 cargo test --release --test simulated determinism` for the whole of it.

use arbitrary::Unstructured;
use case::{Case, Weights, generate_into};
use machine::{Machine, TracedEvent};
use schedule::{CaseGiven, Pct, Scheduler, Sticky, Tape, Uniform, UniformRandomWalk};
use std::collections::{BTreeMap, BTreeSet};

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
        // Two machines that have run the same could both have kept something of it: one begins anew now and then.
        if seed % 8 == 0 {
            other = Machine::new();
        }
        let again = other.run(&case, strategy, &mut *scheduler(seed));
        assert_eq!((again.hash, again.schedule, &again.history.stop), (hash, &schedule[..], &stop), "{case}");
        // The schedule that the run leaves behind replays it, except where the machine had become fair, and so was not
        // the scheduler's.
        if first_steps(&schedule) < 2_000 {
            let replayed = other.run(&case, strategy, &mut CaseGiven::new(&schedule));
            assert_eq!((replayed.hash, &replayed.history.stop), (hash, &stop), "{case}\nunder {}", strategy.id);
        }
    }
}

/// What happened in a run: who took each step, and every event of it.
type Story = (Vec<case::Slice>, Vec<TracedEvent>);

#[test]
fn runs_hash_the_same_if_the_same_happened_and_only_then() {
    let mut machine = Machine::new();
    machine.record(true);
    let (mut case, mut bytes, weights) = (Case::default(), [0; 512], built());
    let (mut stories, mut again) = (BTreeMap::<u64, Story>::new(), 0);
    for seed in 0..3_000 {
        // Each case four times: what its tasks do depends on who runs when, and often comes to the same.
        if seed % 4 == 0 {
            fastrand::Rng::with_seed(seed).fill(&mut bytes);
            generate_into(&mut case, &mut Unstructured::new(&bytes), &weights);
        }
        let Some(strategy) = strategies::ALL.iter().find(|it| Machine::refusal(&case, it).is_none()) else { continue };
        let mut inner = scheduler(seed);
        let mut tape = Tape::new(&mut *inner);
        let run = machine.run(&case, strategy, &mut tape);
        // What made the machine as it is at the beginning is not the run's.
        let events = run.events.iter().filter(|it| it.step > 0).copied().collect();
        let story = (tape.schedule().to_vec(), events);
        match stories.get(&run.hash) {
            Some(known) => {
                assert!(*known == story, "{:016x} is the hash of two runs, one of them of\n{case}", run.hash);
                again += 1;
            }
            None => _ = stories.insert(run.hash, story),
        }
    }
    let different: BTreeSet<String> = stories.values().map(|story| format!("{story:?}")).collect();
    assert_eq!(different.len(), stories.len(), "the same happened, and the hash is another");
    assert!(stories.len() > 1_000 && again > 50, "{} different runs and {again} that are the same", stories.len());
}

fn first_steps(schedule: &[case::Slice]) -> u32 {
    schedule.iter().map(|slice| slice.steps.unwrap_or(1)).sum()
}
