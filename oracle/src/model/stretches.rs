//! The stretches of copies that a question has gone through.

use crate::{MemoryId, OperationId};

/// A write's copy from a memory, and which of its cells an observed cell would be: its offset in the memory less its
/// index, the same for neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Copy {
    pub write: OperationId,
    pub memory: MemoryId,
    pub along: u32,
}

/// Stretches of copies: a hash table that is emptied in no time.
#[derive(Debug, Default)]
pub(super) struct Stretches {
    slots: Vec<(u32, Copy, u32, u32)>,
    /// How many of the slots are in use: a power of two.
    used: usize,
    filled: usize,
    now: u32,
    /// Stretches on their way to more slots.
    moving: Vec<(Copy, u32, u32)>,
    /// What is left of a stretch while others are taken from it.
    left: Vec<(u32, u32)>,
}

/// The slots that a question begins with.
const FEWEST: usize = 16;

impl Stretches {
    const FREE: (u32, Copy, u32, u32) = (0, Copy { write: OperationId(0), memory: MemoryId(0), along: 0 }, 0, 0);

    pub fn clear(&mut self) {
        self.filled = 0;
        self.used = FEWEST;
        self.forget();
    }

    /// Makes all slots free. 0 marks a slot that was never filled.
    fn forget(&mut self) {
        self.now = self.now.checked_add(1).unwrap_or_else(|| {
            self.slots.fill(Self::FREE);
            1
        });
    }

    /// Adds a stretch of a copy, and tells those parts of it that are new.
    pub fn add(&mut self, copy: Copy, from: u32, to: u32, new: &mut impl FnMut(u32, u32)) {
        let mut left = std::mem::take(&mut self.left);
        left.clear();
        left.push((from, to));
        let mut slot = self.first_slot(copy);
        while let Some(&(now, other, start, end)) = self.slots.get(slot)
            && now == self.now
        {
            if other == copy {
                take_away(&mut left, start, end);
            }
            slot = (slot + 1) & (self.used - 1);
        }
        for &(from, to) in &left {
            self.insert(copy, from, to);
            new(from, to);
        }
        self.left = left;
    }

    fn first_slot(&self, copy: Copy) -> usize {
        let key = u64::from(copy.write.0) << 40 | u64::from(copy.memory.0) << 32 | u64::from(copy.along);
        (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize & (self.used - 1)
    }

    fn insert(&mut self, copy: Copy, from: u32, to: u32) {
        if (self.filled + 1) * 2 > self.used || self.slots.len() < self.used {
            self.grow();
        }
        let mut slot = self.first_slot(copy);
        while self.slots[slot].0 == self.now {
            slot = (slot + 1) & (self.used - 1);
        }
        self.slots[slot] = (self.now, copy, from, to);
        self.filled += 1;
    }

    fn grow(&mut self) {
        let now = self.now;
        let filled = self.slots.iter().take(self.used).filter(|it| it.0 == now);
        self.moving.extend(filled.map(|&(_, copy, from, to)| (copy, from, to)));
        if (self.filled + 1) * 2 > self.used {
            self.used *= 2;
        }
        if self.slots.len() < self.used {
            self.slots.resize(self.used, Self::FREE);
        }
        self.forget();
        self.filled = 0;
        while let Some((copy, from, to)) = self.moving.pop() {
            self.insert(copy, from, to);
        }
    }
}

/// Takes `[start, end)` away from stretches.
fn take_away(left: &mut Vec<(u32, u32)>, start: u32, end: u32) {
    for at in (0..left.len()).rev() {
        let (from, to) = left[at];
        if start >= to || end <= from {
            continue;
        }
        left.swap_remove(at);
        if from < start {
            left.push((from, start));
        }
        if end < to {
            left.push((end, to));
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
        new.sort_unstable();
        new
    }

    #[test]
    fn a_stretch_is_new_once() {
        let mut stretches = Stretches::default();
        stretches.clear();
        assert_eq!(added(&mut stretches, COPY, 10, 20), [(10, 20)]);
        assert_eq!(added(&mut stretches, COPY, 10, 20), []);
        assert_eq!(added(&mut stretches, COPY, 5, 30), [(5, 10), (20, 30)]);
        assert_eq!(added(&mut stretches, COPY, 5, 30), []);
        assert_eq!(added(&mut stretches, Copy { along: 8, ..COPY }, 12, 13), [(12, 13)]);
        stretches.clear();
        assert_eq!(added(&mut stretches, COPY, 12, 13), [(12, 13)]);
    }

    #[test]
    fn many_stretches_are_kept() {
        let mut stretches = Stretches::default();
        for round in 0..3 {
            stretches.clear();
            for pass in 0..2 {
                for along in 0..1000 {
                    let copy = Copy { along, ..COPY };
                    let new = added(&mut stretches, copy, along * 3 + round, along * 3 + round + 2);
                    assert_eq!(new.len(), 1 - pass, "{along} in pass {pass} of round {round}");
                }
            }
        }
    }
}
