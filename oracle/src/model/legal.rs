//! Which observed cells a model allows.

use super::{Effect, Interval, Loss, Model, Object, Piece, REST, Source, Sources, Version};
use crate::{Cell, FileId, History, MemoryId, OperationId, Origin};

/// How many cells from a place on are legal, and which version they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Match {
    pub cells: u32,
    pub version: u16,
}

/// A place in a file or memory, as somebody looks at it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    /// The file, or `None` for memory.
    pub file: Option<FileId>,
    /// The memory, if that is what is looked at.
    pub memory: Option<MemoryId>,
    /// When it is looked at.
    pub when: Interval,
    /// Whether through a mapping, which shows the rest of the last page.
    pub mapped: bool,
    /// The write that copies what it sees, and stamps pristine memory as its own.
    pub copier: Option<OperationId>,
}

/// Answers questions about one history.
pub(crate) struct Search<'a> {
    pub history: &'a History,
    pub model: &'a Model,
    /// What is known already about the sources of copies.
    pub sources: &'a mut Sources,
}

impl View {
    /// A file, as `read(2)` or a mapping shows it.
    pub(crate) const fn of_file(file: FileId, when: Interval, mapped: bool) -> Self {
        Self { file: Some(file), memory: None, when, mapped, copier: None }
    }

    /// Memory, as a load shows it.
    pub(crate) const fn of_memory(memory: MemoryId, when: Interval) -> Self {
        Self { file: None, memory: Some(memory), when, mapped: true, copier: None }
    }
}

impl Search<'_> {
    /// The file or memory of a view.
    pub(crate) fn object(&self, view: &View) -> &Object {
        self.model.object(view).expect("a view has a file or a memory")
    }

    /// The call time of the newest settled version: what returned before it is out of date.
    pub(crate) fn threshold(&self, view: &View, piece: &Piece) -> u32 {
        let lossy = self.lossy(view, piece);
        let settled = self.object(view).versions_of(piece).filter(|(_, it)| {
            it.effect == Effect::Settles
                && it.when.precedes(view.when)
                && lossy.is_none_or(|file| !self.model.may_be_lost(file, piece, it.when, view.when))
        });
        settled.map(|(_, it)| it.when.from).max().unwrap_or(0)
    }

    /// The longest run of legal cells at `cell`, from the observed cells in the arena at `from..to`, within one piece.
    pub(crate) fn longest(&mut self, view: &View, piece: &Piece, cell: u32, from: u32, to: u32) -> Option<Match> {
        let (model, to) = (self.model, to.min(from.saturating_add(piece.end - cell)));
        let object = model.object(view)?;
        let first = self.history.cells[from as usize];
        // Nothing can have replaced the version that was called last, and most readers see that one.
        let newest = object.version(piece.newest);
        let mut best: Option<Match> = None;
        let is_current = newest.effect == Effect::Settles && newest.when.from <= view.when.to;
        if is_current && self.may_begin(newest, cell, first) {
            let cells = self.matching(view, piece, newest, cell, from, to);
            best = (cells > 0).then_some(Match { cells, version: piece.newest });
            if cells == to - from {
                return best;
            }
        }
        let others = || object.versions_of(piece).filter(|(index, _)| !is_current || *index != piece.newest);
        let mut threshold = None;
        // It takes long to find out what was copied from what is copied to: then, mostly, another version is there.
        for is_copied in [false, true] {
            if is_copied && !piece.derived {
                break;
            }
            for (index, version) in others().filter(|(_, it)| model.is_derived(it) == is_copied) {
                if !self.may_begin(version, cell, first) {
                    continue;
                }
                let threshold = *threshold.get_or_insert_with(|| self.threshold(view, piece));
                if self.surfaces_wrongly(view, piece, version, cell) || !self.is_live(view, version, threshold) {
                    continue;
                }
                let cells = self.matching(view, piece, version, cell, from, to);
                if cells > best.map_or(0, |it| it.cells) {
                    best = Some(Match { cells, version: index });
                    if cells == to - from {
                        return best;
                    }
                }
            }
        }
        best.or_else(|| self.overwritten(view, piece, cell, from, to))
    }

    /// Whether a version can have put the cell `seen` at `cell`, by a look at that alone: most cells name their
    /// version.
    #[inline(always)] // Asked of every version of every piece.
    fn may_begin(&self, version: &Version, cell: u32, seen: Cell) -> bool {
        let along = cell - version.start;
        match version.source {
            Source::Content(first) => {
                let content = self.history.cells[(first + along) as usize];
                content == seen || content.is_zero() && seen.is_zero()
            }
            Source::Void | Source::Zero => seen.is_zero(),
            Source::Copy(memory, offset) if !self.model.is_changing(memory) => {
                let operation = version.operation.unwrap_or(OperationId(0));
                seen == Cell::new(Origin::Written { operation, memory, offset: offset + along })
            }
            Source::Store(offset) => version
                .operation
                .is_some_and(|operation| seen == Cell::new(Origin::Stored { operation, offset: offset + along })),
            Source::Copy(..) | Source::Memory(..) | Source::Append | Source::Through(..) => true,
        }
    }

    /// The file of a view, if something written to this piece may be lost again.
    fn lossy(&self, view: &View, piece: &Piece) -> Option<FileId> {
        let hit = |file: &FileId| self.model.any_loss(*file, (piece.start, piece.end), view.when);
        view.file.filter(|_| !self.model.losses.is_empty()).filter(hit)
    }

    /// A store past the end of the file, seen inside it. Growing the file does not clear such a store on Linux before
    /// 2024, except where the write that grows it puts its own data.
    pub(super) fn surfaces_wrongly(&self, view: &View, piece: &Piece, version: &Version, cell: u32) -> bool {
        if version.effect != Effect::PastEnd || self.is_back_inside(view, piece, version, cell) {
            return false;
        }
        let inside = self.inside(view, cell);
        if !self.model.past_end_surfaces {
            return inside || !view.mapped || self.is_overwritten(view, piece, version);
        }
        self.is_overwritten(view, piece, version)
            || (inside || !view.mapped) && !self.has_surfaced(view, piece, version)
    }

    /// Whether a crash may have taken away the truncate that put the end of the file before what was stored, and
    /// nothing that is newer there is certainly on the disk. Then it was stored inside the file.
    fn is_back_inside(&self, view: &View, piece: &Piece, version: &Version, cell: u32) -> bool {
        let (Some(file), Some(crash)) = (view.file, self.crash_before(view)) else { return false };
        let synced = self.model.syncs.iter().filter(|it| it.file == file && it.when.precedes(crash.when));
        let since = synced.map(|it| it.when.from).max().unwrap_or(0);
        version.when.to >= since
            && version.when.to >= self.threshold(view, piece)
            && self.model.size(file).greatest(Interval { from: since, to: version.when.to }) > cell
    }

    /// The crash of which the view shows what it left.
    fn crash_before(&self, view: &View) -> Option<&Loss> {
        self.model.losses.iter().find(|it| it.crash && view.when == REST)
    }

    /// Whether other data, or a truncate that shortened the file, has certainly replaced a version since, and is not
    /// lost. (Growing the file replaces nothing.)
    fn is_overwritten(&self, view: &View, piece: &Piece, version: &Version) -> bool {
        let lossy = self.lossy(view, piece);
        let stays = |it: &Version| lossy.is_none_or(|file| !self.model.may_be_lost(file, piece, it.when, view.when));
        let mut newer = self.object(view).versions_of(piece).map(|(_, it)| it);
        newer.any(|it| {
            it.effect == Effect::Settles
                && (it.source != Source::Void || self.shortens(view, it))
                && version.older_than(it)
                && it.when.precedes(view.when)
                && stays(it)
        })
    }

    /// Whether a version past the end is of a truncate that certainly shortened the file: it clears the rest of the
    /// last page.
    fn shortens(&self, view: &View, void: &Version) -> bool {
        let before = void.when.from.saturating_sub(1);
        let least = |file| self.model.size(file).least(Interval { from: before, to: before });
        view.file.is_some_and(|file| void.operation.is_some() && void.start < least(file))
    }

    /// Whether the file may have grown over what was stored past its end, other than by a write over that very place.
    fn has_surfaced(&self, view: &View, piece: &Piece, version: &Version) -> bool {
        let Some(file) = view.file else { return true };
        let grows = |when: Interval| when.from <= view.when.to && when.to >= version.when.from;
        let size = self.model.size(file);
        size.bases().iter().any(|it| it.size > piece.start && it.shows_to(view.when) && grows(it.when))
            || size.growths().iter().any(|it| it.offset > piece.start && grows(it.when))
    }

    /// Whether a cell says by itself that this version put it there.
    pub(crate) fn is_named_by(&self, version: &Version, cell: u32, seen: Cell) -> bool {
        let names = match version.source {
            Source::Content(_) | Source::Store(_) => true,
            Source::Copy(memory, _) => !self.model.is_changing(memory),
            _ => false,
        };
        names && !seen.is_zero() && self.may_begin(version, cell, seen)
    }

    /// Whether a version may be current at some moment of the view.
    pub(crate) fn is_live(&self, view: &View, version: &Version, threshold: u32) -> bool {
        // What was stored past the end is not cleared by growing the file, only by whoever happens to write the page
        // out. Even where growing it clears what comes to be inside, a mapping may still show what stays outside.
        let lasts = version.effect == Effect::PastEnd && (self.model.past_end_surfaces || view.mapped);
        if version.when.from > view.when.to || version.when.to < threshold && !lasts {
            return false;
        }
        match version.effect {
            Effect::Settles | Effect::Optional => true,
            Effect::Passing => version.when.to >= view.when.from,
            Effect::PastEnd => self.model.past_end_surfaces || view.mapped || self.crash_before(view).is_some(),
        }
    }

    /// What the disk held below a page that was dirty from the beginning, once that page may have been dropped.
    fn overwritten(&self, view: &View, piece: &Piece, cell: u32, from: u32, to: u32) -> Option<Match> {
        let start = self.below(view, piece, cell)?;
        let (version, _) = self.object(view).versions_of(piece).find(|(_, it)| it.operation.is_none())?;
        let cells = run(&self.history.cells[from as usize..to as usize], start);
        (cells > 0).then_some(Match { cells, version })
    }

    /// The cell that the disk held there, below a page that was dirty from the beginning, if that may be seen.
    pub(super) fn below(&self, view: &View, piece: &Piece, cell: u32) -> Option<Cell> {
        let file = self.lossy(view, piece)?;
        let (_, first) = self.object(view).versions_of(piece).find(|(_, it)| it.operation.is_none())?;
        let is_durable = !self.model.may_be_lost(file, piece, first.when, view.when);
        let is_hidden = !matches!(first.source, Source::Content(_)) || is_durable || self.threshold(view, piece) > 0;
        (!is_hidden).then(|| Cell::new(Origin::Overwritten { file, offset: cell }))
    }

    /// How many of the observed cells at `from..to` a version may have put at `cell`.
    pub(crate) fn matching(
        &mut self,
        view: &View,
        piece: &Piece,
        version: &Version,
        cell: u32,
        from: u32,
        to: u32,
    ) -> u32 {
        let observed = &self.history.cells[from as usize..to as usize];
        let along = cell - version.start;
        match version.source {
            Source::Content(first) => {
                let first = (first + along) as usize;
                same(observed, &self.history.cells[first..first + observed.len()])
            }
            Source::Memory(memory, offset) => {
                let pristine = Cell::new(Origin::Memory { memory, offset: offset + along });
                run(observed, view.copier.map_or(pristine, |write| pristine.copied_by(write)))
            }
            Source::Void => self.void(view, piece, version, cell, observed),
            Source::Zero => zeroes(observed),
            Source::Store(offset) => {
                let operation = version.operation.expect("a store is an operation");
                run(observed, Cell::new(Origin::Stored { operation, offset: offset + along }))
            }
            Source::Copy(memory, offset) if self.model.is_changing(memory) => {
                self.copied(version, (memory, offset + along), from, to)
            }
            Source::Copy(memory, offset) => {
                let operation = version.operation.expect("a write is an operation");
                run(observed, Cell::new(Origin::Written { operation, memory, offset: offset + along }))
            }
            Source::Append => prefix(observed, |it| self.is_of_append(version.operation, it)),
            Source::Through(file, offset) => {
                let when = Interval { from: version.when.from.max(self.frozen_from(view)), to: view.when.to };
                let view = View { when, ..View::of_file(file, when, true) };
                self.legal(&view, offset + along, from, to)
            }
        }
    }

    /// Whether a cell is certainly before the end of the file.
    pub(crate) fn inside(&self, view: &View, cell: u32) -> bool {
        view.file.is_some_and(|file| cell < self.model.size(file).least(view.when))
    }

    /// A private mapping's page is a copy made at the first store to it: it may be as old as that.
    pub(super) fn frozen_from(&self, view: &View) -> u32 {
        let stores = view.memory.into_iter().flat_map(|memory| self.model.memory(memory).versions());
        let stores = stores.filter(|it| matches!(it.source, Source::Store(_)));
        stores.map(|it| it.when.from).min().unwrap_or(u32::MAX).min(view.when.from)
    }

    /// Whether an append of unknown place may have written this cell.
    pub(super) fn is_of_append(&self, write: Option<OperationId>, cell: Cell) -> bool {
        match cell.origin() {
            Origin::Written { operation, .. } => Some(operation) == write,
            Origin::Zero { .. } => false,
            _ => self.may_hold(write, cell),
        }
    }

    /// Whether the sources of an append of unknown place may hold this cell: mapped files and stored-to memory hold
    /// many things.
    fn may_hold(&self, write: Option<OperationId>, cell: Cell) -> bool {
        let Some(crate::Call::Write { segments, .. }) = write.map(|it| self.history.operations[it.index()].call) else {
            return false;
        };
        let memories = self.history.segments[segments.range()].iter().map(|it| it.memory);
        !cell.is_uninitialised() && memories.into_iter().any(|it| self.model.is_changing(it))
    }

    /// How many of the observed cells at `from..to` are legal at `cell` and after.
    fn legal(&mut self, view: &View, cell: u32, from: u32, to: u32) -> u32 {
        let model = self.model;
        let mut at = from;
        while at < to {
            let cell = cell + (at - from);
            let Some(piece) = model.object(view).and_then(|it| it.piece_at(cell)) else { break };
            let found = self.longest(view, piece, cell, at, to).map_or(0, |it| it.cells);
            // A copy from a place where the disk refused data may hold what the block held before.
            let cells = if found > 0 { found } else { self.refused(view, piece, cell, at, to) };
            if cells == 0 {
                break;
            }
            at += cells;
        }
        at - from
    }

    /// How many of the observed cells, within the piece, may be what the block held before the disk refused what was to
    /// be written there.
    fn refused(&self, view: &View, piece: &Piece, cell: u32, from: u32, to: u32) -> u32 {
        if !self.is_refused(view, piece) {
            return 0;
        }
        let to = to.min(from.saturating_add(piece.end - cell));
        prefix(&self.history.cells[from as usize..to as usize], |it| !it.is_uninitialised())
    }

    /// Whether what the disk held before it refused something may be seen there.
    pub(super) fn is_refused(&self, view: &View, piece: &Piece) -> bool {
        self.model.forgives_refusals && view.file.is_some_and(|file| self.model.was_refused(file, piece, view.when))
    }

    /// Zeroes past the end: legal where something other than a write over these cells has moved the end past them, and
    /// through a mapping where the end is before them in the same page.
    fn void(&self, view: &View, piece: &Piece, version: &Version, cell: u32, observed: &[Cell]) -> u32 {
        let zeroes = zeroes(observed);
        if zeroes == 0 || self.is_exposed(view, piece, version) {
            return zeroes;
        }
        let Some(file) = view.file.filter(|_| view.mapped) else { return 0 };
        let page = self.history.page;
        let page_start = cell / page * page;
        match self.model.size(file).at_least(page_start + 1, view.when) {
            Some(size) if size <= cell => zeroes.min(page_start + page - cell),
            _ => 0,
        }
    }

    /// Whether a version is of a truncate that takes no lock of the inode.
    fn is_unlocked_truncate(&self, version: &Version) -> bool {
        let call = version.operation.map(|it| self.history.operations[it.index()].call);
        matches!(call, Some(crate::Call::Truncate { locked: false, .. }))
    }

    /// Whether a part past the end of the file may have come to lie before the end while nothing had been written to
    /// it.
    pub(crate) fn is_exposed(&self, view: &View, piece: &Piece, void: &Version) -> bool {
        let Some(file) = view.file else { return true };
        let (mut newest, mut last) = (void.when.from, view.when.to);
        for (_, it) in self.object(view).versions_of(piece).filter(|(_, it)| it.effect == Effect::Settles) {
            if it.when.precedes(view.when) {
                newest = newest.max(it.when.from);
            }
            if void.older_than(it) {
                last = last.min(it.when.to);
            }
        }
        // What was written over it may be lost again, while the size stays.
        if self.model.any_loss_since(file, piece, newest, view.when) {
            return true;
        }
        let size = self.model.size(file);
        let extends = |when: Interval| when.from <= last && when.to >= newest;
        // Between two chunks of a write, a truncate that does not take the inode's lock can cut off what the first has
        // written.
        let between_chunks = |when: Interval| self.is_unlocked_truncate(void) && void.when.overlaps(when);
        size.bases().iter().any(|it| it.size > piece.start && it.shows_to(view.when) && extends(it.when))
            || size.growths().iter().any(|it| {
                let counts = it.settled > 0 || it.when.to >= view.when.from;
                (it.offset > piece.start || between_chunks(it.when)) && counts && extends(it.when)
            })
    }
}

/// How many cells from the first on satisfy a condition.
fn prefix(cells: &[Cell], condition: impl Fn(Cell) -> bool) -> u32 {
    cells.iter().position(|&cell| !condition(cell)).unwrap_or(cells.len()) as u32
}

/// How many cells are compared at once, without an early exit, so that the compiler vectorises it. Not all cells: in
/// a file of 65,536 cells, each of which is another copy, every comparison would go to the end.
const AT_ONCE: usize = 64;

/// How many cells are the run that begins with `first`.
fn run(cells: &[Cell], first: Cell) -> u32 {
    match cells.first() {
        Some(&cell) if cell == first => {}
        _ => return 0,
    }
    let start = first.bits();
    let is_next = |at: usize, it: Cell| it.bits() == start.wrapping_add(at as u32);
    for (chunk, part) in cells.chunks(AT_ONCE).enumerate() {
        let at = chunk * AT_ONCE;
        if !part.iter().enumerate().fold(true, |all, (along, it)| all & is_next(at + along, *it)) {
            let wrong = part.iter().enumerate().position(|(along, it)| !is_next(at + along, *it));
            return (at + wrong.unwrap_or(0)) as u32;
        }
    }
    cells.len() as u32
}

/// Whether two slices are equal, without an early exit, so that the compiler makes vectors of it.
pub(crate) fn equal(cells: &[Cell], others: &[Cell]) -> bool {
    cells.len() == others.len() && cells.iter().zip(others).fold(0, |wrong, (a, b)| wrong | (a.bits() ^ b.bits())) == 0
}

/// Whether any cell is zero, without an early exit.
pub(crate) fn any_zero(cells: &[Cell]) -> bool {
    cells.iter().fold(false, |any, it| any | it.is_zero())
}

/// How many cells are zero.
fn zeroes(cells: &[Cell]) -> u32 {
    prefix(cells, Cell::is_zero)
}

/// How many cells are the same value, all zeroes being one value.
fn same(cells: &[Cell], others: &[Cell]) -> u32 {
    for (chunk, (part, other)) in cells.chunks(AT_ONCE).zip(others.chunks(AT_ONCE)).enumerate() {
        if equal(part, other) {
            continue;
        }
        let different = part.iter().zip(other).position(|(a, b)| a != b && !(a.is_zero() && b.is_zero()));
        if let Some(different) = different {
            return (chunk * AT_ONCE + different) as u32;
        }
    }
    cells.len() as u32
}
