//! Removes a task, a file or a memory, with everything that refers to it, and renumbers what comes later.

use crate::targets;
use crate::{Case, MemoryKind, Runner};

/// The index after `removed` is gone; `None` if it was that one.
const fn after(index: usize, removed: usize) -> Option<usize> {
    if index == removed {
        None
    } else if index > removed {
        Some(index - 1)
    } else {
        Some(index)
    }
}

/// Moves an index up; false if it went.
fn renumber(index: &mut usize, removed: usize) -> bool {
    let moved = after(*index, removed);
    *index = moved.unwrap_or(*index);
    moved.is_some()
}

/// Removes a task and its turns.
pub(crate) fn remove_task(case: &mut Case, task: usize) {
    case.tasks.remove(task);
    case.schedule.retain_mut(|slice| match &mut slice.runner {
        Runner::Task(index) => renumber(index, task),
        Runner::Disk => true,
    });
}

/// Removes a file, its mappings, and the operations on either.
pub(crate) fn remove_file(case: &mut Case, file: usize) {
    for memory in (0..case.memories.len()).rev() {
        if matches!(case.memories[memory].kind, MemoryKind::Map { file: mapped, .. } if mapped == file) {
            remove_memory(case, memory);
        }
    }
    case.files.remove(file);
    for memory in &mut case.memories {
        if let MemoryKind::Map { file: mapped, .. } = &mut memory.kind {
            renumber(mapped, file);
        }
    }
    for task in &mut case.tasks {
        task.operations.retain_mut(|operation| targets::file_mut(operation).is_none_or(|index| renumber(index, file)));
    }
}

/// Removes a memory, the segments from it, and the operations on it.
pub(crate) fn remove_memory(case: &mut Case, memory: usize) {
    case.memories.remove(memory);
    for task in &mut case.tasks {
        task.operations.retain_mut(|operation| {
            if let Some(segments) = targets::segments_mut(operation) {
                segments.retain_mut(|segment| renumber(&mut segment.memory, memory));
            }
            targets::memory_mut(operation).is_none_or(|index| renumber(index, memory))
        });
    }
}

/// Whether an operation uses the memory.
pub(crate) fn uses_memory(case: &Case, memory: usize) -> bool {
    case.tasks
        .iter()
        .flat_map(|task| &task.operations)
        .any(|operation| targets::memories(operation).any(|m| m == memory))
}

/// Whether an operation or a mapping uses the file.
pub(crate) fn uses_file(case: &Case, file: usize) -> bool {
    let mapped = |kind: MemoryKind| matches!(kind, MemoryKind::Map { file: mapped, .. } if mapped == file);
    case.memories.iter().any(|memory| mapped(memory.kind))
        || case.tasks.iter().flat_map(|task| &task.operations).any(|operation| targets::file(operation) == Some(file))
}
