//! Random valid cases that use all of the format: wilder than those of the generator, which aims at findings.

use case::*;
use fastrand::Rng;

/// A valid case.
pub fn case(rng: &mut Rng) -> Case {
    let page = 1 << rng.u32(3..=12);
    let geometry = Geometry { page, block: page >> rng.u32(0..=3) };
    let mut case = Case {
        comments: (0..rng.usize(0..3)).map(|_| comment(rng)).collect(),
        geometry,
        machine: machine(rng),
        filesystem: *pick(rng, &Filesystem::ALL),
        form: rng.bool().then(|| *pick(rng, &Form::ALL)),
        minimal: rng.bool(),
        ..Case::default()
    };
    case.files = (0..rng.usize(1..=Case::MAX_FILES)).map(|index| file(rng, geometry, index)).collect();
    for index in 0..rng.usize(0..=Case::MAX_MEMORIES) {
        case.memories.push(memory(rng, case.files.len(), index));
    }
    for index in 0..rng.usize(1..=Case::MAX_TASKS) {
        let mm = rng.u8(0..4).checked_sub(1);
        let mut task = Task { name: name(rng, index), mm, operations: Vec::new() };
        for _ in 0..rng.usize(0..=6) {
            task.operations.extend(operation(rng, &case, mm));
        }
        case.tasks.push(task);
    }
    case.faults = (0..rng.usize(0..4)).map(|_| fault(rng, geometry)).collect();
    case.schedule = (0..rng.usize(0..20)).map(|_| slice(rng, case.tasks.len())).collect();
    case.mended = (0..rng.usize(0..3)).map(|number| format!("a-defect-{number}")).collect();
    case.expectations = (0..rng.usize(0..3)).map(|_| expectation(rng)).collect();
    assert_eq!(case.validate(), Ok(()), "{case}");
    case
}

fn pick<'a, T>(rng: &mut Rng, items: &'a [T]) -> &'a T {
    &items[rng.usize(..items.len())]
}

fn name(rng: &mut Rng, index: usize) -> Name {
    let longest = ["", "_", "0", "file", "page_cache"];
    let letter = char::from(b'a' + u8::try_from(index).expect("few"));
    Name::new(&format!("{letter}{}", pick(rng, &longest))).expect("a name")
}

fn comment(rng: &mut Rng) -> String {
    (*pick(rng, &["", "The tail is cleared before the retry.", "  # indented, with ünïcödé", "shortcopy case 2"]))
        .to_owned()
}

fn machine(rng: &mut Rng) -> MachineOptions {
    if rng.bool() {
        return MachineOptions::default();
    }
    MachineOptions {
        fault: *pick(rng, &[FaultForm::LocksNotUptodate, FaultForm::LocksAlways]),
        copy: *pick(rng, &[CopyForm::LeavesTail, CopyForm::ClearsTail]),
        kmap_slots: rng.bool().then(|| rng.u8(1..)),
        free_frames: rng.u8(..),
        free_blocks: rng.u8(..),
    }
}

fn range(rng: &mut Rng, end: u32) -> Range {
    let (a, b) = (rng.u32(0..=end), rng.u32(0..=end));
    Range { start: a.min(b), end: a.max(b) }
}

fn pages(rng: &mut Rng, count: u32) -> PageRange {
    let Range { start, end } = range(rng, count);
    PageRange { start, end }
}

fn file(rng: &mut Rng, geometry: Geometry, index: usize) -> File {
    let mut file = File {
        name: name(rng, index),
        size: rng.u32(0..=geometry.max_file_cells()),
        extents: Vec::new(),
        cached: Vec::new(),
    };
    let blocks = geometry.blocks_per_page();
    let mut at = rng.u32(0..4);
    while at < blocks * Case::MAX_FILE_PAGES && rng.u32(0..6) != 0 {
        let end = rng.u32(at + 1..=blocks * Case::MAX_FILE_PAGES);
        let range = Range { start: at * geometry.block, end: end * geometry.block };
        file.extents.push(Extent { range, kind: *pick(rng, &[ExtentKind::Disk, ExtentKind::Unwritten]) });
        at = end + rng.u32(0..3);
    }
    for page in (0..Case::MAX_FILE_PAGES).filter(|page| page % 5 < 2) {
        let mask = rng.u8(..) & u8::try_from((1_u32 << blocks) - 1).expect("at most 8 blocks");
        let blocks = if mask == 0 { Cache::Empty } else { Cache::Blocks(mask) };
        if rng.bool() {
            file.cached
                .push(CachedPage { page, state: *pick(rng, &[Cache::Uptodate, Cache::Dirty, Cache::Empty, blocks]) });
        }
    }
    file
}

fn memory(rng: &mut Rng, files: usize, index: usize) -> MemoryRegion {
    let name = name(rng, index);
    let pages = rng.u32(1..=Case::MAX_MEMORY_PAGES);
    let mm = rng.u8(0..4).checked_sub(1);
    if mm.is_none() {
        return MemoryRegion::kernel(name, pages);
    }
    let all = (1 << pages) - 1;
    let kind = if rng.bool() {
        MemoryKind::Anonymous
    } else {
        let page = rng.u32(0..=Case::MAX_FILE_PAGES - pages);
        MemoryKind::Map { file: rng.usize(..files), page, shared: rng.bool() }
    };
    let unreadable = if rng.bool() { 0 } else { rng.u32(..) & all };
    MemoryRegion { name, mm, pages, kind, resident: rng.u32(..) & all, unreadable }
}

fn segment(rng: &mut Rng, case: &Case, mm: Option<u8>) -> Option<Iovec> {
    let fitting: Vec<_> = (0..case.memories.len()).filter(|memory| case.memories[*memory].mm == mm).collect();
    let memory = *fitting.get(rng.usize(0..1.max(fitting.len())))?;
    Some(Iovec { memory, range: range(rng, case.memories[memory].max_range_end(case.geometry)) })
}

fn segments(rng: &mut Rng, case: &Case, mm: Option<u8>, mut room: u32) -> Vec<Iovec> {
    let mut segments: Vec<_> = (0..rng.usize(0..5)).filter_map(|_| segment(rng, case, mm)).collect();
    for Iovec { range, .. } in &mut segments {
        range.end = range.end.min(range.start + room);
        room -= range.len();
    }
    segments
}

fn operation(rng: &mut Rng, case: &Case, mm: Option<u8>) -> Option<TaskOperation> {
    let file = rng.usize(..case.files.len());
    let most = case.geometry.max_file_cells();
    let range = range(rng, most);
    let of_file = [
        TaskOperation::Write { file, offset: range.start, segments: segments(rng, case, mm, most - range.start) },
        TaskOperation::Append { file, segments: segments(rng, case, mm, most) },
        TaskOperation::Read { file, range },
        TaskOperation::Stat { file },
        TaskOperation::Truncate { file, size: range.end, locked: rng.bool() || !case.filesystem.truncates_unlocked() },
        TaskOperation::Punch { file, range },
        TaskOperation::Reclaim { file, pages: pages(rng, Case::MAX_FILE_PAGES) },
        TaskOperation::Invalidate { file, kind: *pick(rng, &[Invalidation::Unused, Invalidation::All]) },
        TaskOperation::Writeback { file },
        TaskOperation::Fsync { file },
        TaskOperation::Crash,
    ];
    if rng.bool() {
        return Some(pick(rng, &of_file).clone());
    }
    let Iovec { memory, range } = segment(rng, case, mm)?;
    let pages = pages(rng, case.memories[memory].pages);
    let (load, store) = (TaskOperation::Load { memory, range }, TaskOperation::Store { memory, range });
    let of_memory = [
        load.clone(),
        store.clone(),
        TaskOperation::Munmap { memory, pages },
        TaskOperation::Mremap { memory },
        TaskOperation::DontNeed { memory, pages },
        TaskOperation::Mlock { memory },
        TaskOperation::ReclaimPte { memory, pages },
    ];
    Some(if mm.is_some() { pick(rng, &of_memory).clone() } else { pick(rng, &[load, store]).clone() })
}

fn fault(rng: &mut Rng, geometry: Geometry) -> Fault {
    let kind = *pick(
        rng,
        &[
            Injection::NoMemory,
            Injection::NoSpace,
            Injection::ReadError,
            Injection::WriteError,
            Injection::TruncatedPage,
            Injection::PartialCommit { cells: geometry.page },
            Injection::FailedCommit,
            Injection::Signal,
        ],
    );
    Fault { kind, at: rng.u32(1..=Case::MAX_CHANCE), times: rng.u32(1..3) }
}

fn slice(rng: &mut Rng, tasks: usize) -> Slice {
    let runner = if rng.bool() { Runner::Task(rng.usize(..tasks)) } else { Runner::Disk };
    Slice { runner, steps: rng.bool().then(|| rng.u32(1..=Case::MAX_STEPS)) }
}

fn expectation(rng: &mut Rng) -> Expectation {
    let strategy = (*pick(rng, &["all", "zero-tail-retry", "write-begin-2.6.24"])).to_owned();
    let detail = *pick(rng, &["transient", "2,8|2,8;2,8|2,6;b,f", "other"]);
    let finding =
        [None, Some(("STALE_BLOCK".to_owned(), None)), Some(("DEADLOCK".to_owned(), Some(detail.to_owned())))];
    Expectation { strategy, finding: pick(rng, &finding).clone() }
}
