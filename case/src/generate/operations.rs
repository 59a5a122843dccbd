//! Generated operations of a task: mostly on the file, the range and the source that the last write used.

use super::{Builder, edges};
use crate::{FaultForm, Filesystem, Invalidation, MemoryKind, OperationKind, PageRange, TaskOperation};

impl Builder<'_, '_, '_> {
    /// An operation that a task of this address space can do; `None` if it can do nothing that the abilities have.
    pub(super) fn operation(&mut self, mm: Option<u8>) -> Option<TaskOperation> {
        let weights = OperationKind::ALL.map(|kind| self.weight_of(kind));
        let drawn = self.choices.weighted(weights.into_iter());
        let kind = OperationKind::ALL[drawn.unwrap_or(OperationKind::Stat as usize)];
        let file = self.draw_file();
        if !self.weights.abilities.operations.contains(kind) {
            return self.substitute(file, mm);
        }
        self.operation_of(kind, file, mm).or_else(|| self.substitute(file, mm))
    }

    /// How likely this kind of operation is here; 0 if it, or what would be done instead, may not be.
    fn weight_of(&self, kind: OperationKind) -> u32 {
        let done = match kind {
            OperationKind::TruncateUnlocked if !self.case.filesystem.truncates_unlocked() => OperationKind::Truncate,
            OperationKind::InvalidateAll if self.loses_stores() => OperationKind::Invalidate,
            _ => kind,
        };
        if self.weights.abilities.operations.contains(done) { u32::from(self.weights.of(kind)) } else { 0 }
    }

    /// Whether to throw all pages of a file out loses stores under every way of writing: where faults do not lock the
    /// page, one can map a page that has just left the cache (mended in 2.6.23).
    fn loses_stores(&self) -> bool {
        self.weights.abilities.kernel && self.case.machine.fault == FaultForm::LocksNotUptodate
    }

    /// An operation of this kind; `None` if it cannot be done here.
    fn operation_of(&mut self, kind: OperationKind, file: usize, mm: Option<u8>) -> Option<TaskOperation> {
        if let Some(operation) = self.file_operation(kind, file) {
            return Some(operation);
        }
        let memory = self.draw_memory(kind, mm)?;
        self.memory_operation(kind, file, memory)
    }

    /// An operation that uses memory; `None` for all others.
    fn memory_operation(&mut self, kind: OperationKind, file: usize, memory: usize) -> Option<TaskOperation> {
        Some(match kind {
            OperationKind::Write => self.write(file, memory),
            OperationKind::Append => self.append(file, memory),
            OperationKind::Load => TaskOperation::Load { memory, range: self.loaded(memory) },
            OperationKind::Store => TaskOperation::Store { memory, range: self.loaded(memory) },
            OperationKind::Munmap => TaskOperation::Munmap { memory, pages: self.pages_of(memory) },
            OperationKind::Mremap => TaskOperation::Mremap { memory },
            OperationKind::DontNeed => TaskOperation::DontNeed { memory, pages: self.pages_of(memory) },
            OperationKind::Mlock => TaskOperation::Mlock { memory },
            OperationKind::ReclaimPte => TaskOperation::ReclaimPte { memory, pages: self.pages_of(memory) },
            _ => return None,
        })
    }

    /// An operation on a file alone.
    fn file_operation(&mut self, kind: OperationKind, file: usize) -> Option<TaskOperation> {
        Some(match kind {
            OperationKind::Read => self.read(file),
            OperationKind::Stat => TaskOperation::Stat { file },
            OperationKind::Truncate => TaskOperation::Truncate { file, size: self.truncated(file), locked: true },
            OperationKind::TruncateUnlocked => {
                let locked = !self.case.filesystem.truncates_unlocked();
                TaskOperation::Truncate { file, size: self.truncated(file), locked }
            }
            OperationKind::Punch => {
                let (near, size) = (self.focus.range, self.case.files[file].size);
                let limit = size.max(near.end).max(1);
                TaskOperation::Punch { file, range: edges::range(&mut self.choices, self.geometry, near, size, limit) }
            }
            OperationKind::Reclaim => TaskOperation::Reclaim { file, pages: self.pages_of_file(file) },
            OperationKind::Invalidate => TaskOperation::Invalidate { file, kind: Invalidation::Unused },
            OperationKind::InvalidateAll if self.loses_stores() => {
                TaskOperation::Invalidate { file, kind: Invalidation::Unused }
            }
            OperationKind::InvalidateAll => TaskOperation::Invalidate { file, kind: Invalidation::All },
            OperationKind::Writeback => TaskOperation::Writeback { file },
            OperationKind::Fsync => TaskOperation::Fsync { file },
            // What is dirty at the beginning was never on the disk: a crash would take it away, and nobody could say
            // what is right then.
            OperationKind::Crash if self.case.filesystem != Filesystem::Libfs && !self.case.begins_dirty() => {
                TaskOperation::Crash
            }
            OperationKind::Crash => return None,
            _ => return None,
        })
    }

    /// What is done instead of what is impossible here: a read, a stat where reads are not wanted, or whatever else
    /// the abilities have.
    fn substitute(&mut self, file: usize, mm: Option<u8>) -> Option<TaskOperation> {
        let has = self.weights.abilities.operations;
        if self.weights.allows(OperationKind::Read) {
            return Some(self.read(file));
        }
        if has.contains(OperationKind::Stat) {
            return Some(TaskOperation::Stat { file });
        }
        let mut others = OperationKind::ALL.into_iter().filter(|kind| has.contains(*kind));
        others.find_map(|kind| self.operation_of(kind, file, mm).filter(|it| has.contains(OperationKind::of(it))))
    }

    fn read(&mut self, file: usize) -> TaskOperation {
        let (near, size) = (self.focus.range, self.case.files[file].size);
        let limit = size.max(near.end).max(self.geometry.page);
        TaskOperation::Read { file, range: edges::range(&mut self.choices, self.geometry, near, size, limit) }
    }

    fn draw_file(&mut self) -> usize {
        if self.choices.chance(self.features.focus) {
            self.focus.file
        } else {
            self.choices.index(self.case.files.len())
        }
    }

    /// A memory that a task of this address space can do this to; `None` where there is none.
    pub(super) fn draw_memory(&mut self, kind: OperationKind, mm: Option<u8>) -> Option<usize> {
        // Reclaim is the kernel's: it takes pages of every address space, none of the kernel's own.
        let usable = |memory: &crate::MemoryRegion| match kind {
            OperationKind::ReclaimPte => memory.mm.is_some(),
            OperationKind::Write | OperationKind::Append => memory.mm == mm,
            _ => memory.mm == mm && mm.is_some(),
        };
        let (memories, focus) = (&self.case.memories, self.focus);
        // A fault on the page that is being written is what these are for.
        let faults = matches!(kind, OperationKind::Load | OperationKind::Store | OperationKind::Mlock);
        let chance = if faults { self.features.focus / 3 } else { self.features.focus };
        let focused = focus.memory.filter(|memory| usable(&memories[*memory]));
        if focused.is_some() && self.choices.chance(chance) {
            return focused;
        }
        let weight = |memory: &crate::MemoryRegion| match memory.kind {
            _ if !usable(memory) => 0,
            MemoryKind::Map { file, .. } if faults && file == focus.file => 8,
            MemoryKind::Map { .. } if faults => 4,
            _ => 1,
        };
        self.choices.weighted(memories.iter().map(weight))
    }

    fn loaded(&mut self, memory: usize) -> crate::Range {
        let limit = self.case.memories[memory].pages * self.geometry.page;
        let start = self.focus.range.start.min(limit - 1);
        let near = crate::Range { start, end: self.focus.range.end.clamp(start + 1, limit) };
        edges::range(&mut self.choices, self.geometry, near, limit, limit)
    }

    /// Pages of a memory: where the last copy ended, one, or all.
    fn pages_of(&mut self, memory: usize) -> PageRange {
        let pages = self.case.memories[memory].pages;
        let near = if self.focus.memory == Some(memory) { self.focus.pages.start } else { 0 };
        self.pages_near(near, pages)
    }

    fn pages_of_file(&mut self, file: usize) -> PageRange {
        let end = self.case.files[file].size.max(self.focus.range.end).max(1);
        let near = self.focus.range.start / self.geometry.page;
        self.pages_near(near, end.div_ceil(self.geometry.page))
    }

    fn pages_near(&mut self, near: u32, pages: u32) -> PageRange {
        match self.choices.byte() & 7 {
            0..=3 => PageRange { start: near.min(pages - 1), end: near.min(pages - 1) + 1 },
            4 | 5 => PageRange { start: 0, end: pages },
            _ => {
                let start = self.choices.below(pages);
                PageRange { start, end: start + 1 }
            }
        }
    }

    fn truncated(&mut self, file: usize) -> u32 {
        let size = self.case.files[file].size;
        let near = self.focus.range;
        let to = match self.choices.byte() & 7 {
            0 | 1 => 0,
            2 => near.start,
            3 => self.choices.within(near.start, near.end),
            4 => near.end + self.geometry.block,
            _ => edges::place(&mut self.choices, self.geometry, size, size + self.geometry.page),
        };
        to.min(self.limit())
    }
}
