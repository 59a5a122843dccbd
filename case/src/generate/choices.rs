//! Random choices from a buffer of bytes, one byte each where that is enough. An empty buffer chooses the first, and
//! "no".

use arbitrary::Unstructured;

/// A probability in 256ths.
pub(crate) type Chance = u8;

/// Makes choices. `Unstructured`'s own `int_in_range` takes as many bytes as its type has; most choices here are of a
/// few.
pub(crate) struct Choices<'a, 'b> {
    bytes: &'a mut Unstructured<'b>,
}

impl<'a, 'b> Choices<'a, 'b> {
    /// Chooses by these bytes.
    pub(crate) const fn new(bytes: &'a mut Unstructured<'b>) -> Self {
        Self { bytes }
    }

    /// The same, lent out.
    pub(crate) fn lend(&mut self) -> Choices<'_, 'b> {
        Choices { bytes: &mut *self.bytes }
    }

    /// Whether the bytes have run out.
    pub(crate) fn ended(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The next byte; 0 after the end.
    pub(crate) fn byte(&mut self) -> u8 {
        self.bytes.arbitrary().unwrap_or(0)
    }

    /// A number below `bound`; 0 if that is 0.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        match bound {
            0 | 1 => 0,
            2..=256 => (u32::from(self.byte()) * bound) >> 8,
            _ => {
                let wide = u64::from(self.byte()) << 8 | u64::from(self.byte());
                ((wide * u64::from(bound)) >> 16) as u32
            }
        }
    }

    /// A number in `first..=last`; `first` if the range is empty.
    pub(crate) fn within(&mut self, first: u32, last: u32) -> u32 {
        first + self.below((last + 1).saturating_sub(first))
    }

    /// An index below `length`; 0 if that is 0.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        self.below(length as u32) as usize
    }

    /// True with this probability; "no" is what an empty buffer says.
    pub(crate) fn chance(&mut self, chance: Chance) -> bool {
        u16::from(self.byte()) + u16::from(chance) >= 256
    }

    /// One of these; must not be empty.
    pub(crate) fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.index(of.len())]
    }

    /// An index, each as likely as its weight says; `None` if all weights are 0.
    pub(crate) fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> Option<usize> {
        let sum = weights.clone().sum();
        if sum == 0 {
            return None;
        }
        let mut rest = self.below(sum);
        for (index, weight) in weights.enumerate() {
            if rest < weight {
                return Some(index);
            }
            rest -= weight;
        }
        None
    }

    /// A number from 0 to `weights.len() - 1`, each as likely as its weight says.
    pub(crate) fn pick(&mut self, weights: &[u8]) -> u32 {
        self.weighted(weights.iter().map(|w| u32::from(*w))).unwrap_or(0) as u32
    }
}
