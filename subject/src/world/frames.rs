//! Page frames as they are: numbered, with what nobody initialised in them, and never given back to the allocator
//! during a run.

use crate::tag::{decode, word_of};
use oracle::{Cell, Origin, Owner};
use std::cell::UnsafeCell;

/// Frames in a run, at most.
const MOST: u16 = 1_024;

/// The frames of a thread.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// One allocation each, made when it is first handed out, and kept.
    memory: Vec<Box<[UnsafeCell<u64>]>>,
    /// Bytes in a frame.
    pub size: usize,
    used: u16,
    limit: u16,
}

impl Frames {
    /// A run begins: frames of so many bytes, and so many of them.
    pub fn reset(&mut self, size: usize, limit: u16) {
        if self.size != size {
            self.memory.clear();
        }
        self.size = size;
        self.used = 0;
        self.limit = limit.min(MOST);
    }

    /// The next frame, in which nothing is initialised.
    pub fn take(&mut self) -> Option<u16> {
        if self.used == self.limit {
            return None;
        }
        let number = self.used;
        self.used += 1;
        if self.memory.len() <= usize::from(number) {
            self.memory.push((0..self.size / 8).map(|_| UnsafeCell::new(0)).collect());
        }
        self.poison(number, Owner::Unknown);
        Some(number)
    }

    pub fn poison(&self, number: u16, before: Owner) {
        let word = u64::from(word_of(Cell::new(Origin::Uninitialised { frame: number, before })));
        for it in &self.memory[usize::from(number)] {
            // SAFETY: nobody has a reference into it; whoever has its address does not use it now.
            unsafe { *it.get() = word << 32 | word };
        }
    }

    pub fn base(&self, number: u16) -> *mut u8 {
        UnsafeCell::raw_get(self.memory[usize::from(number)].as_ptr()).cast()
    }

    fn part(&self, number: u16, at: usize, length: usize) -> *mut u8 {
        assert!(at <= self.size && length <= self.size - at, "{at}..{} is not in a frame", at + length);
        // SAFETY: within the allocation, as was just asserted.
        unsafe { self.base(number).add(at) }
    }

    pub fn write(&self, number: u16, at: usize, bytes: &[u8]) {
        // SAFETY: the frame has room; nobody else writes to it now, since all tasks are of one thread.
        unsafe { self.part(number, at, bytes.len()).copy_from(bytes.as_ptr(), bytes.len()) }
    }

    pub fn read(&self, number: u16, at: usize, bytes: &mut [u8]) {
        // SAFETY: as in `write`.
        unsafe { self.part(number, at, bytes.len()).copy_to(bytes.as_mut_ptr(), bytes.len()) }
    }

    /// Appends the cells of a part of a frame.
    pub fn decode(&self, number: u16, at: usize, length: usize, cells: &mut Vec<Cell>) {
        // SAFETY: the bytes are initialised, and nobody writes to them before this returns.
        let bytes = unsafe { std::slice::from_raw_parts(self.part(number, at, length), length) };
        decode(bytes, cells);
    }

    /// The frame in which an address lies.
    pub fn find(&self, address: *const u8) -> Option<u16> {
        (0..self.used).find(|it| {
            let base = self.base(*it).cast_const();
            (base as usize..base as usize + self.size).contains(&(address as usize))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::CELL;

    fn frames() -> Frames {
        let mut frames = Frames::default();
        frames.reset(4 * CELL, 3);
        frames
    }

    fn decoded(frames: &Frames, number: u16) -> Vec<Cell> {
        let mut cells = Vec::new();
        frames.decode(number, 0, frames.size, &mut cells);
        cells
    }

    #[test]
    fn a_frame_begins_with_what_nobody_initialised() {
        let mut frames = frames();
        let first = frames.take().expect("a frame");
        let uninitialised = Cell::new(Origin::Uninitialised { frame: first, before: Owner::Unknown });
        assert_eq!(decoded(&frames, first), [uninitialised; 4]);
        frames.write(first, CELL, &[0; CELL]);
        assert!(decoded(&frames, first)[1].is_zero() && decoded(&frames, first)[2] == uninitialised);
        let mut bytes = [1; CELL];
        frames.read(first, CELL, &mut bytes);
        assert_eq!(bytes, [0; CELL]);
        frames.poison(first, Owner::Kernel);
        assert!(decoded(&frames, first).iter().all(|it| it.is_uninitialised() && *it != uninitialised));
    }

    #[test]
    fn frames_are_few_and_found_by_their_addresses() {
        let mut frames = frames();
        let all: Vec<u16> = std::iter::from_fn(|| frames.take()).collect();
        assert_eq!(all, [0, 1, 2]);
        for number in all {
            let base = frames.base(number);
            // SAFETY: the last byte of the frame.
            let last = unsafe { base.add(4 * CELL - 1) };
            assert_eq!((frames.find(base), frames.find(last)), (Some(number), Some(number)));
        }
        assert_eq!(frames.find(&raw const frames as *const u8), None);
        // The next run has the same memory, and nothing of what was in it.
        frames.write(0, 0, &[0; CELL]);
        frames.reset(4 * CELL, 3);
        assert_eq!(frames.take(), Some(0));
        assert!(decoded(&frames, 0).iter().all(|it| it.is_uninitialised()));
    }

    #[test]
    #[should_panic(expected = "is not in a frame")]
    fn nothing_goes_past_the_end_of_a_frame() {
        let mut frames = frames();
        let number = frames.take().expect("a frame");
        frames.write(number, 3 * CELL + 1, &[0; CELL]);
    }
}
