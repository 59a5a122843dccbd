//! The stretches of copies that a question has gone through.

use super::masks::{Mask, Masks};
use crate::{MemoryId, OperationId};

/// A write's copy from a memory, and which of its cells an observed cell would be: its offset in the memory less its
/// index, the same for neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Copy {
    pub write: OperationId,
    pub memory: MemoryId,
    pub along: u32,
}

/// Which cells of which copies a question has gone through: a hash table that is emptied in no time.
#[derive(Debug, Default)]
pub(super) struct Stretches {
    slots: Vec<Slot>,
    /// How many of the slots are in use: a power of two.
    used: usize,
    filled: usize,
    now: u32,
    /// Those on their way to more slots.
    moving: Vec<Slot>,
    /// The cells that the question is about.
    from: u32,
    to: u32,
    masks: Masks,
}

/// A copy, and what was gone through of it.
#[derive(Clone, Copy, Debug)]
struct Slot {
    /// When it was filled; 0 marks one that never was.
    filled: u32,
    copy: Copy,
    gone: Gone,
}

/// Which cells were gone through: mostly these are neighbours.
#[derive(Clone, Copy, Debug)]
enum Gone {
    Stretch(u32, u32),
    Mask(Mask),
}

/// The slots that a question begins with.
const FEWEST: usize = 16;

impl Stretches {
    const FREE: Slot = Slot {
        filled: 0,
        copy: Copy { write: OperationId(0), memory: MemoryId(0), along: 0 },
        gone: Gone::Stretch(0, 0),
    };

    /// Forgets all: another question is about the cells `[from, to)`.
    pub fn begin(&mut self, from: u32, to: u32) {
        (self.from, self.to) = (from, to);
        self.masks.clear();
        self.used = FEWEST;
        self.empty();
        if self.slots.len() < self.used {
            self.slots.resize(self.used, Self::FREE);
        }
    }

    /// Makes all slots free.
    fn empty(&mut self) {
        self.filled = 0;
        self.now = self.now.checked_add(1).unwrap_or_else(|| {
            self.slots.fill(Self::FREE);
            1
        });
    }

    /// Adds a stretch of a copy, and tells those parts of it that are new. Returns how much memory that took, in
    /// stretches.
    pub fn add(&mut self, copy: Copy, from: u32, to: u32, new: &mut impl FnMut(u32, u32)) -> u32 {
        let at = self.slot_of(copy);
        if self.slots[at].filled != self.now {
            self.slots[at] = Slot { filled: self.now, copy, gone: Gone::Stretch(from, to) };
            self.filled += 1;
            if self.filled * 2 > self.used {
                self.grow();
            }
            new(from, to);
            return 1;
        }
        let mut took = 0;
        if let Gone::Stretch(start, end) = self.slots[at].gone {
            if from <= end && start <= to {
                self.slots[at].gone = Gone::Stretch(start.min(from), end.max(to));
                let outside = [(from, start.min(to)), (end.max(from), to)];
                outside.into_iter().filter(|(from, to)| from < to).for_each(|(from, to)| new(from, to));
                return 0;
            }
            let mask = self.masks.empty(self.from, self.to);
            self.masks.add(mask, start, end);
            self.slots[at].gone = Gone::Mask(mask);
            took = (self.to - self.from).div_ceil(64);
        }
        if let Gone::Mask(mask) = self.slots[at].gone {
            let mut start = self.masks.first_missing(mask, from, to);
            while start < to {
                let end = self.masks.first_present(mask, start, to);
                new(start, end);
                start = self.masks.first_missing(mask, end, to);
            }
            self.masks.add(mask, from, to);
        }
        took
    }

    /// The slot of a copy, or the free one where it belongs.
    fn slot_of(&self, copy: Copy) -> usize {
        let key = u64::from(copy.write.0) << 40 | u64::from(copy.memory.0) << 32 | u64::from(copy.along);
        let mut at = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize & (self.used - 1);
        while self.slots[at].filled == self.now && self.slots[at].copy != copy {
            at = (at + 1) & (self.used - 1);
        }
        at
    }

    fn grow(&mut self) {
        let now = self.now;
        self.moving.extend(self.slots[..self.used].iter().filter(|it| it.filled == now));
        self.used *= 2;
        if self.slots.len() < self.used {
            self.slots.resize(self.used, Self::FREE);
        }
        self.empty();
        self.filled = self.moving.len();
        while let Some(slot) = self.moving.pop() {
            let at = self.slot_of(slot.copy);
            self.slots[at] = Slot { filled: self.now, ..slot };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COPY: Copy = Copy { write: OperationId(1), memory: MemoryId(2), along: 7 };

    fn added(stretches: &mut Stretches, copy: Copy, from: u32, to: u32) -> Vec<(u32, u32)> {
        let mut new = Vec::new();
        stretches.add(copy, from, to, &mut |from, to| new.push((from, to)));
        new
    }

    #[test]
    fn a_stretch_is_new_once() {
        let mut stretches = Stretches::default();
        stretches.begin(5, 130);
        assert_eq!(added(&mut stretches, COPY, 10, 20), [(10, 20)]);
        assert_eq!(added(&mut stretches, COPY, 10, 20), []);
        assert_eq!(added(&mut stretches, COPY, 8, 12), [(8, 10)]);
        assert_eq!(added(&mut stretches, COPY, 20, 22), [(20, 22)]);
        assert_eq!(added(&mut stretches, COPY, 40, 50), [(40, 50)]);
        assert_eq!(added(&mut stretches, COPY, 15, 45), [(22, 40)]);
        assert_eq!(added(&mut stretches, COPY, 60, 61), [(60, 61)]);
        assert_eq!(added(&mut stretches, COPY, 5, 130), [(5, 8), (50, 60), (61, 130)]);
        assert_eq!(added(&mut stretches, COPY, 5, 130), []);
        assert_eq!(added(&mut stretches, Copy { along: 8, ..COPY }, 12, 13), [(12, 13)]);
        stretches.begin(12, 13);
        assert_eq!(added(&mut stretches, COPY, 12, 13), [(12, 13)]);
    }

    #[test]
    fn many_copies_are_kept() {
        let mut stretches = Stretches::default();
        for round in 0..3 {
            stretches.begin(round, round + 3);
            for pass in 0..2 {
                for along in 0..1000 {
                    let copy = Copy { along, ..COPY };
                    let new = added(&mut stretches, copy, along % 2 + round, along % 2 + round + 2);
                    assert_eq!(new.len(), 1 - pass, "{along} in pass {pass} of round {round}");
                }
            }
        }
    }
}
