//! What somebody who runs cases can do: the generator makes only such cases, and the rest is refused.

use crate::kinds::{InjectionSet, OperationSet};
use crate::{Case, Geometry};

/// What a case may have in it, for whoever is to run it. The default is everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// The sizes of page and block to choose from; empty means any.
    pub geometries: &'static [Geometry],
    /// The most files.
    pub files: usize,
    /// The most pages of a file, cells past its end included.
    pub file_pages: u32,
    /// The most tasks; 1 for what is not to be called by two at a time.
    pub tasks: usize,
    /// The operations.
    pub operations: OperationSet,
    /// The faults that are injected.
    pub injections: InjectionSet,
    /// Whether a file can be mapped, and so be the source of a write.
    pub shared_mappings: bool,
    /// Whether a file can be mapped privately.
    pub private_mappings: bool,
    /// Whether a source page can be absent when a write begins to copy it, or unreadable.
    pub absent_sources: bool,
    /// Whether a write can have more than one segment.
    pub vectors: bool,
    /// Whether a file can have holes to begin with.
    pub holes: bool,
    /// Whether pages can be in the cache to begin with.
    pub cached: bool,
    /// Whether free blocks and frames can be few.
    pub scarcity: bool,
    /// Whether the simulated kernel's own options and filesystems mean anything: forms, `kmap`, kernel threads, second
    /// address spaces, blocks past the end, unwritten blocks.
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
        injections: InjectionSet::all(),
        shared_mappings: true,
        private_mappings: true,
        absent_sources: true,
        vectors: true,
        holes: true,
        cached: true,
        scarcity: true,
        kernel: true,
    };
}

impl Default for Abilities {
    fn default() -> Self {
        Self::EVERYTHING
    }
}
