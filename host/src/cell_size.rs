//! The scale: how many bytes of the kernel a cell of a case is.

use case::Geometry;

/// Bytes in a page of this kernel, for which the scale is made: a case's page is one of these.
pub const PAGE: usize = 4096;

/// How large a cell is here. A case whose pages have 64 cells has cells of 64 bytes; one with pages of 4,096 cells is byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellSize {
    cell: usize,
}

impl CellSize {
    /// The scale at which a page of the case is a page of the kernel.
    #[must_use]
    pub const fn of(geometry: Geometry) -> Self {
        Self { cell: PAGE / geometry.page as usize }
    }

    /// Bytes in a cell.
    #[must_use]
    pub const fn cell(self) -> usize {
        self.cell
    }

    /// So many cells, in bytes.
    #[must_use]
    pub const fn bytes(self, cells: u32) -> usize {
        cells as usize * self.cell
    }

    /// So many bytes in whole cells, a rest left out.
    #[must_use]
    pub const fn cells(self, bytes: usize) -> u32 {
        (bytes / self.cell) as u32
    }

    /// Whether these bytes are whole cells.
    #[must_use]
    pub const fn is_whole(self, bytes: usize) -> bool {
        bytes.is_multiple_of(self.cell)
    }
}
