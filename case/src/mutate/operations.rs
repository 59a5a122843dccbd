//! Mutations of what tasks do: operations, segments, and the numbers and targets in them.

use super::{Mutator, Site, sites};
use crate::generate::{name_tasks, off_by_one, operation_for, place, segment_for, unnamed};
use crate::parts::remove_task;
use crate::targets;
use crate::{Case, Iovec, PageRange, Range, Task, TaskOperation};

type M<'c, 'a, 'b> = Mutator<'c, 'a, 'b>;

impl Mutator<'_, '_, '_> {
    /// A task and one of its operations.
    fn operation(&mut self) -> Option<(usize, usize)> {
        let count: usize = self.case.tasks.iter().map(|task| task.operations.len()).sum();
        let mut drawn = self.choices.index(count);
        for (index, task) in self.case.tasks.iter().enumerate() {
            if drawn < task.operations.len() {
                return Some((index, drawn));
            }
            drawn -= task.operations.len();
        }
        None
    }

    /// An operation that has segments, and the place of one.
    fn segment(&mut self) -> Option<(usize, usize, usize)> {
        let (task, operation) = self.operation()?;
        let count = self.case.tasks[task].operations[operation].segments().len();
        let segment = self.choices.index(count);
        (count > 0).then_some((task, operation, segment))
    }

    fn segments_of(&mut self, task: usize, operation: usize) -> Option<&mut Vec<Iovec>> {
        targets::segments_mut(&mut self.case.tasks[task].operations[operation])
    }

    fn room(&self) -> bool {
        self.case.tasks.iter().map(|task| task.operations.len()).sum::<usize>() < Case::MAX_OPERATIONS
    }
}

pub(super) fn add(m: &mut M<'_, '_, '_>) -> bool {
    let task = m.choices.index(m.case.tasks.len());
    let mm = m.case.tasks[task].mm;
    let Some(operation) = operation_for(m.case, &mut m.choices, m.weights, mm) else { return false };
    let at = m.choices.index(m.case.tasks[task].operations.len() + 1);
    m.case.tasks[task].operations.insert(at, operation);
    m.room()
}

pub(super) fn drop(m: &mut M<'_, '_, '_>) -> bool {
    let Some((task, operation)) = m.operation() else { return false };
    m.case.tasks[task].operations.remove(operation);
    if m.case.tasks[task].operations.is_empty() && m.case.tasks.len() > 1 {
        remove_task(m.case, task);
    }
    true
}

pub(super) fn swap(m: &mut M<'_, '_, '_>) -> bool {
    let Some((task, one)) = m.operation() else { return false };
    let Some((other_task, other)) = m.operation() else { return false };
    let copy = m.case.tasks[task].operations[one].clone();
    m.case.tasks[task].operations[one] = std::mem::replace(&mut m.case.tasks[other_task].operations[other], copy);
    true
}

pub(super) fn duplicate(m: &mut M<'_, '_, '_>) -> bool {
    let Some((task, operation)) = m.operation() else { return false };
    let copy = m.case.tasks[task].operations[operation].clone();
    let to = m.choices.index(m.case.tasks.len());
    m.case.tasks[to].operations.push(copy);
    m.room()
}

pub(super) fn relocate(m: &mut M<'_, '_, '_>) -> bool {
    let Some((task, operation)) = m.operation() else { return false };
    let to = m.choices.index(m.case.tasks.len());
    let moved = m.case.tasks[task].operations.remove(operation);
    let at = m.choices.index(m.case.tasks[to].operations.len() + 1);
    m.case.tasks[to].operations.insert(at, moved);
    if m.case.tasks[task].operations.is_empty() {
        remove_task(m.case, task);
    }
    true
}

pub(super) fn replace(m: &mut M<'_, '_, '_>) -> bool {
    let Some((task, operation)) = m.operation() else { return false };
    let mm = m.case.tasks[task].mm;
    let Some(other) = operation_for(m.case, &mut m.choices, m.weights, mm) else { return false };
    m.case.tasks[task].operations[operation] = other;
    true
}

pub(super) fn add_task(m: &mut M<'_, '_, '_>) -> bool {
    if m.case.tasks.len() >= m.weights.most_tasks() {
        return false;
    }
    let like = m.choices.index(m.case.tasks.len());
    let mm = m.case.tasks[like].mm;
    let Some(operation) = operation_for(m.case, &mut m.choices, m.weights, mm) else { return false };
    m.case.tasks.push(Task { name: unnamed(), mm, operations: vec![operation] });
    name_tasks(&mut m.case.tasks);
    m.room()
}

pub(super) fn drop_task(m: &mut M<'_, '_, '_>) -> bool {
    if m.case.tasks.len() < 2 {
        return false;
    }
    let task = m.choices.index(m.case.tasks.len());
    remove_task(m.case, task);
    true
}

pub(super) fn add_segment(m: &mut M<'_, '_, '_>) -> bool {
    let Some((task, operation)) = m.operation() else { return false };
    let Some(segment) = segment_for(m.case, &mut m.choices, m.weights, m.case.tasks[task].mm) else { return false };
    let most = m.weights.most_segments();
    let count = m.case.tasks[task].operations[operation].segments().len();
    let at = m.choices.index(count + 1);
    let Some(segments) = m.segments_of(task, operation) else { return false };
    segments.insert(at, segment);
    segments.len() <= most
}

pub(super) fn drop_segment(m: &mut M<'_, '_, '_>) -> bool {
    let Some((task, operation, segment)) = m.segment() else { return false };
    m.segments_of(task, operation).is_some_and(|segments| {
        segments.remove(segment);
        true
    })
}

/// The same bytes by two segments.
pub(super) fn split_segment(m: &mut M<'_, '_, '_>) -> bool {
    let Some((task, operation, at)) = m.segment() else { return false };
    let Iovec { memory, range } = m.case.tasks[task].operations[operation].segments()[at];
    let middle = m.choices.within(range.start, range.end);
    let most = m.weights.most_segments();
    let Some(segments) = m.segments_of(task, operation) else { return false };
    segments[at].range.end = middle;
    segments.insert(at + 1, Iovec { memory, range: Range { start: middle, end: range.end } });
    segments.len() <= most
}

/// Sets a number of the case to an edge of a page or block, or one cell before or after it.
pub(super) fn move_to_edge(m: &mut M<'_, '_, '_>) -> bool {
    let count = sites(m.case).len();
    let at = m.choices.index(count);
    let (geometry, choices) = (m.case.geometry, &mut m.choices);
    let limit = 4 * geometry.page;
    let Some(site) = sites(m.case).into_iter().nth(at) else { return false };
    match site {
        Site::Size(number) | Site::Offset(number) => *number = place(choices, geometry, *number, limit),
        Site::OfFile(range) | Site::OfMemory(range) => {
            let moved = place(choices, geometry, range.end, limit);
            if choices.chance(128) {
                *range = Range { start: moved.min(range.end), end: range.end };
            } else {
                *range = Range { start: range.start, end: moved.max(range.start) };
            }
        }
        Site::Pages(pages) => {
            let start = choices.below(4);
            *pages = PageRange { start, end: start + 1 + choices.pick(&[6, 1, 1]) };
        }
    }
    true
}

/// Adds or subtracts one: at a number, at either end of a range, or at both ends.
pub(super) fn nudge(m: &mut M<'_, '_, '_>) -> bool {
    let count = sites(m.case).len();
    let at = m.choices.index(count);
    let choices = &mut m.choices;
    let Some(site) = sites(m.case).into_iter().nth(at) else { return false };
    match site {
        Site::Size(number) | Site::Offset(number) => *number = off_by_one(choices, *number),
        Site::OfFile(range) | Site::OfMemory(range) => match choices.below(3) {
            0 => range.start = off_by_one(choices, range.start).min(range.end),
            1 => range.end = off_by_one(choices, range.end).max(range.start),
            _ => {
                let (start, length) = (off_by_one(choices, range.start), range.len());
                *range = Range { start, end: start + length };
            }
        },
        Site::Pages(pages) => {
            let start = off_by_one(choices, pages.start);
            *pages = PageRange { start, end: start + (pages.end - pages.start) };
        }
    }
    true
}

pub(super) fn retarget_file(m: &mut M<'_, '_, '_>) -> bool {
    let Some((task, operation)) = m.operation() else { return false };
    let to = m.choices.index(m.case.files.len());
    targets::file_mut(&mut m.case.tasks[task].operations[operation]).is_some_and(|file| {
        *file = to;
        true
    })
}

pub(super) fn retarget_memory(m: &mut M<'_, '_, '_>) -> bool {
    let Some((task, operation)) = m.operation() else { return false };
    let to = m.choices.index(m.case.memories.len());
    let segment = m.segment_of(task, operation);
    let operation: &mut TaskOperation = &mut m.case.tasks[task].operations[operation];
    if let Some(memory) = targets::memory_mut(operation) {
        *memory = to;
        return true;
    }
    let segment = targets::segments_mut(operation).and_then(|segments| segments.get_mut(segment));
    segment.is_some_and(|segment| {
        segment.memory = to;
        true
    })
}

impl Mutator<'_, '_, '_> {
    fn segment_of(&mut self, task: usize, operation: usize) -> usize {
        let count = self.case.tasks[task].operations[operation].segments().len();
        self.choices.index(count)
    }
}
