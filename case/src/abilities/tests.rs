//! Tests of the abilities: what is refused, and that the generator and all that breeds stay within them.

mod generated;
mod refused;

use super::Abilities;
use crate::{Geometry, Injection, InjectionSet, OperationKind, OperationSet};

/// Small pages and large ones.
const TWO_GEOMETRIES: &[Geometry] = &[Geometry { page: 64, block: 32 }, Geometry { page: 4096, block: 512 }];

const ALL: Abilities = Abilities::EVERYTHING;

/// Everything but one thing.
fn single_restrictions() -> Vec<(&'static str, Abilities)> {
    vec![
        ("geometries", Abilities { geometries: TWO_GEOMETRIES, ..ALL }),
        ("one file", Abilities { files: 1, ..ALL }),
        ("two files", Abilities { files: 2, ..ALL }),
        ("one page", Abilities { file_pages: 1, ..ALL }),
        ("three pages", Abilities { file_pages: 3, ..ALL }),
        ("one task", Abilities { tasks: 1, ..ALL }),
        ("two tasks", Abilities { tasks: 2, ..ALL }),
        ("no faults", Abilities { faults: InjectionSet::none(), ..ALL }),
        ("shared mappings", Abilities { shared_mappings: false, ..ALL }),
        ("private mappings", Abilities { private_mappings: false, ..ALL }),
        ("all mappings", Abilities { shared_mappings: false, private_mappings: false, ..ALL }),
        ("absent sources", Abilities { absent_sources: false, ..ALL }),
        ("unreadable sources", Abilities { unreadable_sources: false, ..ALL }),
        ("vectors", Abilities { vectors: false, ..ALL }),
        ("holes", Abilities { holes: false, ..ALL }),
        ("cached", Abilities { cached: false, ..ALL }),
        ("scarcity", Abilities { scarcity: false, ..ALL }),
        ("kernel", Abilities { kernel: false, ..ALL }),
    ]
}

/// Each operation missing, and each alone.
fn operations() -> impl Iterator<Item = (&'static str, Abilities)> {
    OperationKind::ALL.into_iter().flat_map(|kind| {
        let alone = Abilities { operations: OperationSet::none().with(kind), ..ALL };
        [("an operation missing", ALL.without_operation(kind)), ("an operation alone", alone)]
    })
}

/// The bases, and what may be built on them.
fn bases() -> Vec<(&'static str, Abilities)> {
    let crashing = Abilities::VOLUME.with_operation(OperationKind::Crash);
    let full = Abilities::VOLUME.with_fault(Injection::NoSpace);
    let mapped = Abilities::CACHE.with_operation(OperationKind::Load).with_operation(OperationKind::Store);
    vec![
        ("everything", Abilities::EVERYTHING),
        ("cache", Abilities::CACHE),
        ("volume", Abilities::VOLUME),
        ("a volume that crashes", Abilities { holes: true, ..crashing }),
        ("a small volume", Abilities { scarcity: true, file_pages: 4, ..full }),
        ("a cache with mappings", Abilities { shared_mappings: true, cached: true, ..mapped }),
    ]
}

/// Any combination, contradictory ones included.
fn combination(random: &mut fastrand::Rng) -> Abilities {
    let mut operations = OperationSet::all();
    let mut faults = InjectionSet::all();
    OperationKind::ALL
        .into_iter()
        .filter(|_| random.u8(..3) == 0)
        .for_each(|kind| operations = operations.without(kind));
    crate::kinds::FAULT_KINDS.into_iter().filter(|_| random.bool()).for_each(|kind| faults = faults.without(kind));
    Abilities {
        geometries: if random.bool() { &[] } else { TWO_GEOMETRIES },
        files: random.usize(0..4),
        file_pages: random.u32(0..20),
        tasks: random.usize(0..7),
        operations,
        faults,
        shared_mappings: random.bool(),
        private_mappings: random.bool(),
        absent_sources: random.bool(),
        unreadable_sources: random.bool(),
        vectors: random.bool(),
        holes: random.bool(),
        cached: random.bool(),
        scarcity: random.bool(),
        kernel: random.bool(),
    }
}

/// All of these, and so many combinations.
fn samples(combinations: usize) -> impl Iterator<Item = (&'static str, Abilities)> {
    let mut random = fastrand::Rng::with_seed(17);
    let combined = (0..combinations).map(move |_| ("a combination", combination(&mut random)));
    bases().into_iter().chain(single_restrictions()).chain(operations()).chain(combined)
}
