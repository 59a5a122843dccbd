//! Plainer operations in place of special ones: an append becomes a write, a punch a truncate, a load a read.

use super::Shrinker;
use super::remove::places;
use crate::{Case, File, Invalidation, MemoryKind, Operation, PageRange};

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
fn plainer(case: &Case, operation: &Operation) -> Vec<Operation> {
    match operation {
        Operation::Append { file, segments } => {
            vec![Operation::Write { file: *file, offset: case.files[*file].size, segments: segments.clone() }]
        }
        Operation::Load { memory, range } => read_of(case, *memory, *range).into_iter().collect(),
        Operation::Store { memory, range } => vec![Operation::Load { memory: *memory, range: *range }],
        Operation::Truncate { file, size, locked: false } => {
            vec![Operation::Truncate { file: *file, size: *size, locked: true }]
        }
        Operation::Punch { file, range } => {
            vec![Operation::Truncate { file: *file, size: range.start, locked: true }]
        }
        Operation::Munmap { memory, pages } => vec![Operation::DontNeed { memory: *memory, pages: *pages }],
        Operation::ReclaimPte { memory, pages } => vec![
            Operation::DontNeed { memory: *memory, pages: *pages },
            Operation::Munmap { memory: *memory, pages: *pages },
        ],
        Operation::Mremap { memory } | Operation::Mlock { memory } => {
            let (memory, pages) = (*memory, PageRange { start: 0, end: case.memories[*memory].pages });
            vec![Operation::DontNeed { memory, pages }, Operation::Munmap { memory, pages }]
        }
        Operation::Invalidate { file, kind: Invalidation::All } => vec![
            Operation::Reclaim { file: *file, pages: pages_of(&case.files[*file], case.geometry.page) },
            Operation::Invalidate { file: *file, kind: Invalidation::Unused },
        ],
        Operation::Invalidate { file, kind: Invalidation::Unused } => {
            vec![Operation::Reclaim { file: *file, pages: pages_of(&case.files[*file], case.geometry.page) }]
        }
        Operation::Fsync { file } => vec![Operation::Writeback { file: *file }],
        _ => Vec::new(),
    }
}

fn pages_of(file: &File, page: u32) -> PageRange {
    PageRange { start: 0, end: file.size.div_ceil(page).max(1) }
}

/// The read of what a load from a mapping sees.
fn read_of(case: &Case, memory: usize, mut range: crate::Range) -> Option<Operation> {
    let MemoryKind::Map { file, page, .. } = case.memories[memory].kind else { return None };
    range.start += page * case.geometry.page;
    range.end += page * case.geometry.page;
    Some(Operation::Read { file, range })
}
