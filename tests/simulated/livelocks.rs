//! The proof that a task goes in circles against the step limit: whoever is stopped by it would not have finished
//! either.

use arbitrary::Unstructured;
use case::{Case, Weights, generate_into};
use machine::Machine;
use oracle::{OperationId, Stop};
use schedule::Uniform;

/// The operation that does not finish, and the step at which the machine stopped for it.
fn livelock(machine: &mut Machine, case: &Case, strategy: &machine::Strategy, seed: u64) -> Option<(OperationId, u32)> {
    let run = machine.run(case, strategy, &mut Uniform::new(seed));
    match &run.history.stop {
        Some(Stop::Livelock { operation, step }) => Some((*operation, *step)),
        _ => None,
    }
}

#[test]
fn who_goes_in_circles_never_finishes() {
    let filesystems = machine::BUILT.iter().map(|(filesystem, _)| (*filesystem, None)).collect();
    let weights = Weights { filesystems, ..Weights::default() };
    let (mut soon, mut late) = (Machine::new(), Machine::new());
    late.stop_at_circles(false);
    let (mut case, mut bytes) = (Case::default(), [0; 1024]);
    let (mut livelocks, mut sooner) = (0, 0);
    for seed in 0..3_000 {
        fastrand::Rng::with_seed(seed).fill(&mut bytes);
        generate_into(&mut case, &mut Unstructured::new(&bytes), &weights);
        for strategy in strategies::ALL.iter().filter(|it| Machine::refusal(&case, it).is_none()) {
            let [early, at_limit] = [&mut soon, &mut late].map(|it| livelock(it, &case, strategy, seed));
            assert_eq!(early.map(|it| it.0), at_limit.map(|it| it.0), "{} in\n{case}", strategy.id);
            livelocks += u32::from(early.is_some());
            sooner += u32::from(early < at_limit);
        }
    }
    assert!(livelocks > 100 && sooner * 2 > livelocks, "{sooner} of {livelocks} livelocks are proved before the limit");
}
