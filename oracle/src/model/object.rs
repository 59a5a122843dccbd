//! The cells of one file or memory, cut into pieces in which the same versions compete.

use super::{Effect, Version};

/// A range of cells with the same versions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    pub start: u32,
    pub end: u32,
    first: u32,
    count: u32,
    /// Whether more than one version is possible after all operations have returned.
    pub contested: bool,
    /// Whether a version copies data of others, so that a cell need not name the version that it comes from.
    pub derived: bool,
    /// The version that was called last.
    pub newest: u16,
}

/// The cells of one file or memory.
#[derive(Debug, Default)]
pub(crate) struct Object {
    versions: Vec<Version>,
    pieces: Vec<Piece>,
    members: Vec<u16>,
    /// Whether it holds anything but what it began with.
    changes: bool,
    /// Whether there were zeroes in the content that it began with.
    pub(crate) began_with_zeroes: bool,
}

impl Object {
    pub(crate) fn clear(&mut self) {
        self.versions.clear();
        self.pieces.clear();
        self.members.clear();
        self.changes = false;
        self.began_with_zeroes = false;
    }

    pub(crate) fn push(&mut self, version: Version) {
        if version.start < version.end {
            self.changes |= version.operation.is_some();
            self.versions.push(version);
        }
    }

    /// Cuts the cells at the ends of all versions, and at the boundaries that are given. Pieces are in order and leave
    /// no gap, so that a cell is found by a short scan. `changing` has a bit for each memory that may hold anything
    /// but pristine cells.
    pub(crate) fn cut(&mut self, boundaries: &mut Vec<u32>, changing: u32) {
        if let ([only], true) = (&self.versions[..], boundaries.is_empty()) {
            self.members.push(0);
            let (contested, derived) = (false, only.is_derived(changing));
            self.pieces.push(Piece {
                start: only.start,
                end: only.end,
                first: 0,
                count: 1,
                contested,
                derived,
                newest: 0,
            });
            return;
        }
        for version in &self.versions {
            boundaries.push(version.start);
            boundaries.push(version.end);
        }
        boundaries.sort_unstable();
        boundaries.dedup();
        for pair in boundaries.windows(2) {
            let first = self.members.len() as u32;
            let (mut lasting, mut derived, mut newest, mut called) = (0, false, 0, 0);
            for (index, version) in self.versions.iter().enumerate().rev() {
                if version.start <= pair[0] && pair[1] <= version.end {
                    self.members.push(index as u16);
                    lasting += u32::from(version.effect != Effect::Passing);
                    derived |= version.is_derived(changing);
                    if version.when.from >= called {
                        (newest, called) = (index as u16, version.when.from);
                    }
                }
            }
            let count = self.members.len() as u32 - first;
            let contested = lasting > 1;
            self.pieces.push(Piece { start: pair[0], end: pair[1], first, count, contested, derived, newest });
        }
    }

    /// Whether any operation changed it.
    pub(crate) const fn changes(&self) -> bool {
        self.changes
    }

    /// The piece that a cell is in.
    pub(crate) fn piece_at(&self, cell: u32) -> Option<&Piece> {
        self.pieces_from(cell).first()
    }

    /// The piece that a cell is in and those after it.
    pub(crate) fn pieces_from(&self, cell: u32) -> &[Piece] {
        let first = self.pieces.iter().position(|piece| cell < piece.end).unwrap_or(self.pieces.len());
        let pieces = &self.pieces[first..];
        if pieces.first().is_some_and(|piece| piece.start <= cell) { pieces } else { &[] }
    }

    /// The versions of a piece, with their indices.
    pub(crate) fn versions_of(&self, piece: &Piece) -> impl Iterator<Item = (u16, &Version)> + Clone {
        let range = piece.first as usize..(piece.first + piece.count) as usize;
        self.members[range].iter().map(|&index| (index, &self.versions[usize::from(index)]))
    }

    /// One version.
    pub(crate) fn version(&self, index: u16) -> &Version {
        &self.versions[usize::from(index)]
    }

    /// All versions.
    pub(crate) fn versions(&self) -> &[Version] {
        &self.versions
    }
}
