//! The size of a cell in bytes of the kernel.

use case::Geometry;

/// Bytes in a page of this kernel. A page of a case is one of these.
pub const PAGE: usize = 4096;

/// The size of a cell. A case with pages of 64 cells has cells of 64 bytes; one with pages of 4,096 cells has cells
/// of a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellSize {
    cell: usize,
}

impl CellSize {
    /// The size at which a page of the case is a page of the kernel.
    #[must_use]
    pub const fn of(geometry: Geometry) -> Self {
        Self { cell: PAGE / geometry.page as usize }
    }

    /// Bytes in a cell.
    #[must_use]
    pub const fn cell(self) -> usize {
        self.cell
    }

    /// Converts cells to bytes.
    #[must_use]
    pub const fn bytes(self, cells: u32) -> usize {
        cells as usize * self.cell
    }

    /// Converts bytes to whole cells, and drops the remainder.
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
