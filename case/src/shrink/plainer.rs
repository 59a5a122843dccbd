//! Plainer operations in place of special ones: an append becomes a write, a punch a truncate, a load a read.

use super::Shrinker;
use super::remove::places;
use crate::{Case, File, Invalidation, MemoryKind, PageRange, TaskOperation};

impl Shrinker<'_> {
    /// Each operation as each plainer one that could do instead, the plainest first.
    pub(super) fn plainer_operations(&mut self) {
        for (task, operation) in places(&self.best) {
            let present = self.best.tasks.get(task).and_then(|task| task.operations.get(operation));
            let plainer = present.map(|operation| plainer(&self.best, operation)).unwrap_or_default();
            for instead in plainer {
                let mut candidate = self.best.clone();
                candidate.tasks[task].operations[operation] = instead;
                let lost = self.has_turn(task).then_some(task);
                if self.attempt(candidate.clone()) || lost.is_some() && self.attempt_rescheduled(&candidate, lost) {
                    break;
                }
            }
        }
    }
}

/// What could stand in for the operation, the plainest first.
fn plainer(case: &Case, operation: &TaskOperation) -> Vec<TaskOperation> {
    match operation {
        TaskOperation::Append { file, segments } => {
            vec![TaskOperation::Write { file: *file, offset: case.files[*file].size, segments: segments.clone() }]
        }
        TaskOperation::Load { memory, range } => read_of(case, *memory, *range).into_iter().collect(),
        TaskOperation::Store { memory, range } => vec![TaskOperation::Load { memory: *memory, range: *range }],
        TaskOperation::Truncate { file, size, locked: false } => {
            vec![TaskOperation::Truncate { file: *file, size: *size, locked: true }]
        }
        TaskOperation::Punch { file, range } => {
            vec![TaskOperation::Truncate { file: *file, size: range.start, locked: true }]
        }
        TaskOperation::Munmap { memory, pages } => vec![TaskOperation::DontNeed { memory: *memory, pages: *pages }],
        TaskOperation::ReclaimPte { memory, pages } => vec![
            TaskOperation::DontNeed { memory: *memory, pages: *pages },
            TaskOperation::Munmap { memory: *memory, pages: *pages },
        ],
        TaskOperation::Mremap { memory } | TaskOperation::Mlock { memory } => {
            let (memory, pages) = (*memory, PageRange { start: 0, end: case.memories[*memory].pages });
            vec![TaskOperation::DontNeed { memory, pages }, TaskOperation::Munmap { memory, pages }]
        }
        TaskOperation::Invalidate { file, kind: Invalidation::All } => vec![
            TaskOperation::Reclaim { file: *file, pages: pages_of(&case.files[*file], case.geometry.page) },
            TaskOperation::Invalidate { file: *file, kind: Invalidation::Unused },
        ],
        TaskOperation::Invalidate { file, kind: Invalidation::Unused } => {
            vec![TaskOperation::Reclaim { file: *file, pages: pages_of(&case.files[*file], case.geometry.page) }]
        }
        TaskOperation::Fsync { file } => vec![TaskOperation::Writeback { file: *file }],
        _ => Vec::new(),
    }
}

fn pages_of(file: &File, page: u32) -> PageRange {
    PageRange { start: 0, end: file.size.div_ceil(page).max(1) }
}

/// The read of what a load from a mapping sees.
fn read_of(case: &Case, memory: usize, mut range: crate::Range) -> Option<TaskOperation> {
    let MemoryKind::Map { file, page, .. } = case.memories[memory].kind else { return None };
    range.start += page * case.geometry.page;
    range.end += page * case.geometry.page;
    Some(TaskOperation::Read { file, range })
}
