//! Which file and which memory an operation uses, to read and to change.

use crate::{Operation, Segment};

/// The file that the operation names.
pub(crate) const fn file(operation: &Operation) -> Option<usize> {
    match operation {
        Operation::Write { file, .. }
        | Operation::Append { file, .. }
        | Operation::Read { file, .. }
        | Operation::Stat { file }
        | Operation::Truncate { file, .. }
        | Operation::Punch { file, .. }
        | Operation::Reclaim { file, .. }
        | Operation::Invalidate { file, .. }
        | Operation::Writeback { file }
        | Operation::Fsync { file } => Some(*file),
        _ => None,
    }
}

/// The file that the operation names, to change.
pub(crate) const fn file_mut(operation: &mut Operation) -> Option<&mut usize> {
    match operation {
        Operation::Write { file, .. }
        | Operation::Append { file, .. }
        | Operation::Read { file, .. }
        | Operation::Stat { file }
        | Operation::Truncate { file, .. }
        | Operation::Punch { file, .. }
        | Operation::Reclaim { file, .. }
        | Operation::Invalidate { file, .. }
        | Operation::Writeback { file }
        | Operation::Fsync { file } => Some(file),
        _ => None,
    }
}

/// The memory that the operation names, other than in segments.
pub(crate) const fn memory(operation: &Operation) -> Option<usize> {
    match operation {
        Operation::Load { memory, .. }
        | Operation::Store { memory, .. }
        | Operation::Munmap { memory, .. }
        | Operation::Mremap { memory }
        | Operation::DontNeed { memory, .. }
        | Operation::Mlock { memory }
        | Operation::ReclaimPte { memory, .. } => Some(*memory),
        _ => None,
    }
}

/// The memory that the operation names, other than in segments, to change.
pub(crate) const fn memory_mut(operation: &mut Operation) -> Option<&mut usize> {
    match operation {
        Operation::Load { memory, .. }
        | Operation::Store { memory, .. }
        | Operation::Munmap { memory, .. }
        | Operation::Mremap { memory }
        | Operation::DontNeed { memory, .. }
        | Operation::Mlock { memory }
        | Operation::ReclaimPte { memory, .. } => Some(memory),
        _ => None,
    }
}

/// The segments of a write or append, to change.
pub(crate) const fn segments_mut(operation: &mut Operation) -> Option<&mut Vec<Segment>> {
    match operation {
        Operation::Write { segments, .. } | Operation::Append { segments, .. } => Some(segments),
        _ => None,
    }
}

/// Whether it writes to a file by a call.
pub(crate) const fn is_write(operation: &Operation) -> bool {
    matches!(operation, Operation::Write { .. } | Operation::Append { .. })
}

/// Every memory that the operation uses.
pub(crate) fn memories(operation: &Operation) -> impl Iterator<Item = usize> {
    memory(operation).into_iter().chain(operation.segments().iter().map(|segment| segment.memory))
}

/// Every memory that the operation uses, to change.
pub(crate) fn memories_mut(operation: &mut Operation, change: &mut dyn FnMut(&mut usize)) {
    if let Some(memory) = memory_mut(operation) {
        change(memory);
    }
    for segment in segments_mut(operation).into_iter().flatten() {
        change(&mut segment.memory);
    }
}
