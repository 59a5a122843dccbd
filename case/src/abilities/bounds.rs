//! How far the operations of a case reach into its files.

use super::Abilities;
use crate::{Case, TaskOperation};

/// Where the cells of a file end that this operation names; 0 for one that names none. An append begins wherever the
/// file ends by then, and so only its length counts.
pub(super) fn end_of(operation: &TaskOperation, page: u32) -> u32 {
    match operation {
        TaskOperation::Write { offset, .. } => offset + length_of(operation),
        TaskOperation::Append { .. } => length_of(operation),
        TaskOperation::Read { range, .. } | TaskOperation::Punch { range, .. } => range.end,
        TaskOperation::Truncate { size, .. } => *size,
        TaskOperation::Reclaim { pages, .. } => pages.end * page,
        _ => 0,
    }
}

/// The cells of all segments.
pub(super) fn length_of(operation: &TaskOperation) -> u32 {
    operation.segments().iter().map(|segment| segment.range.len()).sum()
}

/// All operations of the case, in the order of its text.
pub(super) fn operations(case: &Case) -> impl Iterator<Item = &TaskOperation> {
    case.tasks.iter().flat_map(|task| &task.operations)
}

/// The size that a file cannot go past without its appends.
pub(super) fn largest_size(case: &Case, file: usize) -> u32 {
    let sizes = operations(case).filter_map(|operation| match operation {
        TaskOperation::Write { file: of, .. } | TaskOperation::Truncate { file: of, .. } if *of == file => {
            Some(end_of(operation, case.geometry.page))
        }
        _ => None,
    });
    sizes.fold(case.files[file].size, u32::max)
}

impl Abilities {
    /// Whether appends are counted together: the format itself lets a file grow past its most pages so.
    pub(super) fn bounds_appends(&self) -> bool {
        self.most_pages() < Case::MAX_FILE_PAGES
    }
}
