//! Generated tasks: first those that write as the shape says, then whatever may disturb or observe them.

use super::{Builder, names};
use crate::{OperationKind, Task, TaskOperation};

impl Builder<'_, '_, '_> {
    pub(super) fn tasks(&mut self) {
        self.shape_tasks();
        let most = self.weights.most_tasks();
        let count = 1 + self.choices.pick(&[2, 6, 8, 5, 2, 1]) as usize;
        while self.case.tasks.len() < count.min(most) && !self.choices.ended() {
            let mm = self.draw_mm();
            self.push_task(mm, None);
        }
        // Without a schedule, the first task runs until it has to wait: that need not be the writer.
        if self.choices.chance(96) {
            let first = self.choices.index(self.case.tasks.len());
            self.case.tasks.swap(0, first);
        }
        names::tasks(&mut self.case.tasks);
    }

    /// A write of this file from this memory; an observer's read where writes are not wanted; `None` where nothing can
    /// be done.
    pub(super) fn first_write(&mut self, file: usize, memory: usize) -> Option<TaskOperation> {
        if self.weights.of(OperationKind::Write) > 0 {
            Some(self.write(file, memory))
        } else if self.weights.of(OperationKind::Append) > 0 {
            Some(self.append(file, memory))
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

    pub(super) fn push_task(&mut self, mm: Option<u8>, first: Option<TaskOperation>) {
        let mut task = Task { name: names::unnamed(), mm, operations: Vec::with_capacity(2) };
        let count = 1 + self.choices.pick(&[6, 3, 1]) as usize;
        task.operations.extend(first);
        while task.operations.len() < count && !task.operations.last().is_some_and(super::machine::is_last) {
            let Some(operation) = self.operation(mm) else { break };
            task.operations.push(operation);
        }
        self.case.tasks.push(task);
    }
}
