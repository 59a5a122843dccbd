//! What is generated, mutated, crossed and made simpler is within the abilities, and reaches all of them.

use super::{ALL, samples};
use crate::allocation::has_hole;
use crate::generate::tests::bytes;
use crate::residency::residable;
use crate::{
    Abilities, Case, Filesystem, Geometry, Injection, MachineOptions, MemoryKind, OperationKind, OperationSet, Weights,
    crossover, generate, mutate, simplify,
};
use arbitrary::Unstructured;

/// Weights of these abilities, every operation and filesystem among them.
fn weights(abilities: Abilities, random: &mut fastrand::Rng) -> Weights {
    let mut weights = Weights { abilities, operations: OperationSet::all(), ..Weights::default() };
    weights.schedule = random.bool();
    weights.filesystems = Filesystem::ALL.map(|it| (it, None)).to_vec();
    weights.reroll(&mut Unstructured::new(&bytes(random, 64)));
    weights.features.fault = weights.features.fault.max(64);
    weights
}

fn generated(abilities: Abilities, seed: u64) -> (Case, Weights, fastrand::Rng) {
    let mut random = fastrand::Rng::with_seed(seed);
    let weights = weights(abilities, &mut random);
    let length = random.usize(0..600);
    let case = generate(&mut Unstructured::new(&bytes(&mut random, length)), &weights);
    (case, weights, random)
}

#[track_caller]
fn assert_within(case: &Case, abilities: &Abilities, what: &str) {
    assert_eq!(case.validate(), Ok(()), "{what}, {abilities:?}\n{case}");
    assert_eq!(abilities.refusal(case), None, "{what}, {abilities:?}\n{case}");
}

#[test]
fn whatever_is_made_is_within_the_abilities() {
    for (name, abilities) in samples(120) {
        let mut last: Option<Case> = None;
        for seed in 0..150 {
            let (mut case, weights, mut random) = generated(abilities, seed);
            let random = &mut random;
            assert_within(&case, &abilities, name);
            if let Some(last) = &last {
                let child = crossover(&case, last, &mut Unstructured::new(&bytes(random, 64)), &weights);
                assert_within(&child, &abilities, name);
            }
            last = Some(case.clone());
            for _ in 0..6 {
                mutate(&mut case, &mut Unstructured::new(&bytes(random, 96)), &weights);
                assert_within(&case, &abilities, name);
            }
            simplify(&mut case, &mut Unstructured::new(&bytes(random, 64)));
            assert_within(&case, &abilities, name);
        }
    }
}

#[test]
fn every_task_does_something_where_there_is_an_operation_on_a_file() {
    for (name, abilities) in samples(60) {
        let crash = abilities.operations == OperationSet::none().with(OperationKind::Crash);
        let memory = name == "an operation alone" && ALL_OF_MEMORY.iter().any(|it| abilities.operations.contains(*it));
        // Only clusters have them.
        let unlocked = abilities.operations == OperationSet::none().with(OperationKind::TruncateUnlocked);
        let all = abilities.operations == OperationSet::none().with(OperationKind::InvalidateAll);
        if crash || memory || unlocked || all {
            continue;
        }
        for seed in 0..100 {
            let (case, ..) = generated(abilities, seed);
            assert!(case.tasks.iter().all(|task| !task.operations.is_empty()), "{name}, {abilities:?}\n{case}");
        }
    }
}

const ALL_OF_MEMORY: [OperationKind; 7] = [
    OperationKind::Load,
    OperationKind::Store,
    OperationKind::Munmap,
    OperationKind::Mremap,
    OperationKind::DontNeed,
    OperationKind::Mlock,
    OperationKind::ReclaimPte,
];

/// Nothing is made first and taken away then, but what several appends are too long by.
#[test]
fn the_generator_needs_no_narrowing() {
    for (name, abilities) in samples(60) {
        let mut narrowed = 0;
        for seed in 0..300 {
            let mut random = fastrand::Rng::with_seed(seed);
            let weights = weights(abilities, &mut random);
            let bytes = bytes(&mut random, 500);
            let mut case = crate::generate::unnarrowed(&mut Unstructured::new(&bytes), &weights);
            assert_eq!(case.validate(), Ok(()));
            let why = abilities.refusal(&case);
            assert!(why.as_ref().is_none_or(|why| why.starts_with("The appends to")), "{name}: {why:?}\n{case}");
            narrowed += u32::from(why.is_some());
            let before = case.clone();
            abilities.narrow(&mut case);
            assert_eq!(before == case, why.is_none(), "{before}\n{case}");
        }
        assert!(narrowed < if abilities.file_pages >= 8 { 3 } else { 120 }, "{name}: {narrowed}, {abilities:?}");
    }
}

/// A case that is not refused stays the same, and a narrowed one is not refused.
#[test]
fn what_is_narrowed_is_what_is_refused() {
    let mut narrowed = 0;
    for (name, abilities) in samples(200) {
        for seed in 0..60 {
            let (case, ..) = generated(ALL, seed);
            let mut after = case.clone();
            abilities.narrow(&mut after);
            assert_eq!(after.validate(), Ok(()), "{name}, {abilities:?}\n{case}\n{after}");
            if abilities.has_geometry(case.geometry) {
                assert_eq!(abilities.refusal(&after), None, "{name}, {abilities:?}\n{case}\n{after}");
                assert_eq!(abilities.refusal(&case).is_none(), after == case, "{name}, {abilities:?}\n{case}\n{after}");
                narrowed += u32::from(after != case);
            }
        }
    }
    assert!(narrowed > 1000, "{narrowed}");
}

/// What an ability is about, whether somebody has it, and whether a case shows it.
type Use = (&'static str, fn(&Abilities) -> bool, fn(&Case) -> bool);

const USES: [Use; 13] = [
    ("a second file", |it| it.files >= 2, |case| case.files.len() >= 2),
    ("a second page", |it| it.file_pages >= 4, |case| case.files.iter().any(|file| file.size > case.geometry.page)),
    ("a second task", |it| it.tasks >= 2, |case| case.tasks.len() >= 2),
    ("as many tasks as can be", |it| it.tasks >= 4, |case| case.tasks.len() >= 4),
    ("a shared mapping", |it| it.shared_mappings, |case| maps(case, true)),
    ("a private mapping", |it| it.private_mappings, |case| maps(case, false)),
    (
        "an absent source",
        |it| it.absent_sources,
        |case| {
            let absent = |it: &crate::MemoryRegion| residable(it.kind, it.pages, &case.files) & !it.resident;
            case.memories.iter().any(|it| absent(it) & !it.unreadable != 0)
        },
    ),
    ("an unreadable source", |it| it.unreadable_sources, |case| case.memories.iter().any(|it| it.unreadable != 0)),
    ("a vector", |it| it.vectors && writes(it), |case| operations(case).any(|it| it.segments().len() > 1)),
    ("a hole", |it| it.holes, |case| case.filesystem != Filesystem::Libfs && case.files.iter().any(has_hole)),
    ("a cached page", |it| it.cached, |case| case.files.iter().any(|file| !file.cached.is_empty())),
    ("scarcity", |it| it.scarcity, |case| case.machine.free_blocks != MachineOptions::default().free_blocks),
    ("a filesystem of the kernel", |it| it.kernel, |case| case.filesystem != Filesystem::default()),
];

fn writes(abilities: &Abilities) -> bool {
    abilities.operations.contains(OperationKind::Write) || abilities.operations.contains(OperationKind::Append)
}

fn maps(case: &Case, wanted: bool) -> bool {
    case.memories.iter().any(|it| matches!(it.kind, MemoryKind::Map { shared, .. } if shared == wanted))
}

fn operations(case: &Case) -> impl Iterator<Item = &crate::TaskOperation> {
    case.tasks.iter().flat_map(|task| &task.operations)
}

/// Whether this operation can occur at all.
fn can_occur(kind: OperationKind, abilities: &Abilities) -> bool {
    let has = |kind: OperationKind| abilities.operations.contains(kind);
    // A substitute is drawn for it where it is impossible: that has to be there too.
    let substitutes = has(OperationKind::Truncate) && has(OperationKind::Invalidate);
    has(kind)
        && match kind {
            OperationKind::TruncateUnlocked => abilities.kernel && substitutes,
            OperationKind::InvalidateAll => substitutes,
            _ => true,
        }
}

#[test]
fn every_ability_is_used() {
    for (name, abilities) in samples(25) {
        let cases: Vec<Case> = (0..1500).map(|seed| generated(abilities, seed).0).collect();
        for (what, has, shows) in USES {
            let seen = cases.iter().filter(|case| shows(case)).count();
            assert!(!has(&abilities) || seen >= 5, "{name}: {what} in {seen} cases, {abilities:?}");
        }
        for kind in OperationKind::ALL.into_iter().filter(|kind| can_occur(*kind, &abilities)) {
            let seen = cases.iter().flat_map(operations).filter(|it| OperationKind::of(it) == kind).count();
            assert!(seen >= 5, "{name}: {kind:?} {seen} times, {abilities:?}");
        }
        for kind in crate::kinds::FAULT_KINDS.into_iter().filter(|kind| abilities.faults.contains(*kind)) {
            let is_it = |it: Injection| it.word() == kind.word();
            let seen = cases.iter().flat_map(|case| &case.faults).filter(|fault| is_it(fault.kind)).count();
            assert!(seen >= 2, "{name}: {} {seen} times, {abilities:?}", kind.word());
        }
        for geometry in abilities.geometries {
            assert!(cases.iter().any(|case| case.geometry == *geometry), "{name}: {geometry:?}");
        }
    }
}

/// What knows nothing of the simulated kernel gets nothing of it.
#[test]
fn cases_for_others_have_nothing_of_the_simulated_kernel() {
    for abilities in [Abilities::CACHE, Abilities::VOLUME] {
        for seed in 0..1000 {
            let (case, ..) = generated(abilities, seed);
            let (usual, text) = (Geometry { page: 64, block: 16 }, case.print());
            assert_eq!((case.geometry, case.machine, case.form), (usual, MachineOptions::default(), None), "{case}");
            assert!(text.contains("\nfs block\n") && !text.contains("kernel") && !text.contains(" mm "), "{case}");
            assert!(!text.contains("unwritten") && !text.contains(" maps "), "{case}");
            assert!(case.files.iter().all(|it| crate::allocation::is_ordinary(it, usual)), "{case}");
        }
    }
}
