//! Bloated witnesses: a case of the corpus with tasks, operations, files, pages, segments, faults and turns that have
//! nothing to do with what it shows comes back to the size of the witness.

use case::{
    Case, Extent, ExtentKind, Fault, File, Injection, Iovec, Measure, MemoryKind, MemoryRegion, Name, Range, Runner,
    Slice, Task, TaskOperation, measure, shrink,
};
use fastrand::Rng;
use machine::Machine;
use oracle::{Class, Profile};
use shortcopy::judge::{Judge, Signature};
use shortcopy::witness::{case_files, is_met_by};
use std::fs;
use std::path::Path;

/// Every so many witnesses one.
const EVERY: usize = 7;
/// How often noise is tried that hides what the witness shows.
const TRIES: u64 = 40;

/// Adds a file, a memory and a task of their own, so that they meet nobody.
fn add_strangers(case: &mut Case, random: &mut Rng) {
    let name = |text| Name::new(text).expect("a name");
    let (page, file, memory) = (case.geometry.page, case.files.len(), case.memories.len());
    let size = random.u32(1..3) * page;
    let extent = Extent { range: Range { start: 0, end: size }, kind: ExtentKind::Disk };
    case.files.push(File { name: name("xfile"), size, extents: vec![extent], cached: Vec::new() });
    case.memories.push(MemoryRegion {
        name: name("xmemory"),
        mm: Some(0),
        pages: 2,
        kind: MemoryKind::Anonymous,
        resident: random.u32(0..4),
        unreadable: 0,
    });
    let mut segments = Vec::new();
    for _ in 0..2 {
        let start = random.u32(0..page);
        segments.push(Iovec { memory, range: Range { start, end: start + random.u32(1..page) } });
    }
    let range = Range { start: random.u32(0..page), end: size };
    let operations = vec![
        TaskOperation::Write { file, offset: random.u32(0..page), segments },
        TaskOperation::Read { file, range },
        TaskOperation::Load { memory, range: Range { start: 1, end: page } },
        TaskOperation::Stat { file },
    ];
    case.tasks.push(Task { name: name("xtask"), mm: Some(0), operations });
}

/// Adds to what is there: operations at the end of tasks, pages at the end of files and memories, turns of who does not
/// matter.
fn add_noise(case: &mut Case, random: &mut Rng) {
    for task in &mut case.tasks {
        for _ in 0..random.u32(0..3) {
            task.operations.push(TaskOperation::Stat { file: random.usize(..case.files.len()) });
        }
    }
    let page = case.geometry.page;
    for memory in case.memories.iter_mut().filter(|it| it.kind == MemoryKind::Anonymous && it.pages < 8) {
        memory.pages += random.u32(0..3);
    }
    for file in &mut case.files {
        if random.u32(..4) == 0 {
            file.size = (file.size / page + random.u32(1..3)) * page;
        }
    }
    for operation in case.tasks.iter_mut().flat_map(|task| &mut task.operations) {
        if let TaskOperation::Read { range, .. } = operation {
            range.end += random.u32(0..2) * page;
        }
    }
    let strange = case.tasks.len() - 1;
    for _ in 0..random.u32(1..4) {
        let turn = Slice { runner: Runner::Task(strange), steps: Some(random.u32(1..5)) };
        case.schedule.insert(random.usize(..=case.schedule.len()), turn);
    }
    if random.bool() {
        case.faults.push(Fault { kind: Injection::NoMemory, at: 900, times: 2 });
    }
}

/// What counts for whoever reads the case: operations, tasks, segments, faults, turns, memories and files.
fn size(case: &Case) -> Vec<u64> {
    let measure: Measure = measure(case);
    measure[..6].to_vec()
}

#[test]
fn a_bloated_witness_comes_back_to_its_size() {
    let mut judge = Judge::new(Profile::Linux);
    let (mut bloated, mut larger) = (0, Vec::new());
    let witnesses = case_files(Path::new("corpus/witness")).expect("the corpus can be read");
    for (seed, path) in (0..).zip(witnesses.iter().step_by(EVERY)) {
        let text = fs::read_to_string(path).expect("it can be read");
        let witness = Case::parse(&path.display().to_string(), &text).expect("a case");
        let Some(first) = witness.expectations.iter().find(|it| it.finding.is_some()) else { continue };
        let Some(strategy) = strategies::find(&first.strategy) else { continue };
        let shown = judge.replay(&witness, strategy).verdicts.iter().map(|it| Signature::of(&witness, strategy, it));
        let Some(wanted) = shown.collect::<Vec<_>>().into_iter().find(|it| is_met_by(first, it)) else { continue };
        // A livelock is one only if the tasks are in step when the machine becomes fair, and that comes later the more
        // there is to do.
        if wanted.class == Class::Livelock {
            continue;
        }
        let with_noise = (0..TRIES).map(|attempt| {
            let mut random = Rng::with_seed(seed * TRIES + attempt);
            let mut case = witness.clone();
            add_strangers(&mut case, &mut random);
            add_noise(&mut case, &mut random);
            case.minimal = false;
            case
        });
        let fits = |case: &Case| case.validate().is_ok() && Machine::refusal(case, strategy).is_none();
        let noisy = with_noise.filter(fits).find(|it| size(it) > size(&witness) && judge.shows(it, strategy, &wanted));
        let Some(noisy) = noisy else { continue };
        bloated += 1;
        let small = shrink(&noisy, &mut |case| judge.shows(case, strategy, &wanted), &mut |_| {}).case;
        if size(&small) > size(&witness) {
            larger.push(format!("{}\n{witness}\nbloated\n{noisy}\ncame back as\n{small}", path.display()));
        }
    }
    assert!(bloated >= 100, "only {bloated} witnesses could be bloated");
    assert!(larger.is_empty(), "{} of {bloated}:\n{}", larger.len(), larger.join("\n"));
}
