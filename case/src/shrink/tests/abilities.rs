//! Tests of the shrinker for those who can do less: nothing is left that they know nothing of.

use crate::allocation::is_ordinary;
use crate::generate::tests::bytes;
use crate::residency::every_page;
use crate::shrink::{Shrunk, shrink, shrink_for};
use crate::{
    Abilities, Case, Filesystem, Form, Geometry, MachineOptions, MemoryKind, OperationKind, OperationSet,
    TaskOperation, Weights, generate,
};
use arbitrary::Unstructured;

/// The usual geometry, and others that cost the same.
const GEOMETRIES: &[Geometry] =
    &[Geometry { page: 64, block: 64 }, Geometry { page: 64, block: 16 }, Geometry { page: 128, block: 32 }];

fn generated(abilities: Abilities, seed: u64) -> Case {
    let random = &mut fastrand::Rng::with_seed(seed);
    let mut weights = Weights { abilities, operations: OperationSet::all(), ..Weights::default() };
    weights.filesystems = Filesystem::ALL.map(|it| (it, Some(Form::WriteBegin))).to_vec();
    weights.schedule = random.bool();
    weights.reroll(&mut Unstructured::new(&bytes(random, 64)));
    generate(&mut Unstructured::new(&bytes(random, 500)), &weights)
}

/// Fails with a write of three cells, and a read; whatever else is in the case does not matter.
fn read_and_written(case: &Case) -> bool {
    let operations = || case.tasks.iter().flat_map(|task| &task.operations);
    operations().any(|it| matches!(it, TaskOperation::Read { .. }))
        && operations().any(|it| {
            matches!(it, TaskOperation::Write { .. }) && it.segments().iter().map(|it| it.range.len()).sum::<u32>() >= 3
        })
}

fn assert_plain(case: &Case) {
    assert_eq!((case.geometry, case.machine), (Geometry::default(), MachineOptions::default()), "{case}");
    assert_eq!((case.filesystem, case.form, case.mended.len()), (Filesystem::Block, None, 0), "{case}");
    assert!(case.files.iter().all(|it| it.cached.is_empty() && is_ordinary(it, case.geometry)), "{case}");
    assert!(case.tasks.iter().all(|it| it.mm == Some(0)), "{case}");
    for memory in &case.memories {
        assert_eq!((memory.kind, memory.mm, memory.unreadable), (MemoryKind::Anonymous, Some(0), 0), "{case}");
        assert_eq!(memory.resident, every_page(memory.pages), "{case}");
    }
}

fn others() -> [Abilities; 6] {
    let cache = Abilities { geometries: GEOMETRIES, ..Abilities::CACHE };
    let mapped = Abilities { shared_mappings: true, private_mappings: true, cached: true, ..cache };
    [
        Abilities::CACHE,
        Abilities::VOLUME,
        Abilities { geometries: GEOMETRIES, holes: true, ..Abilities::VOLUME.with_operation(OperationKind::Crash) },
        cache,
        mapped,
        Abilities { absent_sources: false, unreadable_sources: false, scarcity: true, ..mapped },
    ]
}

#[test]
fn a_case_for_somebody_keeps_nothing_that_they_ignore() {
    for abilities in others() {
        let made = (0..1500).map(|seed| generated(abilities, seed));
        let cases: Vec<Case> = made.filter(read_and_written).take(40).collect();
        assert_eq!(cases.len(), 40);
        for case in &cases {
            let can_fail = |it: &Case| abilities.refusal(it).is_none() && read_and_written(it);
            let small = shrink(case, &mut |it| can_fail(it), &mut |_| {});
            assert!(small.minimal && can_fail(&small.case));
            assert_plain(&small.case);
            assert_eq!(small, shrink_for(&abilities, case, &mut |it| read_and_written(it), &mut |_| {}));
        }
    }
}

#[test]
fn a_case_of_the_simulated_kernel_loses_what_others_know_nothing_of() {
    let abilities = Abilities { tasks: 6, ..Abilities::CACHE };
    let mut shrunk = 0;
    for seed in 0..300 {
        let mut case = generated(Abilities::EVERYTHING, seed);
        case.mended.push(Case::ALL_MENDED.to_owned());
        case.geometry = Geometry::default();
        if !crate::mutate::fix(&mut case) || !read_and_written(&case) {
            continue;
        }
        let Shrunk { case: small, minimal, .. } =
            shrink_for(&abilities, &case, &mut |it| read_and_written(it), &mut |_| {});
        if minimal {
            assert_eq!(abilities.refusal(&small), None);
            assert_plain(&small);
            shrunk += 1;
        } else {
            assert_eq!(small, case);
        }
    }
    assert!(shrunk > 40, "{shrunk}");
}
