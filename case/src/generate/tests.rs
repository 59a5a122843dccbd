//! Tests of the generator.

use super::{Weights, generate, generate_into};
use crate::{Case, Filesystem, Form, MemoryKind, OperationKind, OperationSet, TaskOperation};
use arbitrary::Unstructured;
use std::collections::BTreeMap;

/// Random bytes, the same for the same seed.
pub(crate) fn bytes(random: &mut fastrand::Rng, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    random.fill(&mut bytes);
    bytes
}

/// Cases of these seeds, each with weights of its own.
pub(crate) fn cases(seeds: std::ops::Range<u64>, change: fn(&mut Weights)) -> impl Iterator<Item = Case> {
    seeds.map(move |seed| {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut weights = Weights::swarm(&mut Unstructured::new(&bytes(&mut random, 64)));
        change(&mut weights);
        let length = random.usize(0..600);
        generate(&mut Unstructured::new(&bytes(&mut random, length)), &weights)
    })
}

fn kinds(case: &Case) -> impl Iterator<Item = OperationKind> {
    case.tasks.iter().flat_map(|task| &task.operations).map(OperationKind::of)
}

#[test]
fn every_case_is_valid_and_small() {
    for case in cases(0..20_000, |weights| weights.schedule = true) {
        assert_eq!(case.validate(), Ok(()), "{case:#?}");
        assert!(case.tasks.iter().all(|task| !task.operations.is_empty()));
        assert!(case.tasks.len() <= 6 && case.files.len() <= 3 && case.memories.len() <= 8, "{case:#?}");
    }
}

#[test]
fn every_case_is_the_same_after_printing_and_parsing() {
    for case in cases(0..5000, |weights| weights.schedule = true) {
        assert_eq!(Case::parse("generated", &case.print()).ok(), Some(case));
    }
}

#[test]
fn no_bytes_make_a_case() {
    let case = generate(&mut Unstructured::new(&[]), &Weights::default());
    assert_eq!(case.validate(), Ok(()));
    assert_eq!(kinds(&case).collect::<Vec<_>>(), [OperationKind::Write]);
}

#[test]
fn the_same_bytes_make_the_same_case_whatever_was_in_the_buffers() {
    let mut random = fastrand::Rng::with_seed(1);
    let weights = Weights { schedule: true, ..Weights::default() };
    let mut used = Case::default();
    for _ in 0..1000 {
        let bytes = bytes(&mut random, 400);
        generate_into(&mut used, &mut Unstructured::new(&bytes), &weights);
        assert_eq!(used, generate(&mut Unstructured::new(&bytes), &weights));
    }
}

#[test]
fn every_operation_but_a_crash_occurs_and_only_what_is_allowed() {
    let mut seen = BTreeMap::new();
    // Only a cluster truncates without the inode's lock.
    let clusters_too = |weights: &mut Weights| {
        weights.filesystems = vec![(Filesystem::Block, None), (Filesystem::Libfs, None), (Filesystem::Cluster, None)];
    };
    cases(0..5000, clusters_too).for_each(|case| kinds(&case).for_each(|kind| *seen.entry(kind).or_insert(0_u32) += 1));
    for kind in OperationKind::ALL {
        let count = seen.get(&kind).copied().unwrap_or(0);
        assert_eq!(count > 100, kind != OperationKind::Crash, "{kind:?}: {count}");
    }
    let only = OperationSet::none().with(OperationKind::Write).with(OperationKind::Munmap).with(OperationKind::Stat);
    for case in cases_within(only) {
        assert!(kinds(&case).all(|kind| only.contains(kind)), "{case:#?}");
    }
}

fn cases_within(only: OperationSet) -> impl Iterator<Item = Case> {
    let weights = Weights { operations: only, ..Weights::default() };
    (0..2000).map(move |seed| {
        let bytes = bytes(&mut fastrand::Rng::with_seed(seed), 400);
        generate(&mut Unstructured::new(&bytes), &weights)
    })
}

#[test]
fn filesystems_and_segments_stay_within_the_weights() {
    let narrow = |weights: &mut Weights| {
        weights.filesystems = vec![(Filesystem::Cluster, None), (Filesystem::Block, Some(Form::WriteBegin))];
        weights.max_segments = 1;
        weights.max_tasks = 2;
        weights.kernel_threads = false;
    };
    for case in cases(0..2000, narrow) {
        assert!(matches!(
            (case.filesystem, case.form),
            (Filesystem::Cluster, None) | (Filesystem::Block, Some(Form::WriteBegin))
        ));
        assert!(case.tasks.len() <= 2 && case.tasks.iter().all(|task| task.mm.is_some()));
        let longest = case.tasks.iter().flat_map(|task| &task.operations).map(|it| it.segments().len()).max();
        assert!(longest <= Some(1));
    }
}

/// A write that finds no blocks beside a reader: often, where blocks may be few, and never where they may not.
#[test]
fn a_write_starves_beside_a_reader_only_where_blocks_may_be_few() {
    let starved = |case: &Case| {
        let reads = |it: &TaskOperation| matches!(it, TaskOperation::Read { file: 0, range } if range.start == 0);
        let writes = |it: &TaskOperation| matches!(it, TaskOperation::Write { file: 0, .. });
        let [writer, reader, ..] = &case.tasks[..] else { return false };
        case.machine.free_blocks < 8 && writes(&writer.operations[0]) && reads(&reader.operations[0])
    };
    let count = |change| cases(0..10_000, change).filter(starved).count();
    let usual = count(|_| {});
    assert!(usual > 200, "{usual}");
    assert_eq!(count(|weights| weights.features.scarcity = 0), 0);
}

/// Writing out what a write has left, and throwing it out: often, where there is a disk, and hardly ever where that is
/// not wanted.
#[test]
fn what_a_write_has_left_is_written_out_and_thrown_out() {
    use TaskOperation::{DontNeed, Invalidate, Read, Store, Write, Writeback};
    let written_out = |case: &Case| {
        let [writer, dropper, storer, ..] = &case.tasks[..] else { return false };
        matches!(writer.operations[0], Write { file: 0, .. })
            && matches!(dropper.operations[..], [DontNeed { memory: 0, .. }, Writeback { file: 0 }])
            && matches!(storer.operations[..], [Store { memory: 1, .. }, Writeback { file: 0 }])
    };
    let thrown_out = |case: &Case| {
        let [writer, thrower, ..] = &case.tasks[..] else { return false };
        matches!(writer.operations[0], Write { file: 0, .. })
            && matches!(
                thrower.operations[..],
                [Invalidate { file: 0, .. }, Read { file: 0, .. } | DontNeed { memory: 0, .. }]
            )
    };
    let count = |change| {
        let cases: Vec<_> = cases(0..10_000, change).collect();
        [&written_out as &dyn Fn(&Case) -> bool, &thrown_out].map(|shape| cases.iter().filter(|it| shape(it)).count())
    };
    let usual = count(|_| {});
    assert!(usual.iter().all(|seen| *seen > 100), "{usual:?}");
    let unwanted = [
        count(|weights| weights.features.writeback_or_invalidation = 0),
        count(|weights| weights.filesystems = vec![(Filesystem::Libfs, None)]),
        count(|weights| weights.max_tasks = 1),
    ];
    // Single operations may meet by chance.
    assert!(unwanted.iter().flatten().all(|seen| *seen < 20), "{unwanted:?}");
}

/// The situations of the known findings are common: without them a hunt looks where nothing is.
#[test]
fn the_situations_that_matter_are_frequent() {
    let mut same_page = 0;
    let mut crosswise = 0;
    let mut absent = 0;
    let mut unmapped = 0;
    let count = 10_000;
    for case in cases(0..count, |_| {}) {
        let mut edges = Vec::new();
        let mut read_from = Vec::new();
        for operation in case.tasks.iter().flat_map(|task| &task.operations) {
            let TaskOperation::Write { file, segments, .. } = operation else { continue };
            for segment in segments.iter().filter(|segment| !segment.range.is_empty()) {
                read_from.push(segment.memory);
                if let MemoryKind::Map { file: from, .. } = case.memories[segment.memory].kind {
                    edges.push((*file, from));
                }
                let last = (segment.range.end - 1) / case.geometry.page;
                absent += u64::from(case.memories[segment.memory].resident & 1 << last.min(31) == 0);
            }
        }
        same_page += u64::from(edges.iter().any(|(to, from)| to == from));
        crosswise += u64::from(edges.iter().any(|(to, from)| to != from && edges.contains(&(*from, *to))));
        unmapped += u64::from(case.tasks.iter().flat_map(|task| &task.operations).any(|operation| match operation {
            TaskOperation::Munmap { memory, .. }
            | TaskOperation::DontNeed { memory, .. }
            | TaskOperation::ReclaimPte { memory, .. } => read_from.contains(memory),
            _ => false,
        }));
    }
    for (what, seen, floor) in
        [("same page", same_page, 10), ("crosswise", crosswise, 5), ("absent", absent, 40), ("unmapped", unmapped, 15)]
    {
        assert!(seen * 100 > floor * count, "{what}: {seen} of {count}, at least {floor} in 100 wanted");
    }
}
