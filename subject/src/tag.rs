//! Tags: cells as bytes, and back. Somebody else's code moves bytes; each cell is its 32 bits over and over, so that
//! what was moved whole is known exactly, and what was put together of pieces is known to be that.

use oracle::{Cell, Origin, ZeroSite};

/// Bytes in a cell. A page of 64 cells has 4,096.
pub const CELL: usize = 64;

/// Zero bytes, whoever made them.
pub(crate) const ZERO: Cell = Cell::zero(ZeroSite::Bytes, None);
/// Bytes that are no cell's.
pub(crate) const MIXED: Cell = Cell::new(Origin::Mixed);

/// The word that a cell's bytes repeat. Zero bytes are a zero, and nothing else is: no cell's bits are all ones.
#[inline]
pub(crate) const fn word_of(cell: Cell) -> u32 {
    if cell.is_zero() { 0 } else { !cell.bits() }
}

/// Writes cells as bytes; `bytes` has room for them.
pub(crate) fn encode(cells: &[Cell], bytes: &mut [u8]) {
    for (cell, bytes) in cells.iter().zip(bytes.chunks_exact_mut(CELL)) {
        encode_one(*cell, bytes);
    }
}

/// Writes one cell as bytes.
#[inline]
pub(crate) fn encode_one(cell: Cell, bytes: &mut [u8]) {
    let word = word_of(cell).to_le_bytes();
    for it in bytes.as_chunks_mut::<4>().0 {
        *it = word;
    }
}

/// Bytes as cells. Every size, count and offset of a case is one of whole cells, so that anything else is wrong, by
/// however little; rounded, it could look right.
///
/// # Panics
/// If it is no whole number of cells: what a subject says then ends its run.
pub(crate) fn whole_cells(what: &str, bytes: u64) -> u32 {
    assert!(
        bytes.is_multiple_of(CELL as u64),
        "{what} is {bytes} bytes, though all that was asked for was in multiples of {CELL}"
    );
    u32::try_from(bytes / CELL as u64).unwrap_or(u32::MAX)
}

/// Reads bytes as cells, and appends them; what is left at the end of the bytes is one of several pieces.
pub(crate) fn decode(bytes: &[u8], cells: &mut Vec<Cell>) {
    let (whole, rest) = bytes.as_chunks::<CELL>();
    cells.reserve(whole.len() + 1);
    let mut next = MIXED;
    for bytes in whole {
        // Mostly a cell goes on where the last one ends; or there are zeroes.
        let cell = match word_in(bytes) {
            Some(0) => ZERO,
            Some(word) if !word == next.bits() => next,
            Some(word) => Cell::from_bits(!word).filter(|it| !it.is_zero()).unwrap_or(MIXED),
            None => MIXED,
        };
        next = cell.advance(1);
        cells.push(cell);
    }
    if !rest.is_empty() {
        cells.push(MIXED);
    }
}

/// The word that the bytes of a cell repeat; `None` if they do not.
#[inline]
fn word_in(bytes: &[u8; CELL]) -> Option<u32> {
    let (words, _) = bytes.as_chunks::<8>();
    let first = u64::from_le_bytes(words[0]);
    // Without a branch for each word, so that the compiler makes vectors of it.
    let differs = words.iter().fold(0, |sum, it| sum | (u64::from_le_bytes(*it) ^ first));
    (differs == 0 && first >> 32 == first & 0xffff_ffff).then_some(first as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use oracle::{FileId, MemoryId, OperationId, Owner};

    #[test]
    fn cells_come_back_from_their_bytes() {
        let cells = [
            Cell::new(Origin::Uninitialised { frame: 0, before: Owner::Unknown }),
            Cell::new(Origin::Uninitialised { frame: 77, before: Owner::File(FileId(3)) }),
            Cell::new(Origin::Content { file: FileId(0), offset: 0 }),
            Cell::new(Origin::Written { operation: OperationId(127), memory: MemoryId(15), offset: 1_023 }),
            Cell::new(Origin::Stored { operation: OperationId(0), offset: 0 }),
            Cell::new(Origin::Stale { block: 4_095, offset: 65_535 }),
            ZERO,
            MIXED,
        ];
        let (mut bytes, mut back) = (vec![1; cells.len() * CELL], Vec::new());
        encode(&cells, &mut bytes);
        decode(&bytes, &mut back);
        assert_eq!(back, cells);
    }

    #[test]
    fn pieces_are_no_cell() {
        let content = |offset| Cell::new(Origin::Content { file: FileId(0), offset });
        let mut bytes = vec![0; CELL];
        let decode_one = |bytes: &[u8]| {
            let mut cells = Vec::new();
            decode(bytes, &mut cells);
            cells[0]
        };
        encode_one(content(1), &mut bytes);
        encode_one(content(2), &mut bytes[CELL / 2..]);
        assert_eq!(decode_one(&bytes), MIXED);
        encode_one(content(1), &mut bytes);
        bytes[CELL - 1] = 0;
        assert_eq!(decode_one(&bytes), MIXED);
        assert_eq!(decode_one(&[0x55; CELL]), MIXED);
        let mut cells = Vec::new();
        decode(&[0; CELL + 3], &mut cells);
        assert_eq!(cells, [ZERO, MIXED]);
    }
}
