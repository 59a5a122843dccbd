//! What a case needs, beside tasks that write and read, to show what it shows.

use case::{Case, MachineOptions, MemoryRegion, TaskOperation};
use serde::{Serialize, Serializer};
use std::fmt;

/// Something without which a minimal case would not show its finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Pages of a source are not there, or go away.
    AbsentPages,
    /// A fault is injected, of the kind with this word.
    Fault(&'static str),
    /// There are few free blocks.
    ExhaustedDisk,
    /// There are few free page frames, or `kmap` slots.
    ExhaustedMemory,
    /// A task has no address space.
    KernelThread,
    /// Power is lost.
    Crash,
}

impl Need {
    /// In a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AbsentPages => "absent-pages",
            Self::Fault(word) => word,
            Self::ExhaustedDisk => "exhausted-disk",
            Self::ExhaustedMemory => "exhausted-memory",
            Self::KernelThread => "kernel-thread",
            Self::Crash => "crash",
        }
    }

    /// Whether an experiment with nothing but system calls cannot have it at will: faults, exhausted resources, and the
    /// loss of power.
    #[must_use]
    pub const fn is_a_fault(self) -> bool {
        !matches!(self, Self::AbsentPages | Self::KernelThread)
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Need {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What a case has of all that, each once and in order. Of a minimal case it is what the case needs.
#[must_use]
pub fn needs(case: &Case) -> Vec<Need> {
    let MachineOptions { kmap_slots, free_frames, free_blocks, .. } = case.machine;
    let usual = MachineOptions::default();
    let mut needs: Vec<Need> = case.faults.iter().map(|it| Need::Fault(it.kind.word())).collect();
    let others = [
        (has_absent_pages(case), Need::AbsentPages),
        (free_blocks < usual.free_blocks, Need::ExhaustedDisk),
        (free_frames < usual.free_frames || kmap_slots.is_some(), Need::ExhaustedMemory),
        (case.tasks.iter().any(|it| it.mm.is_none()), Need::KernelThread),
        (case.crashes(), Need::Crash),
    ];
    needs.extend(others.into_iter().filter_map(|(it_does, need)| it_does.then_some(need)));
    needs.sort_unstable();
    needs.dedup();
    needs
}

/// Whether pages that some operation uses are not there at first, or are taken away.
fn has_absent_pages(case: &Case) -> bool {
    let all = |it: &MemoryRegion| u32::MAX >> (u32::BITS - it.pages.clamp(1, u32::BITS));
    let lacks_some =
        |it: &MemoryRegion| it.mm.is_some() && (it.resident & all(it) != all(it) || it.unreadable & all(it) != 0);
    let takes_away = |it: &TaskOperation| {
        matches!(
            it,
            TaskOperation::Munmap { .. }
                | TaskOperation::Mremap { .. }
                | TaskOperation::DontNeed { .. }
                | TaskOperation::ReclaimPte { .. }
        )
    };
    let is_used = |index: usize| operations(case).any(|it| it.segments().iter().any(|segment| segment.memory == index));
    case.memories.iter().enumerate().any(|(index, it)| lacks_some(it) && is_used(index))
        || operations(case).any(takes_away)
}

fn operations(case: &Case) -> impl Iterator<Item = &TaskOperation> {
    case.tasks.iter().flat_map(|task| &task.operations)
}
