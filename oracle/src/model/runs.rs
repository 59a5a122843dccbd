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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FileId, Origin, ZeroSite};

    #[test]
    fn runs_count_or_stay() {
        let content = |offset| Cell::new(Origin::Content { file: FileId(0), offset });
        let zero = Cell::zero(ZeroSite::Start, None);
        let cells = [content(5), content(6), content(7), content(7), content(7), zero, zero, content(9)];
        let mut runs = Runs::default();
        runs.find(&cells, Span { start: 0, end: 8 });
        let found: Vec<(u32, u32)> = (0..8).map(|at| (runs.at(at).end, runs.at(at).step)).collect();
        // Where a run of either kind is as long, it counts.
        assert_eq!(found, [(3, 1), (3, 1), (5, 0), (5, 0), (5, 1), (7, 0), (7, 1), (8, 1)]);
    }
}
