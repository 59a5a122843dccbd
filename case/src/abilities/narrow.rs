//! Takes away from a case what is beyond somebody's abilities, with as few changes as possible.

use super::Abilities;
use super::bounds::largest_size;
use crate::allocation::{allocate, has_hole};
use crate::parts::{remove_file, remove_task};
use crate::residency::{every_page, residable};
use crate::{
    Cache, Case, ExtentKind, File, Filesystem, Geometry, Iovec, MachineOptions, MemoryKind, MemoryRegion,
    OperationKind, PageRange, Range, TaskOperation, targets,
};

impl Abilities {
    /// Takes away from a valid case what whoever has these abilities cannot run. The case stays valid, and is refused
    /// no more, unless it is for its geometry: that stays as it is. A case that is not refused stays the same.
    pub fn narrow(&self, case: &mut Case) {
        if *self == Self::EVERYTHING {
            return;
        }
        self.narrow_machine(case);
        for file in (self.most_files()..case.files.len()).rev() {
            remove_file(case, file);
        }
        for task in (self.most_tasks()..case.tasks.len()).rev() {
            remove_task(case, task);
        }
        let geometry = case.geometry;
        let has_disk = case.filesystem != Filesystem::Libfs;
        for file in &mut case.files {
            self.narrow_file(file, geometry, has_disk);
        }
        for memory in &mut case.memories {
            self.narrow_memory(memory, &case.files);
        }
        for task in &mut case.tasks {
            if !self.kernel {
                task.mm = Some(0);
            }
            task.operations.retain_mut(|operation| self.narrow_operation(operation, &case.memories, geometry));
        }
        if self.bounds_appends() {
            (0..case.files.len()).for_each(|file| self.narrow_appends(case, file));
        }
        case.faults.retain(|fault| self.faults.contains(fault.kind));
    }

    fn narrow_machine(&self, case: &mut Case) {
        let default = MachineOptions::default();
        if !self.scarcity {
            (case.machine.free_frames, case.machine.free_blocks) = (default.free_frames, default.free_blocks);
        }
        if self.kernel {
            return;
        }
        let (free_frames, free_blocks) = (case.machine.free_frames, case.machine.free_blocks);
        case.machine = MachineOptions { free_frames, free_blocks, ..default };
        (case.filesystem, case.form) = (Filesystem::default(), None);
        case.mended.clear();
        for operation in case.tasks.iter_mut().flat_map(|task| &mut task.operations) {
            if let TaskOperation::Truncate { locked, .. } = operation {
                *locked = true;
            }
        }
    }

    fn narrow_file(&self, file: &mut File, geometry: Geometry, has_disk: bool) {
        let most = self.most_cells(geometry);
        file.size = file.size.min(most);
        let mut end = most;
        if !self.kernel {
            file.extents.iter_mut().for_each(|extent| extent.kind = ExtentKind::Disk);
            end = file.size.next_multiple_of(geometry.block);
        }
        file.extents.iter_mut().for_each(|extent| extent.range.end = extent.range.end.min(end));
        file.extents.retain(|extent| extent.range.start < extent.range.end);
        if !self.holes && has_disk && has_hole(file) {
            allocate(file, geometry);
        }
        file.cached.retain(|cached| self.cached && cached.page < self.most_pages());
        for cached in file.cached.iter_mut().filter(|_| !self.kernel) {
            if !matches!(cached.state, Cache::Uptodate | Cache::Dirty) {
                cached.state = Cache::Uptodate;
            }
        }
    }

    fn narrow_memory(&self, memory: &mut MemoryRegion, files: &[File]) {
        if !self.kernel {
            memory.mm = Some(0);
        }
        if let MemoryKind::Map { page, shared, .. } = &mut memory.kind {
            *shared = if self.maps_as(*shared) { *shared } else { !*shared };
            memory.pages = memory.pages.min(self.most_pages());
            *page = (*page).min(self.most_pages() - memory.pages);
            memory.resident &= every_page(memory.pages);
            memory.unreadable &= every_page(memory.pages);
            if !self.maps() {
                memory.kind = MemoryKind::Anonymous;
            }
        }
        if !self.unreadable_sources {
            memory.unreadable = 0;
        }
        if !self.absent_sources {
            memory.resident |= residable(memory.kind, memory.pages, files) & !memory.unreadable;
        }
    }

    /// Cuts what the operation names; false if it has to go.
    fn narrow_operation(&self, operation: &mut TaskOperation, memories: &[MemoryRegion], geometry: Geometry) -> bool {
        let cells = self.most_cells(geometry);
        // Where a range of memory ends, by the index of the memory.
        let end = |memory: usize| match &memories[memory] {
            it if self.unreadable_sources => it.max_range_end(geometry),
            it => it.pages * geometry.page,
        };
        if !self.operations.contains(OperationKind::of(operation)) {
            return false;
        }
        if let Some(segments) = targets::segments_mut(operation).filter(|_| !self.vectors) {
            segments.truncate(1);
        }
        match operation {
            TaskOperation::Write { offset, segments, .. } => {
                *offset = (*offset).min(cells);
                _ = cut(segments, cells - *offset, end);
            }
            TaskOperation::Append { segments, .. } => _ = cut(segments, cells, end),
            TaskOperation::Read { range, .. } | TaskOperation::Punch { range, .. } => return clip(range, cells),
            TaskOperation::Load { memory, range } | TaskOperation::Store { memory, range } => {
                return clip(range, end(*memory));
            }
            TaskOperation::Truncate { size, .. } => *size = (*size).min(cells),
            TaskOperation::Munmap { memory, pages }
            | TaskOperation::DontNeed { memory, pages }
            | TaskOperation::ReclaimPte { memory, pages } => return clip_pages(pages, memories[*memory].pages),
            TaskOperation::Reclaim { pages, .. } => return clip_pages(pages, self.most_pages()),
            _ => {}
        }
        true
    }

    /// Cuts the appends to what the file has room for, the first gets it first.
    fn narrow_appends(&self, case: &mut Case, file: usize) {
        let mut room = self.most_cells(case.geometry).saturating_sub(largest_size(case, file));
        for operation in case.tasks.iter_mut().flat_map(|task| &mut task.operations) {
            if let TaskOperation::Append { file: of, segments } = operation
                && *of == file
            {
                room -= cut(segments, room, |_| u32::MAX);
            }
        }
    }
}

/// Cuts the segments to so many cells in all, and each where its memory ends; returns how many are left.
fn cut(segments: &mut [Iovec], room: u32, end: impl Fn(usize) -> u32) -> u32 {
    let mut left = room;
    for Iovec { memory, range } in segments {
        range.start = range.start.min(end(*memory));
        range.end = range.end.min(end(*memory)).min(range.start.saturating_add(left));
        left -= range.len();
    }
    room - left
}

/// Clips the range; false if it had cells and none is left.
fn clip(range: &mut Range, most: u32) -> bool {
    let was_empty = range.is_empty();
    *range = Range { start: range.start.min(most), end: range.end.min(most) };
    was_empty || !range.is_empty()
}

fn clip_pages(pages: &mut PageRange, most: u32) -> bool {
    let was_empty = pages.start == pages.end;
    *pages = PageRange { start: pages.start.min(most), end: pages.end.min(most) };
    was_empty || pages.start < pages.end
}
