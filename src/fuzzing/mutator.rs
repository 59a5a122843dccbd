//! Mutator and crossover that know the format: cases in, cases out.

use super::Input;
use arbitrary::Unstructured;
use case::{Case, OperationSet, Weights, crossover, generate, mutate};
use fastrand::Rng;
use std::sync::LazyLock;

/// Mutates `data[..size]` as a case, within the whole of `data`, and returns the new size; `None` where the engine's own mutator is to do
/// it: for a share of the calls, since it goes where the structured one does not, and when the case has become too long.
#[must_use]
pub fn mutate_input(data: &mut [u8], size: usize, seed: u32) -> Option<usize> {
    let mut random = Rng::with_seed(seed.into());
    let bytes = random_bytes(&mut random);
    let mut choices = Unstructured::new(&bytes);
    // A crash ends everything: a subject for a few inputs.
    let weights = &WEIGHTS[usize::from(random.u8(..16) == 0)];
    let case = match random.u8(..16) {
        0 => return None,
        1..4 => {
            // Most features are left out, as in a hunt: the others meet more often.
            let mut weights = weights.clone();
            weights.reroll(&mut Unstructured::new(&random_bytes(&mut random)));
            generate(&mut choices, &weights)
        }
        _ => {
            let mut case = Input::from_bytes(&data[..size]).case;
            mutate(&mut case, &mut choices, weights);
            case
        }
    };
    put(&case, data)
}

/// Crosses two inputs as cases; `None` if the child is too long.
#[must_use]
pub fn cross_inputs(a: &[u8], b: &[u8], out: &mut [u8], seed: u32) -> Option<usize> {
    let bytes = random_bytes(&mut Rng::with_seed(seed.into()));
    let (a, b) = (Input::from_bytes(a).case, Input::from_bytes(b).case);
    put(&crossover(&a, &b, &mut Unstructured::new(&bytes)), out)
}

fn put(case: &Case, out: &mut [u8]) -> Option<usize> {
    let text = case.print();
    out.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
    Some(text.len())
}

fn random_bytes(random: &mut Rng) -> [u8; 512] {
    let mut bytes = [0; 512];
    random.fill(&mut bytes);
    bytes
}

/// Without crashes, and with them.
static WEIGHTS: LazyLock<[Weights; 2]> =
    LazyLock::new(|| [weights(), Weights { operations: OperationSet::all(), ..weights() }]);

/// What cases may contain: every filesystem that some strategy runs on, and a schedule, because there is no other scheduler here.
fn weights() -> Weights {
    let mut weights = Weights { schedule: true, ..Weights::default() };
    for (filesystem, form) in strategies::ALL.iter().flat_map(machine::Strategy::ground) {
        // No form: each strategy then takes the one that it needs, and the case is run under all of them.
        for form in [None, Some(form)] {
            if !weights.filesystems.contains(&(filesystem, form)) {
                weights.filesystems.push((filesystem, form));
            }
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::{cross_inputs, mutate_input};
    use crate::fuzzing::tests::CLEARED_TAIL;
    use crate::judge::Judge;
    use case::repair;
    use machine::Machine;
    use oracle::{Notation, Profile};

    #[test]
    fn mutants_are_cases_and_fit() {
        let mut mutated = 0;
        for seed in 0..2_000 {
            let mut data = [0; 1024];
            data[..CLEARED_TAIL.len()].copy_from_slice(CLEARED_TAIL.as_bytes());
            if let Some(size) = mutate_input(&mut data, CLEARED_TAIL.len(), seed) {
                assert_eq!(repair::decode(&data[..size]).repaired, 0);
                mutated += 1;
            }
        }
        assert!((1_500..1_980).contains(&mutated), "{mutated} of 2000 went to the structured mutator");
    }

    #[test]
    fn children_are_cases_and_fit() {
        for seed in 0..500 {
            let mut out = [0; 1024];
            let size = cross_inputs(CLEARED_TAIL.as_bytes(), b"", &mut out, seed).expect("it fits");
            assert_eq!(repair::decode(&out[..size]).repaired, 0);
        }
        assert_eq!(cross_inputs(CLEARED_TAIL.as_bytes(), b"", &mut [0; 16], 1), None);
    }

    #[test]
    fn mutants_of_one_write_cross_their_locks() {
        let text = "shortcopy case 1\nfs block\nfile a size 64 disk 0..64 cached -\n\
            memory m pages 1 resident 0\ntask w write a 0 [m 0..64]\n";
        let strategy = strategies::find("baseline").expect("it is registered");
        let mut judge = Judge::new(Profile::Linux);
        let mut crossed = 0;
        for seed in 0..4_000 {
            let mut data = [0; 1024];
            data[..text.len()].copy_from_slice(text.as_bytes());
            let Some(size) = mutate_input(&mut data, text.len(), seed) else { continue };
            let case = repair::decode(&data[..size]).case;
            if Machine::refusal(&case, strategy).is_none() {
                let verdicts = judge.replay(&case, strategy).verdicts;
                crossed += u32::from(verdicts.iter().any(|it| it.notation == Some(Notation::Crosswise)));
            }
        }
        assert!(crossed > 0, "none of 4000 mutants");
    }
}
