//! What somebody who runs cases can do: the generator makes only such cases, and the rest is refused.

mod bounds;
mod narrow;
mod refusal;
#[cfg(test)]
mod tests;

use crate::kinds::{InjectionSet, OperationKind, OperationSet};
use crate::{Case, Geometry, Injection};

/// The geometry of the simulated kernel: 64 cells in a page, 16 in a block.
const USUAL: &[Geometry] = &[Geometry { page: 64, block: 16 }];

/// What a case may have in it, for whoever is to run it. The default is everything.
///
/// Those who can do less begin with a base and say what is different:
///
/// ```
/// use case::{Abilities, OperationKind};
///
/// const MINE: Abilities =
///     Abilities { vectors: true, holes: true, ..Abilities::VOLUME.with_operation(OperationKind::Crash) };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// The sizes of page and block to choose from, in cells; empty means any.
    pub geometries: &'static [Geometry],
    /// The most files, from 1.
    pub files: usize,
    /// The most pages of a file, from 1. No size, block, mapping or operation of a case goes past them, and where they
    /// are fewer than [`Case::MAX_FILE_PAGES`], no order of its appends does.
    pub file_pages: u32,
    /// The most tasks, from 1; 1 for what is not to be called by two at a time.
    pub tasks: usize,
    /// The operations. Something can be made of any set with an operation on a file in it.
    pub operations: OperationSet,
    /// The faults that are injected.
    pub faults: InjectionSet,
    /// Whether a file can be mapped `MAP_SHARED`, and so be the source of a write.
    pub shared_mappings: bool,
    /// Whether a file can be mapped `MAP_PRIVATE`.
    pub private_mappings: bool,
    /// Whether a page of memory can be absent when the case begins: of anonymous memory, it is in swap; of a mapping,
    /// in the cache without being mapped. What takes pages away later is an operation.
    pub absent_sources: bool,
    /// Whether a page of memory can be unreadable, and a range of memory run past its end: who reads it gets `EFAULT`.
    pub unreadable_sources: bool,
    /// Whether a write can have more than one segment.
    pub vectors: bool,
    /// Whether a file can have holes to begin with.
    pub holes: bool,
    /// Whether pages of files can be in the cache to begin with.
    pub cached: bool,
    /// Whether free blocks and frames can be few.
    pub scarcity: bool,
    /// Whether the simulated kernel's own options and filesystems mean anything: `fs` and its forms, how pages are
    /// faulted and copied, `kmap`, kernel threads, other address spaces than the first, blocks past the end, unwritten
    /// blocks, cached pages that are not uptodate, mended defects.
    pub kernel: bool,
}

impl Abilities {
    /// Everything that a case can have.
    pub const EVERYTHING: Self = Self {
        geometries: &[],
        files: Case::MAX_FILES,
        file_pages: Case::MAX_FILE_PAGES,
        tasks: Case::MAX_TASKS,
        operations: OperationSet::all(),
        faults: InjectionSet::all(),
        shared_mappings: true,
        private_mappings: true,
        absent_sources: true,
        unreadable_sources: true,
        vectors: true,
        holes: true,
        cached: true,
        scarcity: true,
        kernel: true,
    };

    /// What a page cache of somebody else begins with: a few tasks on two files, anonymous memory whose pages come and
    /// go, a disk that fails. The cache is empty at first, and whatever is in a file is on the disk.
    pub const CACHE: Self = Self {
        geometries: USUAL,
        files: 2,
        tasks: 4,
        operations: OperationSet::none()
            .with(OperationKind::Write)
            .with(OperationKind::Append)
            .with(OperationKind::Read)
            .with(OperationKind::Stat)
            .with(OperationKind::Truncate)
            .with(OperationKind::Munmap)
            .with(OperationKind::DontNeed)
            .with(OperationKind::ReclaimPte)
            .with(OperationKind::Reclaim)
            .with(OperationKind::Writeback)
            .with(OperationKind::Fsync),
        faults: InjectionSet::none().with(Injection::ReadError).with(Injection::WriteError),
        shared_mappings: false,
        private_mappings: false,
        holes: false,
        cached: false,
        scarcity: false,
        kernel: false,
        ..Self::EVERYTHING
    };

    /// What a filesystem on a block device begins with, that is called by one at a time: writes from one buffer, which
    /// is there. If it can lose power, it adds [`OperationKind::Crash`].
    pub const VOLUME: Self = Self {
        files: Case::MAX_FILES,
        tasks: 1,
        operations: OperationSet::none()
            .with(OperationKind::Write)
            .with(OperationKind::Append)
            .with(OperationKind::Read)
            .with(OperationKind::Stat)
            .with(OperationKind::Truncate)
            .with(OperationKind::Fsync),
        faults: InjectionSet::none(),
        absent_sources: false,
        unreadable_sources: false,
        vectors: false,
        ..Self::CACHE
    };

    /// These, and the operation.
    #[must_use]
    pub const fn with_operation(self, kind: OperationKind) -> Self {
        Self { operations: self.operations.with(kind), ..self }
    }

    /// These, less the operation.
    #[must_use]
    pub const fn without_operation(self, kind: OperationKind) -> Self {
        Self { operations: self.operations.without(kind), ..self }
    }

    /// These, and the fault.
    #[must_use]
    pub const fn with_fault(self, kind: Injection) -> Self {
        Self { faults: self.faults.with(kind), ..self }
    }

    /// These, less the fault.
    #[must_use]
    pub const fn without_fault(self, kind: Injection) -> Self {
        Self { faults: self.faults.without(kind), ..self }
    }

    /// These, and mappings of files, shared and private, with loads and stores through them.
    #[must_use]
    pub const fn with_mappings(self) -> Self {
        let operations = self.operations.with(OperationKind::Load).with(OperationKind::Store);
        Self { shared_mappings: true, private_mappings: true, operations, ..self }
    }

    /// Whether a file can be mapped at all.
    #[must_use]
    pub const fn maps(&self) -> bool {
        self.shared_mappings || self.private_mappings
    }

    /// Whether a file can be mapped so.
    pub(crate) const fn maps_as(&self, shared: bool) -> bool {
        if shared { self.shared_mappings } else { self.private_mappings }
    }

    /// Whether this geometry is one of those to choose from.
    pub(crate) fn has_geometry(&self, geometry: Geometry) -> bool {
        self.geometries.is_empty() || self.geometries.contains(&geometry)
    }

    /// The most pages of a file, as far as the format has them.
    pub(crate) fn most_pages(&self) -> u32 {
        self.file_pages.clamp(1, Case::MAX_FILE_PAGES)
    }

    /// The most cells of a file.
    pub(crate) fn most_cells(&self, geometry: Geometry) -> u32 {
        self.most_pages() * geometry.page
    }

    /// The most files; a case has one at least.
    pub(crate) fn most_files(&self) -> usize {
        self.files.clamp(1, Case::MAX_FILES)
    }

    /// The most tasks; a case has one at least.
    pub(crate) fn most_tasks(&self) -> usize {
        self.tasks.clamp(1, Case::MAX_TASKS)
    }
}

impl Default for Abilities {
    fn default() -> Self {
        Self::EVERYTHING
    }
}
