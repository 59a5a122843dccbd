//! Changes that make a case shorter as text: used when a fuzzing engine makes its input smaller.

use super::{ATTEMPTS, Mutation, Mutator, operations, rename, schedule};
use crate::generate::Choices;
use crate::parts::{remove_file, remove_memory};
use crate::{Case, MachineOptions, Weights};
use arbitrary::Unstructured;

/// All that can be taken away.
const SIMPLIFICATIONS: [Mutation; 10] = [
    (8, "drop an operation", operations::drop),
    (3, "drop a task", operations::drop_task),
    (5, "drop a segment", operations::drop_segment),
    (3, "drop a memory", drop_memory),
    (2, "drop a file", drop_file),
    (2, "drop a fault", drop_fault),
    (6, "drop a preemption", schedule::drop),
    (4, "cut the schedule", cut_schedule),
    (1, "a plain machine", plain_machine),
    (1, "plain names", plain_names),
];

/// Removes one to four things, so that the case is shorter as text and still valid. Returns false and changes nothing
/// if none of the drawn changes makes it shorter.
pub fn simplify(case: &mut Case, u: &mut Unstructured<'_>) -> bool {
    let weights = Weights::default();
    let mut length = case.print().len();
    let mut mutator = Mutator { case, choices: Choices::new(u), weights: &weights };
    let wanted = 1 + mutator.choices.pick(&[8, 4, 2, 1]);
    let mut done = 0;
    for _ in 0..ATTEMPTS {
        let drawn = mutator.choices.weighted(SIMPLIFICATIONS.iter().map(|(weight, ..)| u32::from(*weight)));
        let before = mutator.case.clone();
        if mutator.apply(SIMPLIFICATIONS[drawn.unwrap_or(0)].2) {
            let shorter = mutator.case.print().len();
            if shorter < length {
                (length, done) = (shorter, done + 1);
            } else {
                *mutator.case = before;
            }
        }
        if done == wanted {
            break;
        }
    }
    done > 0
}

/// One of so many, if there are any.
fn one(m: &mut Mutator<'_, '_, '_>, count: usize) -> Option<usize> {
    (count > 0).then(|| m.choices.index(count))
}

fn drop_memory(m: &mut Mutator<'_, '_, '_>) -> bool {
    one(m, m.case.memories.len()).map(|it| remove_memory(m.case, it)).is_some()
}

fn drop_file(m: &mut Mutator<'_, '_, '_>) -> bool {
    m.case.files.len() > 1 && one(m, m.case.files.len()).map(|it| remove_file(m.case, it)).is_some()
}

fn drop_fault(m: &mut Mutator<'_, '_, '_>) -> bool {
    one(m, m.case.faults.len()).map(|it| m.case.faults.remove(it)).is_some()
}

fn cut_schedule(m: &mut Mutator<'_, '_, '_>) -> bool {
    one(m, m.case.schedule.len()).map(|it| m.case.schedule.truncate(it)).is_some()
}

fn plain_machine(m: &mut Mutator<'_, '_, '_>) -> bool {
    m.case.machine = MachineOptions::default();
    true
}

fn plain_names(m: &mut Mutator<'_, '_, '_>) -> bool {
    rename(m.case);
    true
}

#[cfg(test)]
mod tests {
    use super::{SIMPLIFICATIONS, simplify};
    use crate::generate::Choices;
    use crate::generate::tests::{bytes, cases};
    use crate::mutate::Mutator;
    use crate::{Case, Weights};
    use arbitrary::Unstructured;

    #[test]
    fn a_simplified_case_is_valid_and_shorter() {
        let mut random = fastrand::Rng::with_seed(11);
        for mut case in cases(0..500, |weights| weights.schedule = true) {
            let first = case.print().len();
            loop {
                let before = case.clone();
                let bytes = bytes(&mut random, 64);
                if !simplify(&mut case, &mut Unstructured::new(&bytes)) {
                    assert_eq!(case, before);
                    break;
                }
                assert!(case.print().len() < before.print().len());
                assert_eq!(case.validate(), Ok(()), "{before} to {case}");
                assert_eq!(Case::parse("it", &case.print()).ok().as_ref(), Some(&case));
            }
            assert!(case.print().len() < first, "{case}");
        }
    }

    #[test]
    fn every_simplification_changes_some_case() {
        let (weights, mut random) = (Weights::default(), fastrand::Rng::with_seed(5));
        for (_, name, change) in SIMPLIFICATIONS {
            let changed = cases(0..300, |weights| weights.schedule = true).filter_map(|mut case| {
                // What a person writes has names of its own.
                case.tasks[0].name = crate::Name::new("whoever").expect("a name");
                let bytes = bytes(&mut random, 64);
                let u = &mut Unstructured::new(&bytes);
                Mutator { case: &mut case, choices: Choices::new(u), weights: &weights }.apply(change).then_some(())
            });
            assert!(changed.count() >= 3, "{name}");
        }
    }
}
