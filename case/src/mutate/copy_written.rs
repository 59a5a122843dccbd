//! A mutation that copies what a write has written: a second write follows whose source maps that page. Wrong data
//! then spreads to another place as a version of its own, which no single change achieves.

use super::Mutator;
use crate::{Case, OperationKind, Range, TaskOperation};

type M<'c, 'a, 'b> = Mutator<'c, 'a, 'b>;

/// Inserts, after a write, a second one whose source maps the written page; it goes to any file, at nearly the same
/// offset. Sometimes also inserts a store to the first write's source before both, so that the copied data differs
/// from the initial content.
pub(super) fn copy_written(m: &mut M<'_, '_, '_>) -> bool {
    let Some((task, first)) = m.write_of_user_memory() else { return false };
    let TaskOperation::Write { file, offset, .. } = m.case.tasks[task].operations[first] else { return false };
    let operations: usize = m.case.tasks.iter().map(|it| it.operations.len()).sum();
    if operations + 2 > Case::MAX_OPERATIONS {
        return false;
    }
    let size = m.case.geometry.page;
    let Some(mut source) = m.source(task, file, offset / size) else { return false };
    let (within, base) = (offset % size, source.range.start);
    let start = m.nearby(within);
    source.range = Range { start: base + start, end: base + size };
    let other = if m.choices.chance(128) { m.other_file(file) } else { None };
    let to = other.unwrap_or(file);
    let place = offset - within + m.nearby(within);
    let write = TaskOperation::Write { file: to, offset: place, segments: vec![source] };
    let behind = first + 1 + m.choices.index(m.case.tasks[task].operations.len() - first);
    m.case.tasks[task].operations.insert(behind, write);
    if m.weights.allows(OperationKind::Store) && m.choices.chance(96) {
        let stored = m.case.tasks[task].operations[first].segments().first().copied();
        let store = stored.map(|it| TaskOperation::Store { memory: it.memory, range: Range { start: 0, end: size } });
        m.case.tasks[task].operations.splice(first..first, store);
    }
    true
}

impl Mutator<'_, '_, '_> {
    /// An offset within a page: its beginning, this one, or the next.
    fn nearby(&mut self, place: u32) -> u32 {
        match self.choices.byte() & 3 {
            0 => 0,
            1 => (place + 1).min(self.case.geometry.page - 1),
            _ => place,
        }
    }
}
