//! Generated tasks: first those that write as the shape says, then whatever may disturb or observe them.

use super::{Builder, OperationKind, Shape, names};
use crate::{Operation, PageRange, Range, Task};

impl Builder<'_, '_, '_> {
    pub(super) fn tasks(&mut self) {
        self.first_writers();
        if self.shape.maps_files() && self.choices.chance(144) {
            self.source_droppers();
        }
        let most = self.weights.max_tasks.clamp(1, crate::Case::MAX_TASKS);
        let count = 1 + self.choices.pick(&[2, 6, 8, 5, 2, 1]) as usize;
        while self.case.tasks.len() < count.min(most) && !self.choices.ended() {
            let mm = self.draw_mm();
            self.push_task(mm, None);
        }
        names::tasks(&mut self.case.tasks);
    }

    fn first_writers(&mut self) {
        match self.shape {
            Shape::Plain => {
                self.focus.file = self.choices.index(self.case.files.len());
                let memory = self.choices.index(self.case.memories.len());
                let write = self.first_write(self.focus.file, memory);
                self.push_task(self.case.memories[memory].mm, Some(write));
            }
            Shape::SamePage => {
                let write = self.first_write(0, 0);
                self.push_task(Some(0), Some(write));
            }
            Shape::Crosswise => {
                let write = self.first_write(0, 0);
                self.push_task(Some(0), Some(write));
                let write = self.first_write(1, 1);
                self.push_task(Some(0), Some(write));
            }
            Shape::Starved => {
                let write = self.first_write(0, 0);
                self.push_task(self.case.memories[0].mm, Some(write));
                let end = self.case.files[0].size.max(self.focus.range.end).max(1);
                let range = Range { start: 0, end: end.next_multiple_of(self.geometry.page) };
                self.push_task(Some(0), Some(Operation::Read { file: 0, range }));
            }
        }
    }

    /// Tasks that take the mapped sources away again, after the writers have touched them: what the deadlocks need.
    fn source_droppers(&mut self) {
        let kinds = [OperationKind::ReclaimPte, OperationKind::DontNeed];
        let kind = kinds[usize::from(self.choices.byte() & 1)];
        if !self.weights.operations.contains(kind) || self.case.tasks.len() + 2 > self.weights.max_tasks {
            return;
        }
        let sources = if self.shape == Shape::Crosswise { 2 } else { 1 };
        let together = self.choices.chance(128);
        for memory in 0..sources {
            let pages = PageRange { start: 0, end: self.case.memories[memory].pages };
            let drop = match kind {
                OperationKind::DontNeed => Operation::DontNeed { memory, pages },
                _ => Operation::ReclaimPte { memory, pages },
            };
            match self.case.tasks.last_mut() {
                Some(task) if together && memory > 0 => task.operations.push(drop),
                _ => self.case.tasks.push(Task { name: names::unnamed(), mm: Some(0), operations: vec![drop] }),
            }
        }
    }

    /// A write of this file from this memory; an observer's read where writes are not wanted.
    fn first_write(&mut self, file: usize, memory: usize) -> Operation {
        if self.weights.of(OperationKind::Write) > 0 {
            self.write(file, memory)
        } else if self.weights.of(OperationKind::Append) > 0 {
            self.append(file, memory)
        } else {
            self.focus.file = file;
            self.operation(self.case.memories[memory].mm)
        }
    }

    fn draw_mm(&mut self) -> Option<u8> {
        if self.case.memories.iter().all(|memory| memory.mm == Some(0)) || self.choices.chance(160) {
            return Some(0);
        }
        let memory = self.choices.index(self.case.memories.len());
        self.case.memories[memory].mm
    }

    fn push_task(&mut self, mm: Option<u8>, first: Option<Operation>) {
        let mut task = Task { name: names::unnamed(), mm, operations: Vec::with_capacity(2) };
        let count = 1 + self.choices.pick(&[6, 3, 1]) as usize;
        task.operations.extend(first);
        while task.operations.len() < count && !task.operations.last().is_some_and(super::machine::is_last) {
            task.operations.push(self.operation(mm));
        }
        self.case.tasks.push(task);
    }
}
