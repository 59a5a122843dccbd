//! The generated machine: geometry, filesystem, options, faults and, if asked for, a schedule.

use super::Builder;
use crate::kinds::FAULT_KINDS;
use crate::{
    Case, CopyForm, Fault, FaultForm, Filesystem, Geometry, Injection, MachineOptions, OperationKind, Runner, Slice,
    TaskOperation,
};

/// The filesystems under the thread's generic write path, where the weights name none.
const GENERIC: [Filesystem; 3] = [Filesystem::Block, Filesystem::Libfs, Filesystem::Nobh];

impl Builder<'_, '_, '_> {
    pub(super) fn machine(&mut self) {
        self.geometry = if self.weights.abilities.geometries.is_empty() {
            Geometry { page: 64, block: [16, 32, 64, 8][self.choices.pick(&[5, 3, 3, 2]) as usize] }
        } else {
            self.choices.one_of(self.weights.abilities.geometries)
        };
        self.case.geometry = self.geometry;
        (self.case.filesystem, self.case.form) = if !self.weights.abilities.kernel {
            (Filesystem::default(), None)
        } else if self.weights.filesystems.is_empty() {
            (GENERIC[self.choices.pick(&[6, 2, 2]) as usize], None)
        } else {
            self.choices.one_of(&self.weights.filesystems)
        };
        self.case.machine = self.options();
    }

    fn options(&mut self) -> MachineOptions {
        let mut options = MachineOptions::default();
        if self.weights.abilities.kernel {
            if self.choices.chance(86) {
                options.copy = CopyForm::ClearsTail;
            }
            if self.choices.chance(86) {
                options.fault = FaultForm::LocksAlways;
            }
        }
        if self.choices.chance(self.features.kmap) {
            options.kmap_slots = Some(self.choices.within(1, 3) as u8);
        }
        if self.choices.chance(self.features.scarcity) {
            // No frame at all would only ever be ENOMEM.
            match self.choices.byte() & 3 {
                0 => options.free_frames = self.choices.within(1, 4) as u8,
                1 => options.free_blocks = self.choices.within(0, 4) as u8,
                2 => options.free_blocks = self.choices.within(0, 1) as u8,
                _ => options.free_frames = self.choices.within(2, 8) as u8,
            }
        }
        options
    }

    /// The largest size, and end of a write or truncate, low enough that appends stay within the limit of a case too.
    pub(super) fn limit(&self) -> u32 {
        let abilities = &self.weights.abilities;
        let most = abilities.most_pages();
        let has_room = most < Case::MAX_FILE_PAGES && !abilities.operations.contains(OperationKind::Append);
        let pages = if has_room { most } else { (most / 2).max(1) };
        pages * self.geometry.page
    }

    /// Mostly none; if any, mostly one, at one of the first chances.
    pub(super) fn faults(&mut self) {
        let mut chance = self.features.fault;
        while self.choices.chance(chance) && self.case.faults.len() < 3 {
            chance = 32;
            let Some(kind) = self.fault_kind() else { return };
            let kind = match kind {
                Injection::PartialCommit { .. } => {
                    Injection::PartialCommit { cells: self.choices.within(1, self.geometry.block) }
                }
                other => other,
            };
            let at = 1 + self.choices.pick(&[8, 5, 3, 2, 1, 1]);
            let times = 1 + self.choices.pick(&[12, 2, 1]);
            self.case.faults.push(Fault { kind, at, times });
        }
    }

    /// A kind of fault that this filesystem can have. Kinds that it cannot have are never drawn: to draw and drop
    /// them would leave fewer faults on filesystems with fewer kinds.
    fn fault_kind(&mut self) -> Option<Injection> {
        let (weights, filesystem) = (self.weights, self.case.filesystem);
        let kinds = FAULT_KINDS.iter().filter(|it| weights.allows_fault(**it, filesystem));
        let count = kinds.clone().count();
        let mut kinds = kinds.copied();
        (count > 0).then(|| self.choices.index(count)).and_then(|it| kinds.nth(it))
    }

    /// Random slices: turns of a few steps, of many, and until the task blocks.
    pub(super) fn schedule(&mut self) {
        let operations: usize = self.case.tasks.iter().map(|task| task.operations.len()).sum();
        for _ in 0..self.choices.below(4 * operations as u32 + 1) {
            let runner = match self.choices.index(self.case.tasks.len() * 8 + 3) {
                disk if disk >= self.case.tasks.len() * 8 => Runner::Disk,
                task => Runner::Task(task / 8),
            };
            let steps = match self.choices.byte() & 7 {
                0 => None,
                1..=5 => Some(self.choices.within(1, 12)),
                _ => Some(self.choices.within(1, 40)),
            };
            self.case.schedule.push(Slice { runner, steps });
            if self.choices.ended() {
                break;
            }
        }
    }
}

/// Whether this kind of fault can happen on this filesystem.
pub(crate) const fn fits(kind: Injection, filesystem: Filesystem) -> bool {
    match kind {
        Injection::TruncatedPage => matches!(filesystem, Filesystem::Cluster),
        Injection::PartialCommit { .. } => matches!(filesystem, Filesystem::Server),
        Injection::FailedCommit => matches!(filesystem, Filesystem::Journal | Filesystem::Cluster | Filesystem::Server),
        Injection::NoSpace => !matches!(filesystem, Filesystem::Libfs),
        _ => true,
    }
}

/// Whether no operation can follow this one.
pub(crate) const fn is_last(operation: &TaskOperation) -> bool {
    matches!(operation, TaskOperation::Crash)
}
