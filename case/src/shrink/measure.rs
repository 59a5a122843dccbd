//! The size of a case, as the shrinker compares it: each accepted step must make it smaller.

use crate::allocation::is_ordinary;
use crate::mutate::{Site, sites};
use crate::residency::residable;
use crate::{Cache, Case, ExtentKind, File, Geometry, MachineOptions, MemoryKind, MemoryRegion, OperationKind};

/// Compared from the front: operations, tasks, segments, faults, turns, memories and files, plainness, pages,
/// numbers, steps.
pub type Measure = [u64; 11];

/// Measures a case. Of two cases that show the same, the smaller is better.
#[must_use]
pub fn measure(case: &Case) -> Measure {
    let operations = || case.tasks.iter().flat_map(|task| &task.operations);
    [
        operations().count() as u64,
        case.tasks.len() as u64,
        operations().map(|operation| operation.segments().len() as u64).sum(),
        case.faults.len() as u64,
        case.schedule.len() as u64,
        (case.memories.len() + case.files.len()) as u64,
        machine(case) + operations().map(|operation| plainness(OperationKind::of(operation))).sum::<u64>(),
        case.memories.iter().map(|m| memory(m, &case.files)).sum::<u64>()
            + case.files.iter().map(|f| file(f, case.geometry)).sum::<u64>()
            + case.tasks.iter().map(|task| task.mm.map_or(16, u64::from)).sum::<u64>(),
        pages(case),
        numbers(case),
        case.schedule.iter().map(|slice| slice.steps.map_or(0, |steps| 1 + u64::from(steps))).sum(),
    ]
}

/// How far an operation is from the plainest that might do.
pub(super) const fn plainness(kind: OperationKind) -> u64 {
    match kind {
        OperationKind::Read | OperationKind::Write => 0,
        OperationKind::Stat | OperationKind::Load | OperationKind::Append | OperationKind::Writeback => 1,
        OperationKind::DontNeed | OperationKind::Store | OperationKind::Truncate | OperationKind::Reclaim => 2,
        OperationKind::Munmap | OperationKind::Invalidate | OperationKind::Fsync => 3,
        OperationKind::Mremap | OperationKind::Mlock | OperationKind::ReclaimPte | OperationKind::Punch => 4,
        OperationKind::InvalidateAll | OperationKind::TruncateUnlocked => 5,
        OperationKind::Crash => 6,
    }
}

fn machine(case: &Case) -> u64 {
    let (options, default) = (case.machine, MachineOptions::default());
    let special = [
        options.fault != default.fault,
        options.copy != default.copy,
        options.kmap_slots != default.kmap_slots,
        options.free_frames != default.free_frames,
        options.free_blocks != default.free_blocks,
        case.geometry.page != Geometry::default().page,
        case.geometry.block != Geometry::default().block,
    ];
    special.iter().filter(|special| **special).count() as u64
}

fn memory(memory: &MemoryRegion, files: &[File]) -> u64 {
    let kind = match memory.kind {
        MemoryKind::Anonymous => 0,
        MemoryKind::Map { shared: true, .. } => 4,
        MemoryKind::Map { shared: false, .. } => 5,
    };
    // A page that is not cached cannot be mapped: there "resident" is what would be special.
    let special = (residable(memory.kind, memory.pages, files) ^ memory.resident).count_ones();
    kind + u64::from(special + 2 * memory.unreadable.count_ones()) + memory.mm.map_or(16, u64::from)
}

fn file(file: &File, geometry: Geometry) -> u64 {
    let mut cost = 0;
    for cached in &file.cached {
        cost += match cached.state {
            Cache::Uptodate => 2,
            Cache::Dirty | Cache::Empty => 3,
            Cache::Blocks(mask) => 4 + u64::from(mask.count_ones()),
        };
    }
    cost + extents(file, geometry)
}

fn extents(file: &File, geometry: Geometry) -> u64 {
    if is_ordinary(file, geometry) {
        return 0;
    }
    let unwritten = file.extents.iter().filter(|extent| extent.kind == ExtentKind::Unwritten).count();
    1 + (file.extents.len() + unwritten) as u64
}

fn pages(case: &Case) -> u64 {
    let of_files: u32 = case.files.iter().map(|file| file.size.div_ceil(case.geometry.page)).sum();
    let of_memories: u32 = case.memories.iter().map(|memory| memory.pages).sum();
    u64::from(of_files + of_memories)
}

fn numbers(case: &Case) -> u64 {
    let mut sum = 0;
    for extent in case.files.iter().flat_map(|file| &file.extents) {
        sum += number(extent.range.start, case.geometry) + number(extent.range.end, case.geometry);
    }
    for memory in &case.memories {
        if let MemoryKind::Map { page, .. } = memory.kind {
            sum += u64::from(page);
        }
    }
    for fault in &case.faults {
        sum += u64::from(fault.at) + u64::from(fault.times);
    }
    let mut copy = case.clone();
    for site in sites(&mut copy) {
        sum += match site {
            Site::Size(n) | Site::Offset(n) => number(*n, case.geometry),
            Site::OfFile(range) | Site::OfMemory(range) => {
                number(range.start, case.geometry) + number(range.end, case.geometry)
            }
            Site::Pages(pages) => u64::from(pages.start + pages.end),
        };
    }
    sum
}

/// The effort of reading a number: nothing for 0, little for the edge of a page, more for that of a block.
pub(super) fn number(number: u32, geometry: Geometry) -> u64 {
    if number.is_multiple_of(geometry.page) {
        u64::from(number / geometry.page)
    } else if number.is_multiple_of(geometry.block) {
        64 + u64::from(number / geometry.block)
    } else {
        1024 + u64::from(number)
    }
}
