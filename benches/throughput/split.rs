//! What a case of a search costs, split into generating it, running it and checking what was seen; and how uneven the
//! checks are.

use arbitrary::Unstructured;
use case::{Case, OperationSet, Weights, generate_into};
use fastrand::Rng;
use machine::{Machine, Strategy};
use oracle::{Checker, Profile};
use shortcopy::hunt::BATCH;
use shortcopy::schedule::{Portfolio, Way};
use std::time::{Duration, Instant};

/// Runs that are measured: batches of all strategies, as a search makes them.
const RUNS: u64 = 200_000;
/// One batch of so many has crashes, about as many as in a search.
const CRASHES: u64 = 10;

/// What the runs cost.
#[derive(Default)]
struct Split {
    generating: Duration,
    running: Duration,
    /// Of each run, in nanoseconds.
    checks: Vec<u64>,
    steps: u64,
    operations: u64,
    faulty: u64,
    slowest: Option<(Duration, Case, &'static str)>,
}

/// Measures and prints.
pub fn print() {
    let mut split = Split::default();
    let (mut portfolio, mut machine, mut checker) = (Portfolio::default(), Machine::new(), Checker::new());
    let mut case = Case::default();
    for batch in 0..RUNS / BATCH {
        let strategy = &strategies::ALL[(batch % strategies::ALL.len() as u64) as usize];
        let mut random = Rng::with_seed(batch);
        let weights = weights(strategy, batch, &mut random);
        let mut bytes = [0; 1024];
        for _ in 0..BATCH / 2 {
            random.fill(&mut bytes);
            let start = Instant::now();
            generate_into(&mut case, &mut Unstructured::new(&bytes), &weights);
            split.generating += start.elapsed();
            let seed = random.u64(..);
            for way in Way::for_case(seed) {
                let start = Instant::now();
                let run = machine.run(&case, strategy, portfolio.scheduler(way, seed));
                split.running += start.elapsed();
                split.steps += u64::from(run.steps);
                split.operations += case.tasks.iter().map(|it| it.operations.len() as u64).sum::<u64>();
                split.faulty += u64::from(!case.faults.is_empty());
                // The faster of two counts, since whatever else the machine does can only make it slower.
                let mut check = || {
                    let start = Instant::now();
                    divan::black_box(checker.check(run.history, Profile::Linux));
                    start.elapsed()
                };
                let check = check().min(check());
                split.checks.push(check.as_nanos() as u64);
                if split.slowest.as_ref().is_none_or(|it| it.0 < check) {
                    split.slowest =
                        Some((check, Case { schedule: run.schedule.to_vec(), ..case.clone() }, strategy.id));
                }
            }
        }
    }
    split.print();
}

fn weights(strategy: &Strategy, batch: u64, random: &mut Rng) -> Weights {
    let mut bytes = [0; 64];
    random.fill(&mut bytes);
    let filesystems = strategy.runs_on().map(|(filesystem, form)| (filesystem, Some(form))).collect();
    let mut weights = Weights { filesystems, ..Weights::default() };
    weights.reroll(&mut Unstructured::new(&bytes));
    if batch.is_multiple_of(CRASHES) {
        weights.operations = OperationSet::all();
    }
    weights
}

impl Split {
    fn print(mut self) {
        let runs = self.checks.len();
        let each = |it: Duration| it.as_secs_f64() * 1e6 / runs as f64;
        self.checks.sort_unstable();
        let sum = |part: &[u64]| part.iter().sum::<u64>() as f64;
        let all = sum(&self.checks);
        let at = |share: f64| self.checks[((runs - 1) as f64 * share) as usize] as f64 / 1e3;
        println!();
        println!(
            "a case of a search, in µs of a run: generating {:.2}, running {:.2}, checking {:.2}",
            each(self.generating),
            each(self.running),
            all / 1e3 / runs as f64
        );
        println!(
            "the mix: {:.1} steps, {:.1} operations a run, {:.0} % with faults",
            self.steps as f64 / runs as f64,
            self.operations as f64 / runs as f64,
            100.0 * self.faulty as f64 / runs as f64
        );
        println!(
            "checks, in µs: median {:.1}, 99 % {:.1}, 99.9 % {:.1}, slowest {:.0}; the slowest 1 % take {:.0} %",
            at(0.5),
            at(0.99),
            at(0.999),
            at(1.0),
            100.0 * sum(&self.checks[runs - runs / 100..]) / all
        );
        if let Some((_, case, strategy)) = self.slowest {
            println!("the slowest, under {strategy}:\n{case}");
        }
    }
}
