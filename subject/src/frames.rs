//! Page frames of a subject: handed out by the harness. What is used after it was freed is seen to be that, without
//! undefined behaviour.

use crate::world::{Kind, with};
use oracle::{Errno, FaultKind, Owner};
use std::fmt;
use std::ops::Range;
use std::ptr::NonNull;

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
    ///
    /// # Panics
    /// Outside of a run, as in another test of the same crate: there are no frames.
    pub fn allocate() -> Result<Self, Errno> {
        with(|w| {
            assert!(w.is_running, "the harness's frames are there in a run only: elsewhere a subject needs its own");
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
