//! Removes tasks, operations, segments, faults, memories and files, the largest first.

use super::{Shrinker, is_of};
use crate::parts::{remove_file, remove_memory, remove_task, uses_file, uses_memory};
use crate::targets::{memories_mut, segments_mut};
use crate::{Case, Iovec, TaskOperation};

/// Segments of a write that are removed one by one with other schedules.
const MOST_SEGMENTS: usize = 12;

impl Shrinker<'_> {
    /// Whole tasks; then tasks that can be part of another.
    pub(super) fn remove_tasks(&mut self) {
        for task in (0..self.best.tasks.len()).rev() {
            if task >= self.best.tasks.len() {
                continue;
            }
            let mut candidate = self.best.clone();
            remove_task(&mut candidate, task);
            self.attempt_rescheduled(&candidate, None);
        }
        for from in (1..self.best.tasks.len()).rev() {
            for to in 0..from {
                if self.join_tasks(to, from) {
                    break;
                }
            }
        }
    }

    fn join_tasks(&mut self, to: usize, from: usize) -> bool {
        if from >= self.best.tasks.len() || self.best.tasks[to].mm != self.best.tasks[from].mm {
            return false;
        }
        [false, true].into_iter().any(|before| {
            let mut candidate = self.best.clone();
            let mut moved = std::mem::take(&mut candidate.tasks[from].operations);
            let stays = &mut candidate.tasks[to].operations;
            if before {
                moved.append(stays);
                *stays = moved;
            } else {
                stays.append(&mut moved);
            }
            remove_task(&mut candidate, from);
            self.attempt_rescheduled(&candidate, Some(to))
        })
    }

    /// Operations from the last to the first: what comes later depends on what was before.
    pub(super) fn remove_operations(&mut self) {
        for task in (0..self.best.tasks.len()).rev() {
            self.remove_runs(
                |case| case.tasks.get(task).map_or(0, |task| task.operations.len()),
                |case, run| drop(case.tasks[task].operations.drain(run)),
            );
        }
        for task in (0..self.best.tasks.len()).rev() {
            let count = self.best.tasks.get(task).map_or(0, |task| task.operations.len());
            for operation in (0..count).rev() {
                let mut candidate = self.best.clone();
                // One removal can take others, and whole tasks, with it.
                match candidate.tasks.get_mut(task) {
                    Some(task) if operation < task.operations.len() => drop(task.operations.remove(operation)),
                    _ => continue,
                }
                let emptied = candidate.tasks[task].operations.is_empty();
                if self.attempt_rescheduled(&candidate, Some(task)) && emptied {
                    break;
                }
            }
        }
    }

    /// Removes runs of things: halves, quarters, and so on down to one, from the last to the first.
    pub(super) fn remove_runs(
        &mut self,
        count: impl Fn(&Case) -> usize,
        remove: impl Fn(&mut Case, std::ops::Range<usize>),
    ) {
        let mut width = count(&self.best);
        while width > 0 {
            let mut end = count(&self.best);
            while end > 0 {
                let start = end.saturating_sub(width);
                self.change(|case| remove(case, start..end));
                end = start.min(count(&self.best));
            }
            width /= 2;
        }
    }

    /// Segments, and two that can be one.
    pub(super) fn remove_segments(&mut self) {
        for (task, operation) in places(&self.best) {
            self.remove_runs(
                |case| segments_at(case, task, operation).len(),
                |case, run| {
                    let segments = segments_mut(&mut case.tasks[task].operations[operation]);
                    segments.into_iter().for_each(|segments| drop(segments.drain(run.clone())));
                },
            );
            // So many segments are there for their number: each with all schedules would take too long.
            if segments_at(&self.best, task, operation).len() > MOST_SEGMENTS {
                continue;
            }
            for segment in (0..segments_at(&self.best, task, operation).len()).rev() {
                if segment >= segments_at(&self.best, task, operation).len() {
                    break;
                }
                let mut candidate = self.best.clone();
                let changed = &mut candidate.tasks[task].operations[operation];
                if let Some(segments) = segments_mut(changed) {
                    segments.remove(segment);
                }
                if !self.attempt_rescheduled(&candidate, Some(task)) {
                    self.join_segments(task, operation, segment);
                }
            }
        }
    }

    /// This segment and the next as one: that of both lengths, from where either begins.
    fn join_segments(&mut self, task: usize, operation: usize, segment: usize) {
        let of = segments_at(&self.best, task, operation);
        let (Some(&first), Some(&second)) = (of.get(segment), of.get(segment + 1)) else { return };
        let mut longer = first;
        longer.range.end += second.range.len();
        let mut earlier = second;
        earlier.range.start = earlier.range.start.saturating_sub(first.range.len());
        for joined in [longer, earlier] {
            let mut candidate = self.best.clone();
            if let Some(segments) = segments_mut(&mut candidate.tasks[task].operations[operation]) {
                segments[segment] = joined;
                segments.remove(segment + 1);
            }
            if self.attempt_rescheduled(&candidate, Some(task)) {
                return;
            }
        }
    }

    /// Faults; the first chances, once.
    pub(super) fn remove_faults(&mut self) {
        for fault in (0..self.best.faults.len()).rev() {
            let mut candidate = self.best.clone();
            candidate.faults.remove(fault);
            if self.attempt_rescheduled(&candidate, None) {
                continue;
            }
            self.change(|case| case.faults[fault].times = 1);
            for at in 1..self.best.faults[fault].at {
                if self.change(|case| case.faults[fault].at = at) {
                    break;
                }
            }
        }
    }

    /// Memories that nobody uses, then those that another can stand in for.
    pub(super) fn remove_memories(&mut self) {
        for memory in (0..self.best.memories.len()).rev() {
            if !uses_memory(&self.best, memory) && self.change(|case| remove_memory(case, memory)) {
                continue;
            }
            for other in (0..self.best.memories.len()).filter(|other| *other != memory) {
                let replaced = self.change(|case| {
                    for operation in operations_mut(case) {
                        memories_mut(operation, &mut |used| {
                            if *used == memory {
                                *used = other;
                            }
                        });
                    }
                    remove_memory(case, memory);
                });
                if replaced {
                    break;
                }
            }
        }
    }

    /// Files that nobody uses.
    pub(super) fn remove_files(&mut self) {
        for file in (0..self.best.files.len()).rev() {
            if !uses_file(&self.best, file) && self.best.files.len() > 1 {
                self.change(|case| remove_file(case, file));
            }
        }
    }

    /// Whether the schedule has a turn of this task.
    pub(super) fn has_turn(&self, task: usize) -> bool {
        self.best.schedule.iter().any(|slice| is_of(slice.runner, task))
    }
}

/// The segments of an operation; none where it is gone.
fn segments_at(case: &Case, task: usize, operation: usize) -> &[Iovec] {
    let operation = case.tasks.get(task).and_then(|task| task.operations.get(operation));
    operation.map_or(&[], TaskOperation::segments)
}

/// All operations, as task and place in it.
pub(super) fn places(case: &Case) -> Vec<(usize, usize)> {
    let of = |(task, operations): (usize, usize)| (0..operations).map(move |operation| (task, operation));
    case.tasks.iter().map(|task| task.operations.len()).enumerate().flat_map(of).collect()
}

/// All operations, to change.
pub(super) fn operations_mut(case: &mut Case) -> impl Iterator<Item = &mut TaskOperation> {
    case.tasks.iter_mut().flat_map(|task| &mut task.operations)
}
