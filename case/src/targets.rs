//! Which file and which memory an operation uses, to read and to change.

use crate::{Iovec, TaskOperation};

/// The file that the operation names.
pub(crate) const fn file(operation: &TaskOperation) -> Option<usize> {
    match operation {
        TaskOperation::Write { file, .. }
        | TaskOperation::Append { file, .. }
        | TaskOperation::Read { file, .. }
        | TaskOperation::Stat { file }
        | TaskOperation::Truncate { file, .. }
        | TaskOperation::Punch { file, .. }
        | TaskOperation::Reclaim { file, .. }
        | TaskOperation::Invalidate { file, .. }
        | TaskOperation::Writeback { file }
        | TaskOperation::Fsync { file } => Some(*file),
        _ => None,
    }
}

/// The file that the operation names, to change.
pub(crate) const fn file_mut(operation: &mut TaskOperation) -> Option<&mut usize> {
    match operation {
        TaskOperation::Write { file, .. }
        | TaskOperation::Append { file, .. }
        | TaskOperation::Read { file, .. }
        | TaskOperation::Stat { file }
        | TaskOperation::Truncate { file, .. }
        | TaskOperation::Punch { file, .. }
        | TaskOperation::Reclaim { file, .. }
        | TaskOperation::Invalidate { file, .. }
        | TaskOperation::Writeback { file }
        | TaskOperation::Fsync { file } => Some(file),
        _ => None,
    }
}

/// The memory that the operation names, other than in segments.
pub(crate) const fn memory(operation: &TaskOperation) -> Option<usize> {
    match operation {
        TaskOperation::Load { memory, .. }
        | TaskOperation::Store { memory, .. }
        | TaskOperation::Munmap { memory, .. }
        | TaskOperation::Mremap { memory }
        | TaskOperation::DontNeed { memory, .. }
        | TaskOperation::Mlock { memory }
        | TaskOperation::ReclaimPte { memory, .. } => Some(*memory),
        _ => None,
    }
}

/// The memory that the operation names, other than in segments, to change.
pub(crate) const fn memory_mut(operation: &mut TaskOperation) -> Option<&mut usize> {
    match operation {
        TaskOperation::Load { memory, .. }
        | TaskOperation::Store { memory, .. }
        | TaskOperation::Munmap { memory, .. }
        | TaskOperation::Mremap { memory }
        | TaskOperation::DontNeed { memory, .. }
        | TaskOperation::Mlock { memory }
        | TaskOperation::ReclaimPte { memory, .. } => Some(memory),
        _ => None,
    }
}

/// The segments of a write or append, to change.
pub(crate) const fn segments_mut(operation: &mut TaskOperation) -> Option<&mut Vec<Iovec>> {
    match operation {
        TaskOperation::Write { segments, .. } | TaskOperation::Append { segments, .. } => Some(segments),
        _ => None,
    }
}

/// Whether it writes to a file by a call.
pub(crate) const fn is_write(operation: &TaskOperation) -> bool {
    matches!(operation, TaskOperation::Write { .. } | TaskOperation::Append { .. })
}

/// Every memory that the operation uses.
pub(crate) fn memories(operation: &TaskOperation) -> impl Iterator<Item = usize> {
    memory(operation).into_iter().chain(operation.segments().iter().map(|segment| segment.memory))
}

/// Every memory that the operation uses, to change.
pub(crate) fn memories_mut(operation: &mut TaskOperation, change: &mut dyn FnMut(&mut usize)) {
    if let Some(memory) = memory_mut(operation) {
        change(memory);
    }
    for segment in segments_mut(operation).into_iter().flatten() {
        change(&mut segment.memory);
    }
}
