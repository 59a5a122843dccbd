//! Mutator and crossover that know the format: cases in, cases out.

use super::Input;
use super::named::name;
use arbitrary::Unstructured;
use case::{Case, Expectation, OperationSet, Weights, crossover, generate, mutate, simplify};
use fastrand::Rng;
use std::sync::LazyLock;

/// Mutates `data[..size]` as a case, and returns the new size, which is at most `most`; `None` where the engine's own
/// mutator is to do it: for a share of the calls, since it goes where the structured one does not, and when the case
/// has become too long.
///
/// An engine that minimises wants less than there is (libFuzzer then says that `most` is `size - 1`): it gets a case
/// with something taken away.
#[must_use]
pub fn mutate_input(data: &mut [u8], size: usize, most: usize, seed: u32) -> Option<usize> {
    let (size, most) = (size.min(data.len()), most.min(data.len()));
    let mut random = Rng::with_seed(seed.into());
    let bytes = random_bytes(&mut random);
    let mut choices = Unstructured::new(&bytes);
    if size > most {
        let mut case = Input::from_bytes(&data[..size]).case;
        simplify(&mut case, &mut choices);
        return put(&case, &mut data[..most]);
    }
    // A crash ends everything: a subject for a few inputs.
    let weights = &WEIGHTS[usize::from(random.u8(..16) == 0)];
    let case = match random.u8(..16) {
        // What the engine has kept plays no part: this is what its feedback is measured against.
        _ if *IS_BLIND => fresh(&mut choices, weights, &mut random),
        0 => return None,
        1..4 => fresh(&mut choices, weights, &mut random),
        _ => {
            let mut case = Input::from_bytes(&data[..size]).case;
            let named = case.expectations.drain(..).next().filter(|_| random.u8(..8) != 0);
            mutate(&mut case, &mut choices, weights);
            match named {
                Some(named) => case.expectations.push(Expectation { finding: None, ..named }),
                None => name(&mut case, random.usize(..)),
            }
            case
        }
    };
    put(&case, &mut data[..most])
}

/// A case that owes nothing to any other.
fn fresh(choices: &mut Unstructured<'_>, weights: &Weights, random: &mut Rng) -> Case {
    // Most features are left out, as in a hunt: the others meet more often.
    let mut weights = weights.clone();
    weights.reroll(&mut Unstructured::new(&random_bytes(random)));
    let mut case = generate(choices, &weights);
    name(&mut case, random.usize(..));
    case
}

/// Crosses two inputs as cases; `None` if the child is too long.
#[must_use]
pub fn cross_inputs(a: &[u8], b: &[u8], out: &mut [u8], seed: u32) -> Option<usize> {
    if *IS_BLIND {
        return None;
    }
    let bytes = random_bytes(&mut Rng::with_seed(seed.into()));
    let (mut a, b) = (Input::from_bytes(a).case, Input::from_bytes(b).case);
    let mut child = crossover(&a, &b, &mut Unstructured::new(&bytes), &WEIGHTS[0]);
    child.expectations.extend(a.expectations.drain(..).next().map(|it| Expectation { finding: None, ..it }));
    put(&child, out)
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

/// The variable that makes the mutator generate each case anew.
pub const BLIND_VARIABLE: &str = "SHORTCOPY_BLIND";

static IS_BLIND: LazyLock<bool> = LazyLock::new(|| std::env::var_os(BLIND_VARIABLE).is_some());

/// Without crashes, and with them.
static WEIGHTS: LazyLock<[Weights; 2]> =
    LazyLock::new(|| [weights(), Weights { operations: OperationSet::all(), ..weights() }]);

/// What cases may contain: every filesystem that some strategy runs on, and a schedule, because there is no other
/// scheduler here.
fn weights() -> Weights {
    let mut weights = Weights { schedule: true, ..Weights::default() };
    for (filesystem, form) in strategies::ALL.iter().flat_map(machine::Strategy::runs_on) {
        // No form: each strategy then takes the one that it needs, and the case fits all of them.
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
    use crate::fuzzing::Input;
    use crate::fuzzing::tests::CLEARED_TAIL;
    use crate::judge::Judge;
    use case::{Case, repair};
    use machine::Machine;
    use oracle::{Class, Notation, Profile};

    #[test]
    fn mutants_are_cases_and_fit() {
        let mut mutated = 0;
        for seed in 0..2_000 {
            let mut data = [0; 1024];
            data[..CLEARED_TAIL.len()].copy_from_slice(CLEARED_TAIL.as_bytes());
            if let Some(size) = mutate_input(&mut data, CLEARED_TAIL.len(), 1024, seed) {
                assert_eq!(repair::decode(&data[..size]).repaired, 0);
                mutated += 1;
            }
        }
        assert!((1_500..1_980).contains(&mutated), "{mutated} of 2000 went to the structured mutator");
    }

    #[test]
    fn whatever_lengths_an_engine_hands_in_nothing_is_out_of_range() {
        for seed in 0..2_000 {
            let lengths = [0, 1, 2, 16, CLEARED_TAIL.len() - 1, CLEARED_TAIL.len(), CLEARED_TAIL.len() + 1, 4096];
            let mut random = fastrand::Rng::with_seed(seed);
            let [held, size, most] = [(); 3].map(|()| lengths[random.usize(..lengths.len())]);
            let mut data: Vec<u8> = CLEARED_TAIL.bytes().cycle().take(held).collect();
            let changed = mutate_input(&mut data, size, most, seed as u32);
            assert!(changed.is_none_or(|it| it <= most && it <= held), "{held}, {size}, {most}: {changed:?}");
        }
    }

    /// As libFuzzer minimises: what still shows it is kept, and the next input has to be shorter.
    #[test]
    fn minimising_ends_at_a_small_case_that_still_shows_it() {
        let strategy = strategies::find("zero-tail-retry").expect("it is registered");
        let mut judge = Judge::new(Profile::Linux);
        let mut shows = |bytes: &[u8]| {
            let case = Input::from_bytes(bytes).case;
            Machine::refusal(&case, strategy).is_none()
                && judge.replay(&case, strategy).verdicts.iter().any(|it| it.class == Class::Zero)
        };
        let mut kept =
            CLEARED_TAIL.replace("task r ", "task r stat a\ntask s append a [m 3..70, m 1..2]\ntask r ").into_bytes();
        assert!(shows(&kept));
        let before = kept.len();
        for seed in 0..2_000 {
            let (size, mut data) = (kept.len(), kept.clone());
            if let Some(smaller) = mutate_input(&mut data, size, size - 1, seed)
                && shows(&data[..smaller])
            {
                data.truncate(smaller);
                kept = data;
            }
        }
        let text = String::from_utf8(kept).expect("cases are text");
        assert!(Case::parse("it", &text).is_ok() && text.len() < before, "{text}");
        assert!(!text.contains("stat") && !text.contains("append"), "{text}");
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
            let Some(size) = mutate_input(&mut data, text.len(), 1024, seed) else { continue };
            let case = repair::decode(&data[..size]).case;
            if Machine::refusal(&case, strategy).is_none() {
                let verdicts = judge.replay(&case, strategy).verdicts;
                crossed += u32::from(verdicts.iter().any(|it| it.notation == Some(Notation::Crosswise)));
            }
        }
        assert!(crossed > 0, "none of 4000 mutants");
    }
}
