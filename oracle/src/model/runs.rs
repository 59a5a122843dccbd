//! Runs of cells: neighbours that are one origin counted on, or the same cell again. Two runs are compared in one step,
//! however long they are.

use crate::{Cell, Span};

/// Cells that follow one rule from an index on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// One past its last index.
    pub end: u32,
    /// By how much each cell is more than the one before it: 0 or 1.
    pub step: u32,
}

/// The runs of those parts of a history's cells that somebody has asked about.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    /// For each index: the end of its run, and whether it counts in the lowest bit.
    ends: Vec<u32>,
    known: Vec<Span>,
}

impl Runs {
    /// Begins with another history.
    pub fn begin(&mut self) {
        self.known.clear();
    }

    /// Finds the runs of a part of the cells.
    pub fn find(&mut self, cells: &[Cell], part: Span) {
        if part.start >= part.end || self.known.iter().any(|it| it.start <= part.start && part.end <= it.end) {
            return;
        }
        if self.ends.len() < cells.len() {
            self.ends.resize(cells.len(), 0);
        }
        let (mut counting, mut constant) = (part.end, part.end);
        for at in part.range().rev() {
            if let Some(next) = cells[..part.end as usize].get(at + 1) {
                let more = next.bits().wrapping_sub(cells[at].bits());
                if more != 1 {
                    counting = at as u32 + 1;
                }
                if more != 0 {
                    constant = at as u32 + 1;
                }
            }
            self.ends[at] = if constant > counting { constant << 1 } else { counting << 1 | 1 };
        }
        self.known.push(part);
    }

    /// The run that an index is in, from there on.
    pub fn at(&self, index: u32) -> Run {
        let it = self.ends[index as usize];
        Run { end: it >> 1, step: it & 1 }
    }

    /// Tells those cells of a part that are what stands from `other` on, all zeroes being one value. The runs of both
    /// have been found.
    pub fn alike(&self, cells: &[Cell], part: Span, other: u32, tell: &mut impl FnMut(u32, u32)) {
        let mut at = part.start;
        while at < part.end {
            let other = other + (at - part.start);
            let (run, others) = (self.at(at), self.at(other));
            let end = run.end.min(at + (others.end - other)).min(part.end);
            let (cell, beside) = (cells[at as usize], cells[other as usize]);
            if cell.is_zero() && beside.is_zero() {
                tell(at, end);
            } else {
                meet((cell.bits(), run.step), (beside.bits(), others.step), (at, end), tell);
            }
            at = end;
        }
    }

    /// Tells those cells of a part that are what `first` is the first cell of, counted on.
    pub fn counted(&self, cells: &[Cell], part: Span, first: Cell, tell: &mut impl FnMut(u32, u32)) {
        let mut at = part.start;
        while at < part.end {
            let run = self.at(at);
            let end = run.end.min(part.end);
            let wanted = first.bits().wrapping_add(at - part.start);
            meet((cells[at as usize].bits(), run.step), (wanted, 1), (at, end), tell);
            at = end;
        }
    }

    /// Tells those cells of a part that are of a kind. All cells of a run are of one kind.
    pub fn of_kind(
        &self,
        cells: &[Cell],
        part: Span,
        is_of_it: impl Fn(Cell) -> bool,
        tell: &mut impl FnMut(u32, u32),
    ) {
        let mut at = part.start;
        while at < part.end {
            let end = self.at(at).end.min(part.end);
            if is_of_it(cells[at as usize]) {
                tell(at, end);
            }
            at = end;
        }
    }
}

/// Where two runs of one length are alike, each given by its first cell's bits and its step: everywhere or nowhere, or
/// where one stays and the other counts past it.
fn meet(one: (u32, u32), other: (u32, u32), (at, end): (u32, u32), tell: &mut impl FnMut(u32, u32)) {
    let ahead = match (one.1, other.1) {
        (0, 1) => one.0.wrapping_sub(other.0),
        (1, 0) => other.0.wrapping_sub(one.0),
        _ if one.0 == other.0 => return tell(at, end),
        _ => return,
    };
    if ahead < end - at {
        tell(at + ahead, at + ahead + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FileId, Origin, ZeroSite};
    use fastrand::Rng;

    fn content(offset: u32) -> Cell {
        Cell::new(Origin::Content { file: FileId(0), offset })
    }

    #[test]
    fn runs_count_or_stay() {
        let zero = Cell::zero(ZeroSite::Start, None);
        let cells = [content(5), content(6), content(7), content(7), content(7), zero, zero, content(9)];
        let mut runs = Runs::default();
        runs.find(&cells, Span { start: 0, end: 8 });
        let found: Vec<(u32, u32)> = (0..8).map(|at| (runs.at(at).end, runs.at(at).step)).collect();
        assert_eq!(found, [(3, 1), (3, 1), (5, 0), (5, 0), (5, 1), (7, 0), (7, 1), (8, 1)]);
    }

    /// Runs of both kinds, and zeroes made by several.
    fn random_cells(random: &mut Rng) -> Vec<Cell> {
        let mut cells = Vec::new();
        while cells.len() < 40 {
            let (first, length, step) = (random.u32(..12), random.u32(1..9), random.u32(..3));
            cells.extend((0..length).map(|at| match step {
                2 => Cell::zero([ZeroSite::Start, ZeroSite::Punch][first as usize % 2], None),
                step => content(first + step * at),
            }));
        }
        cells
    }

    fn told(ask: impl FnOnce(&mut dyn FnMut(u32, u32))) -> Vec<u32> {
        let mut told = Vec::new();
        ask(&mut |from, to| told.extend(from..to));
        told
    }

    #[test]
    fn runs_are_compared_as_their_cells_are() {
        let mut random = Rng::with_seed(1);
        for _ in 0..5000 {
            let cells = random_cells(&mut random);
            let (start, other) = (random.u32(..20), random.u32(..20));
            let part = Span { start, end: start + random.u32(..20) };
            let mut runs = Runs::default();
            runs.begin();
            runs.find(&cells, part);
            runs.find(&cells, Span { start: other, end: other + part.len() });
            let naive = |is: &dyn Fn(u32, Cell) -> bool| -> Vec<u32> {
                (part.start..part.end).filter(|at| is(*at - part.start, cells[*at as usize])).collect()
            };
            let same = |a: Cell, b: Cell| a == b || a.is_zero() && b.is_zero();
            let alike = told(|mut tell| runs.alike(&cells, part, other, &mut tell));
            assert_eq!(
                alike,
                naive(&|along, it| same(it, cells[(other + along) as usize])),
                "{cells:?} {part:?} {other}"
            );
            let first = content(random.u32(..12));
            let counted = told(|mut tell| runs.counted(&cells, part, first, &mut tell));
            assert_eq!(counted, naive(&|along, it| it == first.advance(along)), "{cells:?} {part:?} {first:?}");
            let zeroes = told(|mut tell| runs.of_kind(&cells, part, Cell::is_zero, &mut tell));
            assert_eq!(zeroes, naive(&|_, it| it.is_zero()), "{cells:?} {part:?}");
        }
    }
}
