//! What a history allows: for every file and memory, which versions each cell had and when, and which sizes each file had.
//!
//! A file is taken as endless: past its end it holds [`Source::Void`], a zero that no read may show unless something other than a write
//! over that very cell has moved the end of the file past it. Clocks are shifted by one, so that the beginning (0) precedes everything.

mod build;
mod legal;
mod object;
mod size;
mod version;
mod visited;

pub(crate) use build::write_length;
pub(crate) use legal::{Match, Search, View, any_zero, equal};
pub(crate) use object::{Object, Piece};
pub(crate) use size::{Growth, SizeModel};
pub(crate) use version::{BEFORE, Effect, Interval, NEVER, REST, Source, Version};
pub(crate) use visited::Visited;

use crate::{FileId, History, MemoryId, OperationId, Profile};

/// A reason why data that was written may be gone again: an injected write error, or an invalidation that drops dirty pages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loss {
    /// The file that it hits; `None` for all.
    pub file: Option<FileId>,
    /// When.
    pub when: Interval,
}

/// The versions and sizes that a history allows; its buffers are kept from one history to the next.
#[derive(Debug, Default)]
pub(crate) struct Model {
    /// One for each file, then one for each memory; there may be more of them, left from earlier histories.
    objects: Vec<Object>,
    sizes: Vec<SizeModel>,
    files: usize,
    pub(crate) losses: Vec<Loss>,
    pub(crate) syncs: Vec<Loss>,
    /// Whether stores past the end of the file may surface when it grows, as they do on Linux before 2024.
    past_end_surfaces: bool,
    /// Whether any injected error of the disk hit any operation.
    pub(crate) io_error: bool,
    /// Whether any memory, or a part of it, was unmapped.
    pub(crate) any_unmap: bool,
    /// Whether a write to the disk failed.
    pub(crate) write_error: bool,
    /// The last moment of the history, shifted like all others.
    pub(crate) last: u32,
    /// A bit for each memory that may hold anything but the cells that it began with: it maps a file, or an operation changes it.
    changing: u32,
    boundaries: Vec<u32>,
}

impl Model {
    /// Works out what a history allows.
    pub(crate) fn build(&mut self, history: &History, profile: Profile) {
        self.past_end_surfaces = profile == Profile::Linux;
        build::build(self, history);
    }

    /// A file's cells.
    pub(crate) fn file(&self, file: FileId) -> &Object {
        &self.objects[file.index()]
    }

    /// A memory's cells, if it has cells of its own: anonymous, or a private mapping.
    pub(crate) fn memory(&self, memory: MemoryId) -> &Object {
        &self.objects[self.files + memory.index()]
    }

    /// Whether a memory may hold anything but pristine cells of its own, so that what was copied from it may look like anything.
    pub(crate) const fn is_changing(&self, memory: MemoryId) -> bool {
        self.changing >> memory.0 & 1 == 1
    }

    /// A file's sizes.
    pub(crate) fn size(&self, file: FileId) -> &SizeModel {
        &self.sizes[file.index()]
    }

    /// Whether what `version` wrote may have been lost again before `reader` ended.
    pub(crate) fn may_be_lost(&self, file: FileId, version: Interval, reader: Interval) -> bool {
        self.losses.iter().any(|loss| {
            loss.file.is_none_or(|it| it == file)
                && version.from <= loss.when.to
                && loss.when.from <= reader.to
                && !self
                    .syncs
                    .iter()
                    .any(|sync| sync.file == Some(file) && version.precedes(sync.when) && sync.when.precedes(loss.when))
        })
    }

    /// Whether anything written to `file` may have been lost before `reader` ended.
    pub(crate) fn any_loss(&self, file: FileId, reader: Interval) -> bool {
        self.losses.iter().any(|loss| loss.file.is_none_or(|it| it == file) && loss.when.from <= reader.to)
    }
}

/// When an operation was under way, on the shifted clock; `None` if it was never called.
pub(crate) fn interval(history: &History, operation: OperationId) -> Option<Interval> {
    let operation = &history.operations[operation.index()];
    Some(Interval {
        from: operation.invoked?.saturating_add(1),
        to: operation.returned.map_or(NEVER, |returned| returned.saturating_add(1)),
    })
}
