//! The numbers of a case that a mutation may change and a shrinker may make smaller, one after the other.

use crate::{Case, PageRange, Range, TaskOperation};

/// One number, or one pair of them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Site<'a> {
    /// The size of a file.
    Size(&'a mut u32),
    /// Where a write or truncate goes.
    Offset(&'a mut u32),
    /// Cells of a file.
    OfFile(&'a mut Range),
    /// Cells of memory.
    OfMemory(&'a mut Range),
    /// Pages of a file or memory.
    Pages(&'a mut PageRange),
}

/// All sites, in order.
pub(crate) fn sites(case: &mut Case) -> Vec<Site<'_>> {
    let mut found = Vec::with_capacity(16);
    for file in &mut case.files {
        found.push(Site::Size(&mut file.size));
    }
    for operation in case.tasks.iter_mut().flat_map(|task| &mut task.operations) {
        match operation {
            TaskOperation::Write { offset, segments, .. } => {
                found.push(Site::Offset(offset));
                found.extend(segments.iter_mut().map(|segment| Site::OfMemory(&mut segment.range)));
            }
            TaskOperation::Append { segments, .. } => {
                found.extend(segments.iter_mut().map(|segment| Site::OfMemory(&mut segment.range)));
            }
            TaskOperation::Read { range, .. } | TaskOperation::Punch { range, .. } => found.push(Site::OfFile(range)),
            TaskOperation::Load { range, .. } | TaskOperation::Store { range, .. } => found.push(Site::OfMemory(range)),
            TaskOperation::Truncate { size, .. } => found.push(Site::Offset(size)),
            TaskOperation::Munmap { pages, .. }
            | TaskOperation::DontNeed { pages, .. }
            | TaskOperation::ReclaimPte { pages, .. }
            | TaskOperation::Reclaim { pages, .. } => found.push(Site::Pages(pages)),
            TaskOperation::Stat { .. }
            | TaskOperation::Mremap { .. }
            | TaskOperation::Mlock { .. }
            | TaskOperation::Invalidate { .. }
            | TaskOperation::Writeback { .. }
            | TaskOperation::Fsync { .. }
            | TaskOperation::Crash => {}
        }
    }
    found
}
