//! What a history allows: for every file and memory, which versions each cell had and when, and which sizes each file
//! had.
//!
//! A file is modelled as endless: past its end it holds [`Source::Void`], a zero that no read may show unless
//! something other than a write over that very cell has moved the end of the file past it. Clocks are shifted by one,
//! so that the beginning (0) precedes everything.

mod build;
mod legal;
mod masks;
mod object;
mod runs;
mod size;
mod sources;
mod stretches;
mod version;

pub(crate) use build::write_length;
pub(crate) use legal::{Match, Search, View, any_zero, equal};
pub(crate) use object::{Object, Piece};
pub(crate) use size::{Base, Growth, SizeModel};
pub(crate) use sources::Sources;
pub(crate) use version::{BEFORE, Effect, Interval, NEVER, REST, Source, Version};

use crate::{Clock, Failure, FaultKind, FileId, History, MemoryId, OperationId, Profile};

/// A reason why written data may be lost: a crash, a failed write to the disk, or an invalidation that discards dirty
/// pages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loss {
    /// The file that it hits; `None` for all.
    pub file: Option<FileId>,
    /// The cells that it hits.
    pub start: u32,
    pub end: u32,
    /// When.
    pub when: Interval,
    /// Whether the disk refused the data: then the block keeps its previous content, whoever's that was.
    pub refused: bool,
    /// Whether the power went out, and with it all that was under way: only who looks at rest finds something lost.
    pub crash: bool,
}

impl Loss {
    /// Whether it hits one of these cells.
    fn hits(&self, file: FileId, start: u32, end: u32) -> bool {
        self.file.is_none_or(|it| it == file) && self.start < end && start < self.end
    }

    /// Whether it may have come before a reader had looked.
    const fn may_precede(&self, reader: Interval) -> bool {
        if self.crash { reader.from >= REST.from } else { self.when.from <= reader.to }
    }
}

/// A file was made durable.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sync {
    pub file: FileId,
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
    pub(crate) syncs: Vec<Sync>,
    /// Whether stores past the end of the file may surface when it grows, as they do on Linux before 2024.
    past_end_surfaces: bool,
    /// Whether a place whose data the disk refused may read as the block's previous content.
    pub(crate) forgives_refusals: bool,
    /// Whether any memory, or a part of it, was unmapped.
    pub(crate) any_unmap: bool,
    /// The last moment of the history, shifted like all others.
    pub(crate) last: u32,
    /// A bit for each memory that may hold anything but the cells that it began with: it maps a file, or an operation
    /// changes it.
    changing: u32,
    boundaries: Vec<u32>,
}

impl Model {
    /// Works out what a history allows.
    pub(crate) fn build(&mut self, history: &History, profile: Profile) {
        self.past_end_surfaces = profile == Profile::Linux;
        self.forgives_refusals = profile != Profile::PosixStrict;
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

    /// The file or memory of a view.
    pub(crate) fn object(&self, view: &View) -> Option<&Object> {
        match (view.file, view.memory) {
            (Some(file), _) => Some(self.file(file)),
            (_, Some(memory)) => Some(self.memory(memory)),
            (None, None) => None,
        }
    }

    /// Whether a memory may hold anything but pristine cells of its own, so that what was copied from it may look like
    /// anything.
    pub(crate) const fn is_changing(&self, memory: MemoryId) -> bool {
        self.changing >> memory.0 & 1 == 1
    }

    /// Whether a version is a copy of what may hold anything.
    pub(crate) fn is_derived(&self, version: &Version) -> bool {
        version.is_derived(self.changing)
    }

    /// A file's sizes.
    pub(crate) fn size(&self, file: FileId) -> &SizeModel {
        &self.sizes[file.index()]
    }

    /// Whether what `version` wrote to this piece of a file may have been lost again before `reader` ended.
    pub(crate) fn may_be_lost(&self, file: FileId, piece: &Piece, version: Interval, reader: Interval) -> bool {
        self.losses.iter().any(|loss| {
            loss.hits(file, piece.start, piece.end)
                && version.from <= loss.when.to
                && loss.may_precede(reader)
                && !self
                    .syncs
                    .iter()
                    .any(|sync| sync.file == file && version.precedes(sync.when) && sync.when.precedes(loss.when))
        })
    }

    /// Whether anything written to these cells may have been lost before `reader` ended.
    pub(crate) fn any_loss(&self, file: FileId, (start, end): (u32, u32), reader: Interval) -> bool {
        self.losses.iter().any(|loss| loss.hits(file, start, end) && loss.may_precede(reader))
    }

    /// Whether anything written to this piece may have been lost at a moment from `since` on, before `reader` ended.
    pub(crate) fn any_loss_since(&self, file: FileId, piece: &Piece, since: Clock, reader: Interval) -> bool {
        let hits = |loss: &Loss| loss.hits(file, piece.start, piece.end) && loss.may_precede(reader);
        self.losses.iter().any(|loss| hits(loss) && loss.when.to >= since)
    }

    /// Whether the disk refused what was to be written to this piece, and nothing that was certainly written since, and
    /// not lost, is newer.
    pub(crate) fn was_refused(&self, file: FileId, piece: &Piece, reader: Interval) -> bool {
        let refused = |loss: &Loss| loss.refused && loss.hits(file, piece.start, piece.end);
        self.losses.iter().filter(|it| refused(it) && it.may_precede(reader)).any(|loss| {
            !self.file(file).versions_of(piece).any(|(_, it)| {
                it.effect == Effect::Settles
                    && !self.may_only_lengthen(file, it)
                    && loss.when.precedes(it.when)
                    && it.when.precedes(reader)
                    && !self.may_be_lost(file, piece, it.when, reader)
            })
        })
    }

    /// Whether a version may be of a truncate that made the file longer: that puts nothing past the end.
    fn may_only_lengthen(&self, file: FileId, version: &Version) -> bool {
        version.source == Source::Void && self.size(file).least(version.when) < version.start
    }
}

/// Whether a transfer of this kind, of any of these cells, failed meanwhile.
pub(crate) fn failed(
    history: &History,
    kind: FaultKind,
    file: FileId,
    (start, end): (u32, u32),
    when: Interval,
) -> bool {
    let hits = |it: &Failure| it.file.is_none_or(|of| of == file) && it.start < end && start < it.end;
    let mut failures = history.failures.iter();
    failures.any(|it| it.kind == kind && hits(it) && moment(it.at).overlaps(when))
}

/// A moment of the history's clock on the shifted one.
pub(crate) const fn moment(at: Clock) -> Interval {
    Interval { from: at.saturating_add(1), to: at.saturating_add(1) }
}

/// When an operation was under way, on the shifted clock; `None` if it was never called.
pub(crate) fn interval(history: &History, operation: OperationId) -> Option<Interval> {
    let operation = &history.operations[operation.index()];
    Some(Interval {
        from: operation.invoked?.saturating_add(1),
        to: operation.returned.map_or(NEVER, |returned| returned.saturating_add(1)),
    })
}
