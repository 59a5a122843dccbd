//! The simulator: whole cases, with and without the oracle.

use crate::cases::{COPIES_OF_COPIES, IN_MEMORY, ON_DISK, STRATEGIES, parse, strategy};
use case::Case;
use divan::Bencher;
use divan::counter::ItemsCount;
use machine::{Machine, Strategy};
use oracle::{Checker, Profile};
use schedule::{CaseGiven, Uniform};

/// A case under a strategy, again and again, each time with other preemptions.
pub struct Simulator {
    case: Case,
    strategy: &'static Strategy,
    scheduler: Uniform,
    machine: Machine,
    checker: Checker,
}

impl Simulator {
    /// A case under this strategy.
    pub fn new(case: &str, strategy_id: &str) -> Self {
        Self {
            case: parse(case),
            strategy: strategy(strategy_id),
            scheduler: Uniform::new(1),
            machine: Machine::new(),
            checker: Checker::new(),
        }
    }

    /// One run, unchecked: the number of steps.
    pub fn run(&mut self) -> u32 {
        self.machine.run(&self.case, self.strategy, &mut self.scheduler).steps
    }

    /// One run and the oracle's look at it: the number of steps.
    pub fn run_and_check(&mut self) -> u32 {
        let run = self.machine.run(&self.case, self.strategy, &mut self.scheduler);
        let verdicts = self.checker.check(run.history, Profile::Linux);
        assert!(verdicts.is_empty(), "{} is measured where it is right: {verdicts:?}", self.strategy.id);
        run.steps
    }

    /// The mean number of steps.
    pub fn mean_steps(&mut self) -> f64 {
        const RUNS: u32 = 2_000;
        (0..RUNS).map(|_| f64::from(self.run_and_check())).sum::<f64>() / f64::from(RUNS)
    }
}

#[divan::bench(args = STRATEGIES)]
fn in_memory_with_oracle(bencher: Bencher<'_, '_>, strategy: &str) {
    let mut simulator = Simulator::new(IN_MEMORY, strategy);
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| simulator.run_and_check());
}

#[divan::bench(args = STRATEGIES)]
fn on_disk_with_oracle(bencher: Bencher<'_, '_>, strategy: &str) {
    let mut simulator = Simulator::new(ON_DISK, strategy);
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| simulator.run_and_check());
}

#[divan::bench(args = STRATEGIES)]
fn in_memory_on_the_machine_alone(bencher: Bencher<'_, '_>, strategy: &str) {
    let mut simulator = Simulator::new(IN_MEMORY, strategy);
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| simulator.run());
}

#[divan::bench]
fn oracle_alone_on_copies_of_copies(bencher: Bencher<'_, '_>) {
    let case = parse(COPIES_OF_COPIES);
    let mut given = CaseGiven::new(&case.schedule);
    let history = Machine::new().run(&case, strategy("write-begin-2.6.24.3"), &mut given).history.clone();
    let mut checker = Checker::new();
    bencher.bench_local(|| checker.check(&history, Profile::Linux).len());
}
