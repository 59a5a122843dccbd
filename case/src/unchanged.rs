//! The same bytes make the same cases as ever: seeds, corpora and figures stand on it.

use crate::generate::tests::bytes;
use crate::{Case, Filesystem, Form, OperationSet, Weights, crossover, generate, mutate, simplify};
use arbitrary::Unstructured;

/// Rounds of the test: each makes a case, its mutants, a child of it, and a simpler case.
const ROUNDS: u64 = 3000;

/// The hash of what all rounds made when this test was written.
const BEFORE: u64 = 0xcedb_c2c0_2ea5_aacd;

/// FNV-1a: the same with every release of the standard library.
fn hash(text: &str, before: u64) -> u64 {
    text.bytes().fold(before, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The weights of a round: the thread's filesystems, or all of them; without and with crashes and schedules.
fn weights(round: u64, random: &mut fastrand::Rng) -> Weights {
    let mut weights = Weights::swarm(&mut Unstructured::new(&bytes(random, 64)));
    weights.schedule = round.is_multiple_of(2);
    if round.is_multiple_of(3) {
        use Filesystem::{Block, Cluster, Cont, Extent, Journal, Libfs, Nobh, Server};
        let all = [Libfs, Nobh, Block, Cont, Journal, Cluster, Server, Extent];
        weights.filesystems = all.map(|it| (it, None)).into_iter().chain([(Extent, Some(Form::Iomap))]).collect();
    }
    if round.is_multiple_of(5) {
        weights.operations = OperationSet::all();
    }
    weights
}

#[test]
fn the_same_bytes_make_the_same_cases_as_ever() {
    let mut hash_of_all = 0xcbf2_9ce4_8422_2325;
    let mut last = Case::default();
    for round in 0..ROUNDS {
        let random = &mut fastrand::Rng::with_seed(round);
        let weights = weights(round, random);
        let length = random.usize(0..600);
        let mut case = generate(&mut Unstructured::new(&bytes(random, length)), &weights);
        hash_of_all = hash(&case.print(), hash_of_all);
        if round > 0 {
            let child = crossover(&case, &last, &mut Unstructured::new(&bytes(random, 64)), &weights);
            hash_of_all = hash(&child.print(), hash_of_all);
        }
        last.clone_from(&case);
        for _ in 0..4 {
            mutate(&mut case, &mut Unstructured::new(&bytes(random, 96)), &weights);
            hash_of_all = hash(&case.print(), hash_of_all);
        }
        simplify(&mut case, &mut Unstructured::new(&bytes(random, 64)));
        hash_of_all = hash(&case.print(), hash_of_all);
    }
    assert_eq!(hash_of_all, BEFORE, "{hash_of_all:#018x}");
}
