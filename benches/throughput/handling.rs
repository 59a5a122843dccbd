//! What is done to cases beside running them: generating, mutating, decoding, printing, shrinking.

use crate::cases::{FAILING, ON_DISK, parse, strategy};
use arbitrary::Unstructured;
use case::{Case, Slice, Weights, generate_into, mutate, repair, shrink};
use divan::{Bencher, black_box};
use fastrand::Rng;
use machine::Machine;
use oracle::{Checker, Class, Profile};
use schedule::{CaseGiven, Scheduler, Uniform};

fn random_bytes(random: &mut Rng) -> [u8; 512] {
    let mut bytes = [0; 512];
    random.fill(&mut bytes);
    bytes
}

#[divan::bench]
fn generate(bencher: Bencher<'_, '_>) {
    let mut random = Rng::with_seed(1);
    let weights = Weights::default();
    let mut case = Case::default();
    bencher.with_inputs(|| random_bytes(&mut random)).bench_local_refs(|bytes| {
        generate_into(&mut case, &mut Unstructured::new(bytes), &weights);
        case.tasks.len()
    });
}

#[divan::bench]
fn mutate_case(bencher: Bencher<'_, '_>) {
    let mut random = Rng::with_seed(1);
    let weights = Weights::default();
    let case = parse(ON_DISK);
    bencher.with_inputs(|| (case.clone(), random_bytes(&mut random))).bench_local_refs(|(case, bytes)| {
        mutate(case, &mut Unstructured::new(bytes), &weights);
    });
}

#[divan::bench]
fn decode_strictly(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| parse(black_box(ON_DISK)));
}

#[divan::bench]
fn decode_repairing(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| repair::decode(black_box(ON_DISK.as_bytes())));
}

#[divan::bench]
fn print(bencher: Bencher<'_, '_>) {
    let case = parse(ON_DISK);
    bencher.bench_local(|| black_box(&case).print());
}

/// Whether a run of the case shows zeroes that nobody wrote.
struct Search {
    machine: Machine,
    checker: Checker,
}

impl Search {
    fn shows_zeroes(&mut self, case: &Case, scheduler: &mut dyn Scheduler) -> Option<Vec<Slice>> {
        let run = self.machine.run(case, strategy("zero-tail-retry"), scheduler);
        let schedule = run.schedule.to_vec();
        let verdicts = self.checker.check(run.history, Profile::Linux);
        verdicts.iter().any(|verdict| verdict.class == Class::Zero).then_some(schedule)
    }
}

/// From the schedule that the search recorded to the minimal case.
#[divan::bench(sample_count = 20)]
fn shrink_a_finding(bencher: Bencher<'_, '_>) {
    let mut search = Search { machine: Machine::new(), checker: Checker::new() };
    let mut case = parse(FAILING);
    let mut uniform = Uniform::new(1);
    case.schedule =
        (0..10_000).find_map(|_| search.shows_zeroes(&case, &mut uniform)).expect("one of so many runs does");
    let mut scheduler = CaseGiven::default();
    bencher.bench_local(|| {
        let mut still_fails = |candidate: &Case| {
            scheduler.set(&candidate.schedule);
            search.shows_zeroes(candidate, &mut scheduler).is_some()
        };
        let shrunk = shrink(&case, &mut still_fails, &mut |_| {});
        assert!(shrunk.minimal, "the case to shrink shows nothing");
        shrunk.case
    });
}
