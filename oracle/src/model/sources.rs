//! Where the cells of a copy may have come from, when what was copied may itself be a copy: a write whose source maps a
//! file that other writes copy to, or the very file that it writes.
//!
//! A question is asked of all cells of a copy at once, and answered once a history: from copy to copy, each stretch of
//! each copy is gone through at most once, and what is there is compared run by run. So an answer takes time by the
//! copies and pieces on the way, not by the cells.

use super::legal::{Search, View, equal};
use super::masks::{Mask, Masks};
use super::runs::Runs;
use super::stretches::{Copy, Stretches};
use super::{Effect, Interval, Piece, Source, Version};
use crate::{Cell, MemoryId, OperationId, Origin, Quirk, Span};

/// What is known about the copies of one history.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    answers: Vec<Answer>,
    masks: Masks,
    /// What the present question has still to look at.
    steps: Vec<Step>,
    gone: Stretches,
    runs: Runs,
    /// Cells of a kind, on their way to a mask.
    found: Vec<(u32, u32)>,
    /// How many steps the questions about this history have taken.
    taken: u32,
    /// How many questions were given up.
    given_up: u64,
    /// Observed cells that were copied from where a quirk showed them.
    carried: Vec<(Quirk, Span)>,
}

/// Which of the observed cells `[from, to)` a write may have copied from a memory, from `offset` on.
#[derive(Clone, Copy, Debug)]
struct Answer {
    write: OperationId,
    source: (MemoryId, u32),
    from: u32,
    to: u32,
    mask: Mask,
}

impl Answer {
    /// The answer to a question about these cells, if it was about the same copy and the same place of it, and the
    /// cells are alike: others may have seen the same there.
    fn serves(&self, write: OperationId, source: (MemoryId, u32), cells: &[Cell], from: u32, to: u32) -> Option<Mask> {
        if (self.write, self.source.0) != (write, source.0) {
            return None;
        }
        // Where the cell at `from` is in this answer.
        let start = self.from + source.1.checked_sub(self.source.1)?;
        let mine = cells[..self.to as usize].get(start as usize..(start + (to - from)) as usize)?;
        equal(mine, &cells[from as usize..to as usize]).then(|| self.mask.shifted(from.wrapping_sub(start)))
    }
}

/// Observed cells that may be those of a file or memory: the cell there is the index and `along`.
#[derive(Clone, Copy, Debug)]
struct Step {
    view: View,
    along: u32,
    from: u32,
    to: u32,
}

impl Step {
    fn seen(&self) -> Span {
        Span { start: self.from, end: self.to }
    }
}

/// How many steps the questions about one history take: as many as all cells of the largest file of 64-cell pages. Much
/// memory counts as steps. What takes more is taken for legal, and counted. It comes with the real sizes only, where
/// several writes copy what they have just written, a cell further each time.
const MOST_TAKEN: u32 = 1 << 20;

impl Sources {
    /// Begins with another history.
    pub fn begin(&mut self) {
        self.answers.clear();
        self.masks.clear();
        self.runs.begin();
        self.carried.clear();
        self.taken = 0;
    }

    /// A quirk that showed any of these observed cells where they were copied from; to be asked until there is none.
    /// Who sees the same copy later is not counted again.
    pub fn take_carried(&mut self, (from, to): (u32, u32)) -> Option<Quirk> {
        let index = self.carried.iter().position(|(_, it)| it.start < to && it.end > from)?;
        let quirk = self.carried[index].0;
        self.carried.retain(|(other, it)| *other != quirk || it.start >= to || it.end <= from);
        Some(quirk)
    }

    /// How many questions were given up, and answered by anything goes, since the last time that this was asked.
    pub const fn take_given_up(&mut self) -> u64 {
        std::mem::replace(&mut self.given_up, 0)
    }
}

impl Search<'_> {
    /// How many of the observed cells at `from..to` a write may have copied from `offset` of a memory that may hold
    /// anything.
    pub(super) fn copied(&mut self, version: &Version, source: (MemoryId, u32), from: u32, to: u32) -> u32 {
        let mask = self.answer(version, source, from, to);
        self.sources.masks.first_missing(mask, from, to) - from
    }

    /// Tells the stretches of the observed cells `seen`, the first of which is at `cell`, of which none may be one of
    /// these versions.
    pub(crate) fn not_imitated<'v>(
        &mut self,
        view: &View,
        versions: impl Iterator<Item = &'v Version>,
        piece: &Piece,
        cell: u32,
        seen: Span,
        tell: &mut dyn FnMut((u32, u32)),
    ) {
        let (from, to) = (seen.start, seen.end);
        let carried = self.sources.carried.len();
        self.sources.runs.find(&self.history.cells, seen);
        let mask = self.begin(from, to);
        let step = Step { view: *view, along: cell.wrapping_sub(from), from, to };
        for version in versions {
            self.put(&step, piece, version, mask);
        }
        self.follow(mask, from, to);
        let mut at = self.sources.masks.first_missing(mask, from, to);
        while at != to {
            let end = self.sources.masks.first_present(mask, at, to);
            tell((cell + (at - from), cell + (end - from)));
            at = self.sources.masks.first_missing(mask, end, to);
        }
        self.sources.masks.forget(mask);
        // What might have been there was not seen.
        self.sources.carried.truncate(carried);
    }

    /// Which of the observed cells at `from..to` a write may have copied from `offset` of a memory.
    fn answer(&mut self, version: &Version, source: (MemoryId, u32), from: u32, to: u32) -> Mask {
        let write = version.operation.expect("a write is an operation");
        let known = |it: &Answer| it.serves(write, source, &self.history.cells, from, to);
        if let Some(mask) = self.sources.answers.iter().rev().find_map(known) {
            return mask;
        }
        self.sources.runs.find(&self.history.cells, Span { start: from, end: to });
        let mask = self.begin(from, to);
        let copy = Copy { write, memory: source.0, along: source.1.wrapping_sub(from) };
        self.go(copy, version.when, from, to);
        self.follow(mask, from, to);
        self.sources.answers.push(Answer { write, source, from, to, mask });
        mask
    }

    /// Begins with another question, about these cells: none is explained.
    fn begin(&mut self, from: u32, to: u32) -> Mask {
        self.sources.steps.clear();
        self.sources.gone.begin(from, to);
        self.sources.masks.empty(from, to)
    }

    /// Goes where a copy came from, with those cells that have not been there.
    fn go(&mut self, copy: Copy, when: Interval, from: u32, to: u32) {
        let source = &self.history.memories[copy.memory.index()];
        let (view, base) = match source.mapped.filter(|_| source.shared) {
            Some((file, base)) => (View::of_file(file, when, true), base),
            None => (View { copier: Some(copy.write), ..View::of_memory(copy.memory, when) }, 0),
        };
        let along = copy.along.wrapping_add(base);
        let steps = &mut self.sources.steps;
        let took = self.sources.gone.add(copy, from, to, &mut |from, to| steps.push(Step { view, along, from, to }));
        self.sources.taken += took / 4;
    }

    /// Takes all steps that there are, until each cell is explained.
    fn follow(&mut self, mask: Mask, from: u32, to: u32) {
        while let Some(step) = self.sources.steps.pop() {
            let start = self.sources.masks.first_missing(mask, step.from, step.to);
            let end = self.sources.masks.last_missing(mask, start, step.to);
            if start == end {
                continue;
            }
            self.sources.taken += 1;
            if self.sources.taken > MOST_TAKEN {
                self.sources.given_up += 1;
                self.sources.masks.add(mask, from, to);
                return;
            }
            self.look(&Step { from: start, to: end, ..step }, mask);
        }
    }

    /// Compares with all that may be there, and notes where that may have come from.
    fn look(&mut self, step: &Step, mask: Mask) {
        let (model, view) = (self.model, &step.view);
        let Some(object) = model.object(view) else { return };
        let mut from = step.from;
        for piece in object.pieces_from(from.wrapping_add(step.along)) {
            if from >= step.to {
                return;
            }
            let to = from + (step.to - from).min(piece.end - from.wrapping_add(step.along));
            let part = Step { from, to, ..*step };
            let threshold = self.threshold(view, piece);
            for (_, version) in object.versions_of(piece) {
                if !self.is_live(view, version, threshold) {
                    continue;
                }
                if version.effect == Effect::PastEnd {
                    self.put_past_end(&part, piece, version, mask);
                } else {
                    self.put(&part, piece, version, mask);
                }
            }
            self.put_lost(&part, piece, mask);
            from = to;
        }
    }

    /// A store past the end shows or not by whether the cell is certainly before it.
    fn put_past_end(&mut self, part: &Step, piece: &Piece, version: &Version, mask: Mask) {
        let end = part.view.file.map_or(0, |file| self.model.size(file).least(part.view.when));
        let middle = end.saturating_sub(part.from.wrapping_add(part.along)).min(part.to - part.from) + part.from;
        for (from, to) in [(part.from, middle), (middle, part.to)] {
            if !self.surfaces_wrongly(&part.view, piece, version, from.wrapping_add(part.along)) {
                let part = Step { from, to, ..*part };
                self.put(&part, piece, version, mask);
                if to == middle || !part.view.mapped {
                    self.note_surfaced(&part, version);
                }
            }
        }
    }

    /// Remembers the cells that this store put there, to count the quirk.
    fn note_surfaced(&mut self, part: &Step, version: &Version) {
        let cells = &self.history.cells;
        let is_of_it = |at: &u32| self.is_named_by(version, at.wrapping_add(part.along), cells[*at as usize]);
        if let Some(start) = (part.from..part.to).find(is_of_it) {
            let length = (start..part.to).take_while(is_of_it).count() as u32;
            self.sources.carried.push((Quirk::PastEndStore, Span { start, end: start + length }));
        }
    }

    /// What the disk held before it refused something, or lost it.
    fn put_lost(&mut self, part: &Step, piece: &Piece, mask: Mask) {
        let cell = part.from.wrapping_add(part.along);
        if let Some(first) = self.below(&part.view, piece, cell) {
            self.put_run(part, first, mask);
        }
        if self.is_refused(&part.view, piece) {
            self.note_refused(part, mask);
            self.put_where(part, mask, |_, it| !it.is_uninitialised());
        }
    }

    /// Remembers the cells that nothing else explains until now, to count the quirk.
    fn note_refused(&mut self, part: &Step, mask: Mask) {
        let Sources { masks, carried, .. } = &mut *self.sources;
        let mut at = masks.first_missing(mask, part.from, part.to);
        while at != part.to {
            let end = masks.first_present(mask, at, part.to);
            if self.history.cells[at as usize..end as usize].iter().any(|it| !it.is_uninitialised()) {
                carried.push((Quirk::LostToWriteError, Span { start: at, end }));
            }
            at = masks.first_missing(mask, end, part.to);
        }
    }

    /// Adds the cells that a version may have put there.
    fn put(&mut self, part: &Step, piece: &Piece, version: &Version, mask: Mask) {
        let view = &part.view;
        let cell = part.from.wrapping_add(part.along);
        let along = cell - version.start;
        match version.source {
            Source::Content(first) => self.put_content(part, first + along, mask),
            Source::Memory(memory, offset) => {
                let pristine = Cell::new(Origin::Memory { memory, offset: offset + along });
                self.put_run(part, view.copier.map_or(pristine, |write| pristine.copied_by(write)), mask);
            }
            Source::Void => self.put_void(part, piece, version, mask),
            Source::Zero => self.put_where(part, mask, |_, it| it.is_zero()),
            Source::Store(offset) => {
                let operation = version.operation.expect("a store is an operation");
                self.put_run(part, Cell::new(Origin::Stored { operation, offset: offset + along }), mask);
            }
            Source::Copy(memory, offset) => {
                let write = version.operation.expect("a write is an operation");
                if self.model.is_changing(memory) {
                    let copy = Copy { write, memory, along: (offset + along).wrapping_sub(part.from) };
                    self.go(copy, version.when, part.from, part.to);
                } else {
                    let first = Cell::new(Origin::Written { operation: write, memory, offset: offset + along });
                    self.put_run(part, first, mask);
                }
            }
            Source::Append => self.put_where(part, mask, |search, it| search.is_of_append(version.operation, it)),
            Source::Through(file, offset) => {
                let when = Interval { from: version.when.from.max(self.frozen_from(view)), to: view.when.to };
                let (view, along) = (View::of_file(file, when, true), (offset + along).wrapping_sub(part.from));
                self.sources.steps.push(Step { view, along, ..*part });
            }
        }
    }

    /// Adds the cells that are what `first` is the first cell of, counted on.
    fn put_run(&mut self, part: &Step, first: Cell, mask: Mask) {
        let Sources { runs, masks, .. } = &mut *self.sources;
        runs.counted(&self.history.cells, part.seen(), first, &mut |from, to| masks.add(mask, from, to));
    }

    /// Adds the cells that are what a file held at the beginning.
    fn put_content(&mut self, part: &Step, first: u32, mask: Mask) {
        let (history, Sources { runs, masks, .. }) = (self.history, &mut *self.sources);
        for file in history.files.iter().filter(|it| it.content.range().contains(&(first as usize))) {
            runs.find(&history.cells, file.content);
        }
        runs.alike(&history.cells, part.seen(), first, &mut |from, to| masks.add(mask, from, to));
    }

    /// Adds the zeroes past the end of a file that may be seen.
    fn put_void(&mut self, part: &Step, piece: &Piece, version: &Version, mask: Mask) {
        let view = &part.view;
        if self.is_exposed(view, piece, version) {
            return self.put_where(part, mask, |_, it| it.is_zero());
        }
        let Some(file) = view.file.filter(|_| view.mapped) else { return };
        let page = self.history.page;
        let mut from = part.from;
        while from < part.to {
            let cell = from.wrapping_add(part.along);
            let page_start = cell / page * page;
            let to = part.to.min(from + (page_start + page - cell));
            if let Some(size) = self.model.size(file).at_least(page_start + 1, view.when) {
                let from = from + size.saturating_sub(cell);
                self.put_where(&Step { from, to, ..*part }, mask, |_, it| it.is_zero());
            }
            from = to;
        }
    }

    /// Adds the cells of a kind.
    fn put_where(&mut self, part: &Step, mask: Mask, is_of_it: impl Fn(&Search<'_>, Cell) -> bool) {
        let mut found = std::mem::take(&mut self.sources.found);
        let tell = &mut |from, to| found.push((from, to));
        self.sources.runs.of_kind(&self.history.cells, part.seen(), |it| is_of_it(self, it), tell);
        for (from, to) in found.drain(..) {
            self.sources.masks.add(mask, from, to);
        }
        self.sources.found = found;
    }
}
