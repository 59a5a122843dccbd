//! The places that a question has been to: a hash set that is emptied in no time, for it is emptied for every question. Each question begins with
//! few slots again: most go nowhere, and should not have to wait for the memory that one of them once needed.

use crate::{MemoryId, OperationId};

/// A write, a memory, a cell of it, and the index of the observed cell that would have come from there.
pub(crate) type Place = (OperationId, MemoryId, u32, u32);

/// A set of places. A slot counts only if it was filled since the set was last emptied.
#[derive(Debug, Default)]
pub(crate) struct Visited {
    slots: Vec<(u32, Place)>,
    /// How many of the slots are in use: a power of two.
    used: usize,
    now: u32,
    filled: usize,
    /// Places on their way to more slots.
    moving: Vec<Place>,
    /// How many copies of copies deep the question is.
    depth: u32,
    /// How many copies the questions about this history have followed.
    followed: u32,
}

/// How deep a question goes: each level takes part of the thread's stack, which is 2 MiB where nobody says otherwise.
const DEEPEST: u32 = 1000;

/// How many copies the questions about one history follow: as many as all cells of the largest file of 64-cell pages are deep. What is
/// asked of more takes seconds, and comes with the real sizes only, where a write copies what it has just written, a cell further each time.
const MOST_FOLLOWED: u32 = 1 << 20;

/// The slots that a question begins with.
const FEWEST: usize = 64;

const NOWHERE: (u32, Place) = (0, (OperationId(0), MemoryId(0), 0, 0));

impl Visited {
    /// Empties the set.
    pub fn clear(&mut self) {
        if self.filled == 0 {
            return;
        }
        self.filled = 0;
        self.used = FEWEST;
        self.forget();
    }

    /// Makes all slots free.
    fn forget(&mut self) {
        self.now = self.now.checked_add(1).unwrap_or_else(|| {
            self.slots.fill(NOWHERE);
            1
        });
    }

    /// Begins with another history.
    pub const fn begin(&mut self) {
        self.followed = 0;
    }

    /// Goes from a copy to what it was copied from; false if that is too deep, or there have been too many.
    pub const fn descend(&mut self) -> bool {
        self.depth += 1;
        self.followed = self.followed.saturating_add(1);
        self.depth <= DEEPEST && self.followed <= MOST_FOLLOWED
    }

    /// Comes back.
    pub const fn ascend(&mut self) {
        self.depth -= 1;
    }

    /// Adds a place; false if it was there already.
    pub fn insert(&mut self, place: Place) -> bool {
        if self.filled * 2 >= self.used {
            self.grow();
        }
        let slot = self.slot(place);
        let new = self.slots[slot].0 != self.now;
        if new {
            self.slots[slot] = (self.now, place);
            self.filled += 1;
        }
        new
    }

    /// Where a place is, or would go.
    fn slot(&self, place: Place) -> usize {
        let (operation, memory, cell, index) = place;
        let key = u64::from(operation.0) << 56 | u64::from(memory.0) << 48 | u64::from(cell) << 24 | u64::from(index);
        let mask = self.used - 1;
        let mut slot = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize & mask;
        while self.slots[slot].0 == self.now && self.slots[slot].1 != place {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        let filled = self.slots[..self.used].iter().filter(|(when, _)| *when == self.now);
        self.moving.extend(filled.map(|(_, place)| *place));
        self.used = (self.used * 2).max(FEWEST);
        if self.slots.len() < self.used {
            self.slots.resize(self.used, NOWHERE);
        }
        // From 1 on: 0 marks a slot that was never filled.
        self.forget();
        while let Some(place) = self.moving.pop() {
            let slot = self.slot(place);
            self.slots[slot] = (self.now, place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_set_and_can_be_emptied() {
        let mut visited = Visited::default();
        for round in 0..3 {
            visited.clear();
            for pass in 0..2 {
                for cell in 0..1000 {
                    let place = (OperationId(cell as u8 % 7), MemoryId(3), cell, cell * 2 + round);
                    assert_eq!(visited.insert(place), pass == 0, "{cell} in pass {pass} of round {round}");
                }
            }
        }
    }
}
