//! The content of a file: the blocks that were written, and nothing elsewhere.

use std::collections::BTreeMap;
use std::ops::Range;

/// Bytes in a block, which is also a page of the kernel's cache.
pub(crate) const BLOCK: usize = 4096;

/// Blocks by number. A range without a block reads as zeroes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocks(BTreeMap<u64, Box<[u8; BLOCK]>>);

/// Splits a range by blocks: for each part the block, the range in it, and the range in a buffer for the whole.
pub(crate) fn parts(offset: u64, length: usize) -> impl Iterator<Item = (u64, Range<usize>, Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        if done == length {
            return None;
        }
        let at = offset + done as u64;
        let start = (at % BLOCK as u64) as usize;
        let bytes = (BLOCK - start).min(length - done);
        done += bytes;
        Some((at / BLOCK as u64, start..start + bytes, done - bytes..done))
    })
}

impl Blocks {
    /// How many blocks there are.
    pub(crate) fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// Whether there is a block of this number.
    pub(crate) fn has(&self, block: u64) -> bool {
        self.0.contains_key(&block)
    }

    /// How many blocks a write of this range would add.
    pub(crate) fn missing(&self, offset: u64, length: usize) -> u64 {
        parts(offset, length).filter(|(block, ..)| !self.has(*block)).count() as u64
    }

    /// Reads a range.
    pub(crate) fn read(&self, offset: u64, length: usize) -> Vec<u8> {
        let mut buffer = vec![0; length];
        for (block, inside, outside) in parts(offset, length) {
            if let Some(block) = self.0.get(&block) {
                buffer[outside].copy_from_slice(&block[inside]);
            }
        }
        buffer
    }

    /// Writes a range.
    pub(crate) fn write(&mut self, offset: u64, data: &[u8]) {
        for (block, inside, outside) in parts(offset, data.len()) {
            let block = self.0.entry(block).or_insert_with(|| Box::new([0; BLOCK]));
            block[inside].copy_from_slice(&data[outside]);
        }
    }

    /// Clears a range: its whole blocks are dropped.
    pub(crate) fn clear(&mut self, range: Range<u64>) {
        let size = BLOCK as u64;
        let whole = range.start.div_ceil(size)..range.end / size;
        if whole.start < whole.end {
            let numbers: Vec<u64> = self.0.range(whole).map(|(number, _)| *number).collect();
            for number in numbers {
                self.0.remove(&number);
            }
        }
        for number in [range.start / size, range.end / size] {
            let first = number * size;
            let inside = |at: u64| (at.clamp(first, first + size) - first) as usize;
            let part = inside(range.start)..inside(range.end);
            if let Some(block) = self.0.get_mut(&number).filter(|_| !part.is_empty()) {
                block[part].fill(0);
            }
        }
    }

    /// Drops everything from this offset on.
    pub(crate) fn truncate(&mut self, size: u64) {
        self.clear(size..size.next_multiple_of(BLOCK as u64));
        self.0.split_off(&size.div_ceil(BLOCK as u64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_kept_cleared_and_cut() {
        let mut blocks = Blocks::default();
        blocks.write(4090, &[7; 5000]);
        assert_eq!(blocks.count(), 3);
        assert_eq!(blocks.missing(0, 5 * BLOCK), 2);
        blocks.clear(4095..8193);
        assert_eq!((blocks.count(), blocks.has(1)), (2, false));
        let seen = blocks.read(4090, 5000);
        assert!(seen[..5].iter().all(|it| *it == 7));
        assert!(seen[5..4103].iter().all(|it| *it == 0));
        assert!(seen[4103..].iter().all(|it| *it == 7));
        blocks.truncate(4093);
        assert_eq!(blocks.read(4090, 10), [7, 7, 7, 0, 0, 0, 0, 0, 0, 0]);
        blocks.truncate(0);
        assert_eq!(blocks.count(), 0);
    }
}
