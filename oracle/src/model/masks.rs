//! Sets of cells: a bit for each cell of a range, all in one buffer.

/// The bits of all masks.
#[derive(Debug, Default)]
pub(super) struct Masks {
    words: Vec<u64>,
}

/// Where the bits of some cells are: indices of cells from `from` on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mask {
    word: usize,
    from: u32,
}

impl Mask {
    const fn place(self, at: u32) -> (usize, u32) {
        let along = at.wrapping_sub(self.from);
        (self.word + (along / 64) as usize, along % 64)
    }
}

impl Mask {
    /// The same bits, of cells that many indices further on (or back, by wrapping).
    pub const fn shifted(self, by: u32) -> Self {
        Self { from: self.from.wrapping_add(by), ..self }
    }
}

impl Masks {
    /// Takes all masks away.
    pub fn clear(&mut self) {
        self.words.clear();
    }

    /// Takes away a mask, and those that were made after it.
    pub fn forget(&mut self, mask: Mask) {
        self.words.truncate(mask.word);
    }

    /// A mask of nothing for these cells.
    pub fn empty(&mut self, from: u32, to: u32) -> Mask {
        let word = self.words.len();
        self.words.resize(word + (to - from).div_ceil(64) as usize, 0);
        Mask { word, from }
    }

    /// The first of these cells that is not in a mask; `to` if all are.
    pub fn first_missing(&self, mask: Mask, from: u32, to: u32) -> u32 {
        let mut at = from;
        while at < to {
            let (word, bit) = mask.place(at);
            let ones = (self.words[word] >> bit).trailing_ones();
            at += ones;
            if ones < 64 - bit {
                break;
            }
        }
        at.min(to)
    }

    /// One past the last of these cells that is not in a mask; `from` if all are.
    pub fn last_missing(&self, mask: Mask, from: u32, to: u32) -> u32 {
        let mut end = to;
        while end > from {
            let (word, bit) = mask.place(end - 1);
            let ones = (self.words[word] << (63 - bit)).leading_ones();
            end = end.saturating_sub(ones);
            if ones <= bit {
                break;
            }
        }
        end.max(from)
    }

    /// Adds cells to a mask.
    pub fn add(&mut self, mask: Mask, from: u32, to: u32) {
        let mut at = from;
        while at < to {
            let (word, bit) = mask.place(at);
            let count = (64 - bit).min(to - at);
            self.words[word] |= (u64::MAX >> (64 - count)) << bit;
            at += count;
        }
    }

    /// The first of these cells that is in a mask; `to` if none is.
    pub fn first_present(&self, mask: Mask, from: u32, to: u32) -> u32 {
        let mut at = from;
        while at < to {
            let (word, bit) = mask.place(at);
            let zeroes = (self.words[word] >> bit).trailing_zeros().min(64 - bit);
            at += zeroes;
            if zeroes < 64 - bit {
                break;
            }
        }
        at.min(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_finds_what_is_missing() {
        let mut masks = Masks::default();
        let mask = masks.empty(100, 300);
        masks.add(mask, 100, 170);
        masks.add(mask, 250, 300);
        assert_eq!(masks.first_missing(mask, 100, 300), 170);
        assert_eq!(masks.last_missing(mask, 100, 300), 250);
        assert_eq!(masks.first_missing(mask, 100, 120), 120);
        assert_eq!(masks.last_missing(mask, 260, 290), 260);
        assert_eq!(masks.first_present(mask, 165, 300), 165);
        assert_eq!(masks.first_present(mask, 170, 300), 250);
        assert_eq!(masks.first_present(mask, 170, 230), 230);
        // Right where the next word begins.
        masks.add(mask, 228, 229);
        assert_eq!(masks.first_present(mask, 171, 300), 228);
        // A run over the end of a word and all of the next.
        let long = masks.empty(10, 300);
        masks.add(long, 40, 290);
        assert_eq!((masks.first_missing(long, 40, 300), masks.last_missing(long, 10, 290)), (290, 40));
        assert_eq!((masks.first_missing(long, 39, 300), masks.last_missing(long, 10, 291)), (39, 291));
        assert_eq!((masks.first_present(long, 10, 300), masks.first_present(long, 290, 300)), (40, 300));
        masks.add(mask, 170, 250);
        assert_eq!((masks.first_missing(mask, 100, 300), masks.last_missing(mask, 100, 300)), (300, 100));
    }
}
