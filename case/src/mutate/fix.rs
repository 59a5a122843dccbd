//! Makes a changed case valid again with as few changes as possible.

use crate::generate::{file_name, memory_name, name_tasks};
use crate::residency::every_page;
use crate::targets;
use crate::{
    Cache, Case, File, Geometry, Injection, MemoryKind, MemoryRegion, PageRange, Range, Runner, TaskOperation,
};

/// Makes the case valid: clips ranges, drops what refers to nothing, keeps numbers within their limits. Leaves a
/// valid case as it is. False if there is nothing left to run.
pub(crate) fn fix(case: &mut Case) -> bool {
    if case.files.is_empty() || case.tasks.is_empty() || !case.geometry.is_valid() {
        return false;
    }
    for file in &mut case.files {
        fix_file(file, case.geometry);
    }
    for memory in &mut case.memories {
        fix_memory(memory, case.files.len());
    }
    let (mut operations_left, mut segments_left) = (Case::MAX_OPERATIONS, Case::MAX_ALL_SEGMENTS);
    for index in 0..case.tasks.len() {
        let mut operations = std::mem::take(&mut case.tasks[index].operations);
        let mm = case.tasks[index].mm;
        operations.retain_mut(|operation| fix_operation(operation, mm, case));
        operations.truncate(operations_left);
        operations_left -= operations.len();
        for segments in operations.iter_mut().filter_map(targets::segments_mut) {
            segments.truncate(segments_left);
            segments_left -= segments.len();
        }
        case.tasks[index].operations = operations;
    }
    fix_rest(case);
    fix_names(case);
    true
}

fn fix_file(file: &mut File, geometry: Geometry) {
    let most = geometry.max_file_cells();
    file.size = file.size.min(most);
    for extent in &mut file.extents {
        extent.range.start = (extent.range.start / geometry.block * geometry.block).min(most);
        extent.range.end = extent.range.end.next_multiple_of(geometry.block).min(most);
    }
    file.extents.sort_by_key(|extent| extent.range.start);
    let mut end = 0;
    for extent in &mut file.extents {
        extent.range.start = extent.range.start.max(end);
        end = end.max(extent.range.end);
    }
    file.extents.retain(|extent| extent.range.start < extent.range.end);
    file.cached.retain(|cached| cached.page < Case::MAX_FILE_PAGES);
    file.cached.sort_by_key(|cached| cached.page);
    file.cached.dedup_by_key(|cached| cached.page);
    let all = every_page(geometry.blocks_per_page()) as u8;
    for cached in &mut file.cached {
        if let Cache::Blocks(mask) = &mut cached.state {
            *mask &= all;
            if *mask == 0 {
                cached.state = Cache::Empty;
            }
        }
    }
}

fn fix_memory(memory: &mut MemoryRegion, files: usize) {
    memory.pages = memory.pages.clamp(1, Case::MAX_MEMORY_PAGES);
    memory.mm = memory.mm.map(|mm| mm.min(Case::MAX_MMS - 1));
    let all = every_page(memory.pages);
    memory.unreadable &= all;
    memory.resident &= all;
    if memory.mm.is_none() {
        *memory = MemoryRegion::kernel(memory.name, memory.pages);
    }
    if let MemoryKind::Map { file, page, .. } = &mut memory.kind {
        *file = (*file).min(files - 1);
        *page = (*page).min(Case::MAX_FILE_PAGES - memory.pages);
    }
}

/// Makes the operation valid; false if it cannot be.
fn fix_operation(operation: &mut TaskOperation, mm: Option<u8>, case: &Case) -> bool {
    let most = case.geometry.max_file_cells();
    if let Some(file) = targets::file_mut(operation) {
        *file = (*file).min(case.files.len() - 1);
    }
    if let Some(memory) = targets::memory_mut(operation) {
        let memory = *memory;
        let reclaim = matches!(operation, TaskOperation::ReclaimPte { .. });
        let loads = matches!(operation, TaskOperation::Load { .. } | TaskOperation::Store { .. });
        match case.memories.get(memory) {
            None => return false,
            Some(found) if reclaim && found.mm.is_none() || !reclaim && found.mm != mm => return false,
            Some(_) if mm.is_none() && !reclaim && !loads => return false,
            Some(_) => {}
        }
    }
    match operation {
        TaskOperation::Write { offset, segments, .. } => {
            *offset = (*offset).min(most);
            fix_segments(segments, mm, case, most - *offset);
        }
        TaskOperation::Append { segments, .. } => fix_segments(segments, mm, case, most),
        TaskOperation::Read { range, .. } | TaskOperation::Punch { range, .. } => return clip(range, most),
        TaskOperation::Load { memory, range } | TaskOperation::Store { memory, range } => {
            return clip(range, case.memories[*memory].max_range_end(case.geometry));
        }
        TaskOperation::Truncate { size, locked, .. } => {
            *size = (*size).min(most);
            *locked |= !case.filesystem.truncates_unlocked();
        }
        TaskOperation::Munmap { memory, pages }
        | TaskOperation::DontNeed { memory, pages }
        | TaskOperation::ReclaimPte { memory, pages } => return clip_pages(pages, case.memories[*memory].pages),
        TaskOperation::Reclaim { pages, .. } => return clip_pages(pages, Case::MAX_FILE_PAGES),
        _ => {}
    }
    true
}

/// Drops segments of other address spaces, and cuts what goes past `room` cells.
fn fix_segments(segments: &mut Vec<crate::Iovec>, mm: Option<u8>, case: &Case, mut room: u32) {
    segments.retain(|segment| case.memories.get(segment.memory).is_some_and(|memory| memory.mm == mm));
    segments.truncate(Case::MAX_SEGMENTS);
    for segment in segments {
        let most = case.memories[segment.memory].max_range_end(case.geometry);
        let range = &mut segment.range;
        range.start = range.start.min(most);
        range.end = range.end.clamp(range.start, most).min(range.start + room);
        room -= range.len();
    }
}

/// Clips the range to `0..most`; false if a range that had cells has none left.
fn clip(range: &mut Range, most: u32) -> bool {
    let fits = range.end <= most;
    range.end = range.end.min(most);
    range.start < range.end || range.start == range.end && fits
}

fn clip_pages(pages: &mut PageRange, most: u32) -> bool {
    let fits = pages.end <= most;
    pages.end = pages.end.min(most);
    pages.start < pages.end || pages.start == pages.end && fits
}

fn fix_rest(case: &mut Case) {
    case.faults.truncate(Case::MAX_FAULTS);
    for fault in &mut case.faults {
        fault.at = fault.at.clamp(1, Case::MAX_CHANCE);
        fault.times = fault.times.clamp(1, Case::MAX_CHANCE);
        if let Injection::PartialCommit { cells } = &mut fault.kind {
            *cells = (*cells).clamp(1, case.geometry.page);
        }
    }
    let tasks = case.tasks.len();
    case.schedule
        .retain(|slice| slice.steps != Some(0) && !matches!(slice.runner, Runner::Task(task) if task >= tasks));
    case.schedule.truncate(Case::MAX_SLICES);
    for steps in case.schedule.iter_mut().filter_map(|slice| slice.steps.as_mut()) {
        *steps = (*steps).min(Case::MAX_STEPS);
    }
}

/// New names for all where two have the same.
fn fix_names(case: &mut Case) {
    let mut clash = false;
    for (index, file) in case.files.iter().enumerate() {
        clash |= case.files[..index].iter().any(|other| other.name == file.name);
    }
    for (index, memory) in case.memories.iter().enumerate() {
        clash |= case.memories[..index].iter().any(|other| other.name == memory.name);
    }
    for (index, task) in case.tasks.iter().enumerate() {
        clash |= case.tasks[..index].iter().any(|other| other.name == task.name);
    }
    if clash {
        rename(case);
    }
}

/// Gives everything its canonical name: by index, and tasks by what they do.
pub(crate) fn rename(case: &mut Case) {
    for (index, file) in case.files.iter_mut().enumerate() {
        file.name = file_name(index);
    }
    for (index, memory) in case.memories.iter_mut().enumerate() {
        memory.name = memory_name(index);
    }
    name_tasks(&mut case.tasks);
}
