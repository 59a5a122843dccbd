//! The shape of a case: what its first tasks do together. Operations drawn one by one would rarely get there.

use super::{Builder, names};
use crate::{
    FaultForm, Filesystem, Invalidation, MachineOptions, OperationKind, PageRange, Range, Task, TaskOperation,
};

/// What the first tasks are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Whatever the weights give.
    Plain,
    /// The source maps the page that is written.
    SamePage,
    /// Two writers, two files, each written from a mapping of the other.
    Crosswise,
    /// A write where free blocks are few, so that preparing a page can fail half-way; and a reader of the whole file,
    /// which may wait for the page that the failure takes back.
    Starved,
    /// A write, a store to the same page, and two tasks that write the file out: one can hold the journal handle or
    /// the page that another waits for.
    WrittenOut,
    /// A write, and a task that drops the file from the cache and then either reads it in again or takes the source
    /// away.
    ThrownOut,
}

impl Shape {
    /// Whether the sources of its first writes map files.
    pub(super) const fn maps_files(self) -> bool {
        matches!(self, Self::SamePage | Self::Crosswise)
    }
}

impl Builder<'_, '_, '_> {
    pub(super) fn draw_shape(&mut self) -> Shape {
        if self.choices.chance(self.features.crosswise) && self.weights.most_tasks() >= 2 {
            Shape::Crosswise
        } else if self.choices.chance(self.features.same_page) {
            Shape::SamePage
        } else if self.can_starve() && self.choices.chance(192) {
            Shape::Starved
        } else if self.choices.chance(self.features.writeback_or_invalidation) {
            let drawn = self.choices.one_of(&[Shape::WrittenOut, Shape::ThrownOut]);
            if self.can_have(drawn) { drawn } else { Shape::Plain }
        } else {
            Shape::Plain
        }
    }

    /// Whether free blocks are few here, and a second task may read while the first finds none.
    fn can_starve(&self) -> bool {
        self.case.filesystem != Filesystem::Libfs
            && self.case.machine.free_blocks < MachineOptions::default().free_blocks
            && self.weights.most_tasks() >= 2
            && self.weights.allows(OperationKind::Read)
    }

    /// Whether the tasks that this shape needs are allowed here.
    fn can_have(&self, shape: Shape) -> bool {
        use OperationKind::{DontNeed, Invalidate, InvalidateAll, Read, Store, Writeback};
        let has = |kinds: &[OperationKind]| kinds.iter().all(|kind| self.weights.allows(*kind));
        let (tasks, disk) = (self.weights.most_tasks(), self.case.filesystem != Filesystem::Libfs);
        match shape {
            Shape::WrittenOut => {
                disk && tasks >= 3 && self.weights.abilities.maps() && has(&[DontNeed, Store, Writeback])
            }
            Shape::ThrownOut => disk && tasks >= 2 && has(&[DontNeed, Invalidate, InvalidateAll, Read]),
            _ => true,
        }
    }

    /// Sets the options of the machine that the shape needs, once the filesystem is known.
    pub(super) fn shape_machine(&mut self) {
        // Where faults always lock the page, an uptodate page is as good as any to wait for, and all of a file can be
        // thrown out.
        let chance = match self.shape {
            Shape::SamePage | Shape::Crosswise => 128,
            Shape::ThrownOut => 192,
            _ => 0,
        };
        if self.choices.chance(chance) && self.weights.abilities.kernel {
            self.case.machine.fault = FaultForm::LocksAlways;
        }
    }

    /// How likely a page of a file is to be cached, at least.
    pub(super) const fn shape_caches(&self) -> u8 {
        if matches!(self.shape, Shape::ThrownOut) { 192 } else { 0 }
    }

    /// Whether a cached page is dirty; dropping a dirty page takes as long as writing it out.
    pub(super) fn shape_dirties(&mut self) -> bool {
        self.shape == Shape::ThrownOut && self.choices.chance(160)
    }

    /// The memories that its first tasks use.
    pub(super) fn shape_memories(&mut self) {
        match self.shape {
            Shape::Plain | Shape::Starved | Shape::ThrownOut => {}
            Shape::SamePage => self.push_map(0, 0),
            Shape::Crosswise => {
                self.push_map(1, 0);
                self.push_map(0, 0);
            }
            Shape::WrittenOut => {
                self.push_anonymous(Some(0));
                self.push_map(0, 0);
            }
        }
    }

    /// The tasks that make the shape.
    pub(super) fn shape_tasks(&mut self) {
        match self.shape {
            Shape::Plain => {
                self.focus.file = self.choices.index(self.case.files.len());
                let memory = self.choices.index(self.case.memories.len());
                self.first_writer(self.focus.file, memory);
            }
            Shape::SamePage => self.first_writer(0, 0),
            Shape::Crosswise => {
                self.first_writer(0, 0);
                self.first_writer(1, 1);
            }
            Shape::Starved => {
                self.first_writer(0, 0);
                let read = self.read_all();
                self.push_task(Some(0), Some(read));
            }
            Shape::WrittenOut => self.written_out(),
            Shape::ThrownOut => self.thrown_out(),
        }
        if self.shape.maps_files() && self.choices.chance(144) {
            self.source_droppers();
        }
    }

    fn first_writer(&mut self, file: usize, memory: usize) {
        let write = self.first_write(file, memory);
        self.push_task(self.case.memories[memory].mm, write);
    }

    /// A read of the first file, past its end and what was written last.
    fn read_all(&mut self) -> TaskOperation {
        let end = self.case.files[0].size.max(self.focus.range.end).max(1);
        TaskOperation::Read { file: 0, range: Range { start: 0, end: end.next_multiple_of(self.geometry.page) } }
    }

    /// Three tasks: a write whose source is taken away, followed by writeback of the file; a store; and another
    /// writeback.
    fn written_out(&mut self) {
        self.first_writer(0, 0);
        let pages = PageRange { start: 0, end: self.case.memories[0].pages };
        self.push_operations(vec![TaskOperation::DontNeed { memory: 0, pages }, TaskOperation::Writeback { file: 0 }]);
        let store = TaskOperation::Store { memory: 1, range: self.whole_page() };
        self.push_operations(vec![store, TaskOperation::Writeback { file: 0 }]);
    }

    fn thrown_out(&mut self) {
        self.first_writer(0, 0);
        let kind = if self.choices.chance(160) { Invalidation::All } else { Invalidation::Unused };
        let pages = PageRange { start: 0, end: self.case.memories[0].pages };
        let then = if self.choices.chance(96) && self.case.memories[0].mm == Some(0) {
            TaskOperation::DontNeed { memory: 0, pages }
        } else {
            self.read_all()
        };
        self.push_operations(vec![TaskOperation::Invalidate { file: 0, kind }, then]);
    }

    const fn whole_page(&self) -> Range {
        Range { start: 0, end: self.geometry.page }
    }

    fn push_operations(&mut self, operations: Vec<TaskOperation>) {
        self.case.tasks.push(Task { name: names::unnamed(), mm: Some(0), operations });
    }

    /// Tasks that take the mapped sources away after the writers have touched them: the deadlocks need this.
    fn source_droppers(&mut self) {
        let kinds = [OperationKind::ReclaimPte, OperationKind::DontNeed];
        let kind = kinds[usize::from(self.choices.byte() & 1)];
        if !self.weights.allows(kind) || self.case.tasks.len() + 2 > self.weights.most_tasks() {
            return;
        }
        let sources = if self.shape == Shape::Crosswise { 2 } else { 1 };
        let together = self.choices.chance(128);
        for memory in 0..sources {
            let pages = PageRange { start: 0, end: self.case.memories[memory].pages };
            let drop = match kind {
                OperationKind::DontNeed => TaskOperation::DontNeed { memory, pages },
                _ => TaskOperation::ReclaimPte { memory, pages },
            };
            match self.case.tasks.last_mut() {
                Some(task) if together && memory > 0 => task.operations.push(drop),
                _ => self.push_operations(vec![drop]),
            }
        }
    }
}
