//! The deadlock detection against brute force: what it reports is stuck for ever, and what it does not report comes to
//! an end.

use arbitrary::Unstructured;
use case::{Case, Features, Slice, Weights, generate_into};
use machine::Machine;
use oracle::{OperationId, Stop};
use schedule::{CaseGiven, Nonpreemptive, Runnable, RunnerIndex, Scheduler, Uniform};

/// A schedule, and then chance.
struct PrefixThenChance {
    prefix: CaseGiven,
    left: u32,
    chance: Uniform,
}

impl Scheduler for PrefixThenChance {
    fn start(&mut self, operations: &[u32]) {
        self.prefix.start(operations);
    }

    fn pick(&mut self, runnable: Runnable, previous: Option<RunnerIndex>) -> RunnerIndex {
        if self.left == 0 {
            return self.chance.pick(runnable, previous);
        }
        self.left -= 1;
        self.prefix.pick(runnable, previous)
    }
}

/// The generator's usual weights, for the filesystems that the machine has.
fn built() -> Weights {
    Weights {
        filesystems: machine::BUILT.iter().map(|(filesystem, _)| (*filesystem, None)).collect(),
        ..Weights::default()
    }
}

fn cases() -> u64 {
    std::env::var("SHORTCOPY_CASES").map_or(40_000, |cases| cases.parse().expect("SHORTCOPY_CASES is a number"))
}

/// Goes on after the deadlock in several ways: the tasks of the cycle never return from the calls that they were in.
fn stays_stuck(case: &Case, strategy: &machine::Strategy, schedule: &[Slice], steps: u32, cycle: &[OperationId]) {
    let mut machine = Machine::new();
    machine.stop_at_deadlocks(false);
    for seed in 0..8 {
        let (prefix, chance) = (CaseGiven::new(schedule), Uniform::new(seed));
        let run = machine.run(case, strategy, &mut PrefixThenChance { prefix, left: steps, chance });
        for operation in cycle {
            let returned = run.history.operations[operation.index()].returned;
            assert_eq!(returned, None, "{operation:?} came out of the deadlock in\n{case}\nunder {}", strategy.id);
        }
    }
}

#[test]
fn what_is_reported_is_stuck_and_the_rest_comes_to_an_end() {
    let (mut detecting, mut passing) = (Machine::new(), Machine::new());
    passing.stop_at_deadlocks(false);
    let (mut case, mut bytes, mut weights, mut found) = (Case::default(), [0; 512], built(), 0);
    for seed in 0..cases() {
        fastrand::Rng::with_seed(seed).fill(&mut bytes);
        let mut random = Unstructured::new(&bytes);
        if seed % 64 == 0 {
            weights.reroll(&mut random);
            weights.features = Features { crosswise: 128, same_page: 128, ..weights.features };
        }
        generate_into(&mut case, &mut random, &weights);
        let fits: Vec<_> = strategies::ALL.iter().filter(|it| Machine::refusal(&case, it).is_none()).collect();
        let Some(strategy) = fits.get(seed as usize % fits.len().max(1)) else { continue };
        let run = detecting.run(&case, strategy, &mut Uniform::new(seed));
        if let Some(Stop::Deadlock(deadlock)) = &run.history.stop {
            let cycle: Vec<_> = deadlock.cycle.iter().map(|link| link.operation).collect();
            stays_stuck(&case, strategy, run.schedule, run.steps, &cycle);
            found += 1;
        } else {
            let (hash, stop) = (run.hash, run.history.stop.clone());
            let again = passing.run(&case, strategy, &mut Uniform::new(seed));
            assert_eq!(
                (again.hash, &again.history.stop),
                (hash, &stop),
                "undetected in\n{case}\nunder {}",
                strategy.id
            );
        }
    }
    assert!(found > cases() / 400, "only {found} deadlocks: too few to prove anything");
}

/// A reader and a writer of a cluster's file that refuse each other the lock.
const TAKE_TURNS: &str = "\
shortcopy case 1
geometry page 64 block 16
fs cluster glock
file a size 64 disk 0..64 cached 0 dirty
memory m pages 1 resident 0
task w write a 0 [m 0..64]
task u invalidate-all a
task u read a 0..64
";

/// Two tasks that hand a lock to each other go on so only while nobody else decides who runs.
#[test]
fn a_livelock_is_met_without_preemptions_only() {
    let case = Case::parse("two take turns", TAKE_TURNS).expect("a case");
    let baseline = strategies::ALL.iter().find(|it| it.id == "baseline").expect("baseline");
    let mut machine = Machine::new();
    let mut livelocks = |scheduler: fn(u64) -> Box<dyn Scheduler>| {
        let stops = (0..400).map(|seed| machine.run(&case, baseline, &mut *scheduler(seed)).history.stop.clone());
        stops.filter(|it| matches!(it, Some(Stop::Livelock { .. }))).count()
    };
    let met = livelocks(|seed| Box::new(Nonpreemptive::new(seed)));
    assert!(met > 5, "{met}");
    assert_eq!(livelocks(|seed| Box::new(Uniform::new(seed))), 0);
}
