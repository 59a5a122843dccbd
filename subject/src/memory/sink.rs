//! Where a read goes: user memory that is always there.

use crate::coroutine::preempt;
use crate::frames::Frame;
use crate::tag::{CELL, decode};
use crate::world::{Kind, with};
use oracle::Cell;
use std::fmt;

/// What a read copies to, in bytes. Each copy is a place where another task can run: the one before it, so that what a
/// lock protects is copied while it is held.
pub struct Sink<'s> {
    cells: &'s mut Vec<Cell>,
    /// Bytes that may still come.
    remaining: usize,
    /// Bytes that came without filling a cell.
    rest: Vec<u8>,
}

impl fmt::Debug for Sink<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink").field("remaining", &self.remaining).finish_non_exhaustive()
    }
}

impl<'s> Sink<'s> {
    pub(crate) const fn new(cells: &'s mut Vec<Cell>, length: usize) -> Self {
        Self { cells, remaining: length, rest: Vec::new() }
    }

    /// Bytes that may still be copied: what is left of the read.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.remaining
    }

    /// Copies bytes out: `copy_to_user`.
    ///
    /// # Panics
    /// If they are more than may still come.
    pub fn put(&mut self, bytes: &[u8]) {
        preempt();
        assert!(bytes.len() <= self.remaining, "{} bytes are more than was asked for", bytes.len());
        self.remaining -= bytes.len();
        if self.rest.is_empty() && bytes.len().is_multiple_of(CELL) {
            decode(bytes, self.cells);
        } else {
            self.take(bytes);
        }
        let seen = self.cells.last().map_or(0, |it| it.bits());
        with(|w| w.note(Kind::Copy, 2 << 40 | u64::from(seen), |_| format!("copies {} bytes out", bytes.len())));
    }

    /// Takes bytes that do not begin or end with a cell.
    fn take(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
        let whole = self.rest.len() / CELL * CELL;
        decode(&self.rest[..whole], self.cells);
        self.rest.drain(..whole);
    }

    /// Copies bytes of a frame out.
    ///
    /// # Panics
    /// If they are more than may still come, or go past the frame's end.
    pub fn put_frame(&mut self, frame: &Frame, at: usize, length: usize) {
        preempt();
        assert!(length <= self.remaining, "{length} bytes are more than was asked for");
        self.remaining -= length;
        if self.rest.is_empty() && length.is_multiple_of(CELL) {
            with(|w| w.frames.decode(frame.number(), at, length, self.cells));
        } else {
            let mut bytes = vec![0; length];
            frame.read(at, &mut bytes);
            self.take(&bytes);
        }
        let seen = self.cells.last().map_or(0, |it| it.bits());
        with(|w| w.note(Kind::Copy, 2 << 40 | u64::from(seen), |_| format!("copies {length} bytes out")));
    }
}

impl std::io::Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let length = bytes.len().min(self.remaining);
        self.put(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
