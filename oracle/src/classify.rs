//! Classifies a wrong cell: the first class that matches, by where the cell came from.

use crate::exercised::Quirk;
use crate::model::{Effect, Piece, Search, Source, Version, View};
use crate::observation::Observation;
use crate::{Call, Cell, Class, FileId, OperationId, Origin, Profile, Rule};

/// How many places are searched for the origin of a wrong cell: a write can copy from its own destination.
const MOST_SOURCES: u32 = 32;

/// What to do about a cell that no live version explains.
pub(crate) enum Complaint {
    /// It breaks a rule.
    Wrong(Rule, Class),
    /// It is known and counted.
    Quirk(Quirk),
    /// A zero past every legal size: the wrong size is reported, and the zero adds nothing.
    SizeAlone,
}

/// Finds the rule and class for a cell that an observation should not have seen.
pub(crate) fn classify(
    search: &mut Search<'_>,
    seen: &Observation,
    piece: &Piece,
    cell: u32,
    profile: Profile,
) -> Complaint {
    let view = seen.view();
    let it = search.history.cells[seen.index_of(cell) as usize];
    // The kernel drops data that it could not write: the block keeps its previous content, whoever's that was.
    let was_refused = seen.file.is_some_and(|file| search.model.was_refused(file, piece, view.when));
    if was_refused && profile != Profile::PosixStrict && !it.is_uninitialised() {
        return Complaint::Quirk(Quirk::LostToWriteError);
    }
    if let Some(class) = never_a_file(it) {
        return Complaint::Wrong(Rule::R1, class);
    }
    if it.is_zero() {
        return zero(search, seen, piece, cell, profile);
    }
    let mut left = MOST_SOURCES;
    match imitated(search, &view, piece, cell, seen.index_of(cell)) {
        Some(version) => known(search, &view, piece, cell, &version),
        None => match at_its_source(search, &view, piece, cell, seen.index_of(cell), &mut left) {
            Some(wrong) => wrong,
            None => match stranger(search, &view, cell, it) {
                Class::Garbage => Complaint::Wrong(Rule::S8, Class::Garbage),
                class => Complaint::Wrong(Rule::R1, class),
            },
        },
    }
}

fn never_a_file(cell: Cell) -> Option<Class> {
    match cell.origin() {
        Origin::Uninitialised { .. } => Some(Class::Uninit),
        Origin::Stale { .. } => Some(Class::StaleBlock),
        _ => None,
    }
}

/// The newest version that has this cell at this place although it is not current, if there is one.
fn imitated(search: &mut Search<'_>, view: &View, piece: &Piece, cell: u32, at: u32) -> Option<Version> {
    let model = search.model;
    let object = model.object(view)?;
    let mut looks_alike = |it: &Version| search.matching(view, piece, it, cell, at, at + 1) > 0;
    // A later write can have copied the same data here: it is not the one that was seen.
    let begun = |it: &Version| it.when.from <= view.when.to;
    let versions: Vec<Version> = object.versions_of(piece).map(|(_, it)| *it).collect();
    let found = versions.iter().find(|it| begun(it) && looks_alike(it)).copied();
    found.or_else(|| versions.iter().find(|it| !begun(it) && looks_alike(it)).copied())
}

/// A version of this very cell that is not current: not counted, cut off, replaced, or not yet begun.
fn known(search: &Search<'_>, view: &View, piece: &Piece, cell: u32, version: &Version) -> Complaint {
    if version.when.from > view.when.to {
        return Complaint::Wrong(Rule::R1, Class::Garbage);
    }
    if version.effect == Effect::Passing {
        return Complaint::Wrong(Rule::S5, Class::Overrun);
    }
    let past_end = view.file.is_some_and(|file| search.model.size(file).greatest(view.when) <= cell);
    if view.mapped && past_end || version.effect == Effect::PastEnd {
        return Complaint::Wrong(Rule::S7, Class::EofPollution);
    }
    let mut newer = search
        .object(view)
        .versions_of(piece)
        .filter(|(_, it)| it.effect == Effect::Settles && version.older_than(it) && it.when.precedes(view.when));
    if newer.any(|(_, it)| it.source == Source::Void) {
        return Complaint::Wrong(Rule::S6, Class::Resurrected);
    }
    Complaint::Wrong(Rule::R1, Class::Rollback)
}

/// What is wrong with a cell in the file that it was copied from: a write copied wrong data through a mapping. The
/// copy itself is right, and the defect of the original is reported.
fn at_its_source(
    search: &mut Search<'_>,
    view: &View,
    piece: &Piece,
    cell: u32,
    at: u32,
    left: &mut u32,
) -> Option<Complaint> {
    let model = search.model;
    let copies = model.object(view)?.versions_of(piece).filter(|(_, it)| it.when.from <= view.when.to);
    for (_, copy) in copies {
        let Source::Copy(memory, offset) = copy.source else { continue };
        let it = &search.history.memories[memory.index()];
        let Some((file, base)) = it.mapped.filter(|_| it.shared) else { continue };
        let (original, cell) = (View::of_file(file, copy.when, true), base + offset + (cell - copy.start));
        let Some(piece) = model.file(file).piece_at(cell) else { continue };
        if *left == 0 {
            return None;
        }
        *left -= 1;
        let seen = search.history.cells[at as usize];
        let mut versions = model.file(file).versions_of(piece).map(|(_, it)| it);
        let wrong = match versions.find(|it| it.when.from <= copy.when.to && search.is_named_by(it, cell, seen)) {
            Some(version) => Some(known(search, &original, piece, cell, version)),
            None => at_its_source(search, &original, piece, cell, at, left),
        };
        if wrong.is_some() {
            return wrong;
        }
    }
    None
}

/// A cell that no version has at this place. Garbage is what a write put here although its source did not hold it
/// meanwhile.
fn stranger(search: &Search<'_>, view: &View, cell: u32, it: Cell) -> Class {
    let Some(file) = view.file else { return Class::Garbage };
    let homes = Homes { search, file, cell };
    match it.origin() {
        Origin::Overwritten { file: home, offset } | Origin::Content { file: home, offset } => {
            homes.class(home, offset, view)
        }
        Origin::Written { operation, memory, offset } => homes.written(operation, (memory, offset), view),
        Origin::Stored { operation, offset } => homes.stored(operation, offset, view),
        _ => Class::Garbage,
    }
}

/// Where a cell belongs, as opposed to where it was seen.
struct Homes<'a> {
    search: &'a Search<'a>,
    file: FileId,
    cell: u32,
}

impl Homes<'_> {
    /// Data of a place in some file: if that place may have been cut off before, its block has had another owner since.
    fn class(&self, home: FileId, offset: u32, view: &View) -> Class {
        if (home, offset) == (self.file, self.cell) {
            return Class::Rollback;
        }
        let has_blocks = !self.search.history.diskless;
        let freed = has_blocks
            && self.search.history.operations.iter().any(|operation| {
                let began = operation.invoked.is_some_and(|invoked| invoked < view.when.to);
                began
                    && match operation.call {
                        Call::Truncate { file, size, .. } => file == home && size <= offset,
                        Call::Punch { file, offset: start, length } => {
                            file == home && (start..start + length).contains(&offset)
                        }
                        _ => false,
                    }
            });
        match (freed, home == self.file) {
            (true, _) => Class::StaleBlock,
            (false, true) => Class::Misplaced,
            (false, false) => Class::ForeignFile,
        }
    }

    fn written(&self, write: OperationId, (memory, offset): (crate::MemoryId, u32), view: &View) -> Class {
        let Call::Write { file, .. } = self.search.history.operations[write.index()].call else {
            return Class::Garbage;
        };
        let versions = self.search.model.file(file).versions().iter();
        let home = versions.filter(|it| it.operation == Some(write)).find_map(|it| match it.source {
            Source::Copy(from, first) if from == memory && (first..first + (it.end - it.start)).contains(&offset) => {
                Some(it.start + (offset - first))
            }
            _ => None,
        });
        let home = home.filter(|&home| (file, home) != (self.file, self.cell));
        home.map_or(Class::Garbage, |home| self.class(file, home, view))
    }

    fn stored(&self, store: OperationId, offset: u32, view: &View) -> Class {
        let Call::Store { memory, .. } = self.search.history.operations[store.index()].call else {
            return Class::Garbage;
        };
        let it = &self.search.history.memories[memory.index()];
        match it.mapped.filter(|_| it.shared) {
            Some((file, base)) => self.class(file, base + offset, view),
            None => Class::Garbage,
        }
    }
}

/// A zero that no live version explains.
fn zero(search: &Search<'_>, seen: &Observation, piece: &Piece, cell: u32, profile: Profile) -> Complaint {
    let view = seen.view();
    let Some(file) = view.file else { return Complaint::Wrong(Rule::R1, Class::Zero) };
    if (!view.mapped || seen.way.is_some()) && search.model.size(file).greatest(view.when) <= cell {
        return Complaint::SizeAlone;
    }
    let page = search.history.page;
    if view.mapped && search.model.size(file).greatest(view.when) <= cell / page * page {
        return Complaint::Wrong(Rule::S7, Class::EofPollution);
    }
    let threshold = search.threshold(&view, piece);
    let mut voids = search
        .object(&view)
        .versions_of(piece)
        .map(|(_, it)| it)
        .filter(|it| it.source == Source::Void && search.is_live(&view, it, threshold));
    let Some(first) = voids.next() else { return Complaint::Wrong(Rule::R1, Class::Zero) };
    let races = |it: &Version| it.operation.is_some() && it.when.overlaps(view.when);
    if races(first) || voids.any(races) {
        // XFS takes its lock for reads; faults on a mapping do not.
        if profile == Profile::Linux || profile == Profile::Xfs && view.mapped {
            return Complaint::Quirk(Quirk::TruncateZeroes);
        }
        return Complaint::Wrong(Rule::S6, Class::Zero);
    }
    Complaint::Wrong(Rule::S2, Class::Zero)
}
