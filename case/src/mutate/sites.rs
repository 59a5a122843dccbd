//! The numbers of a case that a mutation may change and a shrinker may make smaller, one after the other.

use crate::{Case, Operation, PageRange, Range};

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
            Operation::Write { offset, segments, .. } => {
                found.push(Site::Offset(offset));
                found.extend(segments.iter_mut().map(|segment| Site::OfMemory(&mut segment.range)));
            }
            Operation::Append { segments, .. } => {
                found.extend(segments.iter_mut().map(|segment| Site::OfMemory(&mut segment.range)));
            }
            Operation::Read { range, .. } | Operation::Punch { range, .. } => found.push(Site::OfFile(range)),
            Operation::Load { range, .. } | Operation::Store { range, .. } => found.push(Site::OfMemory(range)),
            Operation::Truncate { size, .. } => found.push(Site::Offset(size)),
            Operation::Munmap { pages, .. }
            | Operation::DontNeed { pages, .. }
            | Operation::ReclaimPte { pages, .. }
            | Operation::Reclaim { pages, .. } => found.push(Site::Pages(pages)),
            Operation::Stat { .. }
            | Operation::Mremap { .. }
            | Operation::Mlock { .. }
            | Operation::Invalidate { .. }
            | Operation::Writeback { .. }
            | Operation::Fsync { .. }
            | Operation::Crash => {}
        }
    }
    found
}
