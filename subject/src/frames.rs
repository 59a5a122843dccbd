//! Page frames: handed out with what nobody initialised in them, numbered, and never given back to the allocator during
//! a run. What is used after it was freed is seen to be that, without undefined behaviour.

use crate::tag::{decode, word_of};
use crate::trace::Kind;
use crate::world::with;
use oracle::{Cell, Errno, FaultKind, Origin, Owner};
use std::cell::UnsafeCell;
use std::fmt;
use std::ops::Range;
use std::ptr::NonNull;

/// Frames in a run, at most.
const MOST: u16 = 1_024;

/// The frames of a thread.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// One allocation each, made when it is first handed out, and kept.
    memory: Vec<Box<[UnsafeCell<u64>]>>,
    /// Bytes in a frame.
    size: usize,
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
    fn take(&mut self) -> Option<u16> {
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

    fn poison(&self, number: u16, before: Owner) {
        let word = u64::from(word_of(Cell::new(Origin::Uninitialised { frame: number, before })));
        for it in &self.memory[usize::from(number)] {
            // SAFETY: nobody has a reference into it; whoever has its address does not use it now.
            unsafe { *it.get() = word << 32 | word };
        }
    }

    fn base(&self, number: u16) -> *mut u8 {
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

/// A page frame of the harness, a page of bytes. What is in it at first is nobody's: a read that shows it is `UNINIT`.
/// Dropped, it is freed.
pub struct Frame {
    number: u16,
    /// The run that it belongs to.
    run: u32,
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Frame").field(&self.number).finish()
    }
}

impl Frame {
    /// Allocates a frame.
    ///
    /// # Errors
    /// `ENOMEM`, if the case injects it, or has no more.
    pub fn allocate() -> Result<Self, Errno> {
        with(|w| {
            if w.chance(FaultKind::NoMemory).is_some() {
                return Err(Errno::ENOMEM);
            }
            let number = w.frames.take();
            if number.is_none()
                && let Some(operation) = w.operation()
            {
                w.history.operations[operation.index()].faults.insert(FaultKind::NoMemory);
            }
            let number = number.ok_or(Errno::ENOMEM)?;
            w.note(Kind::Note, 0x1_0000 | u64::from(number), |_| format!("allocates frame {number}"));
            Ok(Self { number, run: w.run })
        })
    }

    pub(crate) const fn number(&self) -> u16 {
        self.number
    }

    /// Bytes in it.
    #[must_use]
    pub fn size(&self) -> usize {
        with(|w| w.frames.size)
    }

    /// Where it is, for code that wants an address. It stays there until the end of the run.
    #[must_use]
    pub fn address(&self) -> NonNull<u8> {
        let base = with(|w| w.frames.base(self.number));
        NonNull::new(base).expect("no allocation is at address 0")
    }

    /// Copies bytes into it.
    ///
    /// # Panics
    /// If they go past its end.
    pub fn write(&self, at: usize, bytes: &[u8]) {
        with(|w| w.frames.write(self.number, at, bytes));
    }

    /// Copies bytes out of it.
    ///
    /// # Panics
    /// If they go past its end.
    pub fn read(&self, at: usize, bytes: &mut [u8]) {
        with(|w| w.frames.read(self.number, at, bytes));
    }

    /// Clears a part of it.
    ///
    /// # Panics
    /// If it goes past its end.
    pub fn clear(&self, part: Range<usize>) {
        const ZEROES: [u8; 4_096] = [0; 4_096];
        with(|w| {
            for at in part.clone().step_by(ZEROES.len()) {
                w.frames.write(self.number, at, &ZEROES[..(part.end - at).min(ZEROES.len())]);
            }
        });
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        with(|w| {
            // What is used after the run does not count any more.
            if w.run == self.run && !w.quiet {
                w.frames.poison(self.number, Owner::Kernel);
                w.trace.mix(Kind::Note, 0x2_0000 | u64::from(self.number));
            }
        });
    }
}
