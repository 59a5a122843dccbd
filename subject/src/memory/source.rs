//! The source of a write: user memory, which can come up short.

use super::{Mapped, fault};
use crate::coroutine::preempt;
use crate::frames::Frame;
use crate::tag::{CELL, encode_one};
use crate::world::{Kind, There, World, with};
use oracle::{OperationId, Span};
use std::fmt;

/// What a write copies from: an iovec over user memory, in bytes.
///
/// A copy comes up short where a page cannot be read, and an atomic one also where a page is not there. The page may be
/// a mapping of one of the subject's own files: then a copy that faults calls [`crate::Subject::fault`] in the middle
/// of the write.
pub struct Source<'s> {
    mapped: &'s dyn Mapped,
    write: OperationId,
    segments: Span,
    /// How much of it was taken, in bytes.
    taken: usize,
    length: usize,
}

impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("taken", &self.taken).field("length", &self.length).finish_non_exhaustive()
    }
}

/// Consecutive bytes of one page of memory.
#[derive(Clone, Copy, Debug)]
struct Piece {
    memory: usize,
    page: u32,
    /// In the page.
    at: usize,
    length: usize,
}

impl<'s> Source<'s> {
    pub(crate) fn new(mapped: &'s dyn Mapped, write: OperationId, segments: Span) -> Self {
        let length = with(|w| w.history.segments[segments.range()].iter().map(|it| it.length as usize).sum::<usize>());
        Self { mapped, write, segments, taken: 0, length: length * CELL }
    }

    /// Bytes that are still to be copied.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.length - self.taken
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.remaining() == 0
    }

    /// Gives bytes back that were copied for nothing: the next copy begins with them.
    ///
    /// # Panics
    /// If not so many were copied.
    pub const fn give_back(&mut self, bytes: usize) {
        assert!(bytes <= self.taken, "more than was taken");
        self.taken -= bytes;
    }

    /// Copies as much as there is and fits, and waits for pages that are not there: `copy_from_user`. It is shorter
    /// only where a page cannot be read (`EFAULT`).
    pub fn copy(&mut self, to: &mut [u8]) -> usize {
        self.copy_pieces(to.len(), true, &mut |w, piece, write, done| {
            w.copy_piece(piece, write, &mut to[done..done + piece.length])
        })
    }

    /// The same without waiting, as code does that holds a spin lock or a page's lock: it is shorter where a page is
    /// not there, too. Nobody else runs meanwhile.
    pub fn copy_atomic(&mut self, to: &mut [u8]) -> usize {
        self.copy_pieces(to.len(), false, &mut |w, piece, write, done| {
            w.copy_piece(piece, write, &mut to[done..done + piece.length])
        })
    }

    /// [`Source::copy`] into a frame.
    pub fn copy_to_frame(&mut self, frame: &Frame, at: usize, length: usize) -> usize {
        self.copy_pieces(length, true, &mut |w, piece, write, done| {
            w.copy_piece_to(piece, write, frame.number(), at + done)
        })
    }

    /// [`Source::copy_atomic`] into a frame.
    pub fn copy_to_frame_atomic(&mut self, frame: &Frame, at: usize, length: usize) -> usize {
        self.copy_pieces(length, false, &mut |w, piece, write, done| {
            w.copy_piece_to(piece, write, frame.number(), at + done)
        })
    }

    /// Makes the pages of the next bytes present, as far as they can be read: `fault_in_readable`. They may be gone
    /// again when somebody copies. Whether the first byte can be read.
    pub fn fault_in(&mut self, length: usize) -> bool {
        let taken = self.taken;
        let mut touched = 0;
        while touched < length.min(self.length - taken) {
            self.taken = taken + touched;
            let Some(piece) = self.piece(length - touched) else { break };
            let is_there =
                with(|w| matches!(w.memory.there(piece.memory, piece.page, false), There::Own(_) | There::Frame(_)));
            if !is_there && fault(self.mapped, piece.memory, piece.page, false).is_err() {
                break;
            }
            touched += piece.length;
        }
        self.taken = taken;
        touched > 0 || length == 0
    }

    /// The next bytes that lie in one page, at most so many; `None` behind the end.
    fn piece(&self, most: usize) -> Option<Piece> {
        with(|w| {
            let mut skip = self.taken;
            for segment in &w.history.segments[self.segments.range()] {
                let length = segment.length as usize * CELL;
                if skip >= length {
                    skip -= length;
                    continue;
                }
                let size = w.memory.page * CELL;
                let offset = segment.offset as usize * CELL + skip;
                let length = (length - skip).min(size - offset % size).min(most);
                let page = (offset / size) as u32;
                return (length > 0).then_some(Piece {
                    memory: segment.memory.index(),
                    page,
                    at: offset % size,
                    length,
                });
            }
            None
        })
    }

    fn copy_pieces(
        &mut self,
        length: usize,
        faults: bool,
        copy: &mut dyn FnMut(&mut World, Piece, OperationId, usize) -> bool,
    ) -> usize {
        let mut done = 0;
        while done < length {
            let Some(piece) = self.piece(length - done) else { break };
            if faults {
                preempt();
            }
            if with(|w| copy(w, piece, self.write, done)) {
                done += piece.length;
                self.taken += piece.length;
            } else if !faults || fault(self.mapped, piece.memory, piece.page, false).is_err() {
                with(|w| w.note_short_copy(piece));
                break;
            }
        }
        done
    }
}

impl World {
    /// A copy comes up short.
    fn note_short_copy(&mut self, Piece { memory, page, .. }: Piece) {
        let why = match self.memory.there(memory, page, false) {
            There::Unreadable => "cannot be read",
            _ => "is not there",
        };
        self.note(Kind::Copy, 3 << 40 | u64::from(page), |_| {
            format!("copy stops: page {page} of memory {memory} {why}")
        });
    }

    /// Copies a piece if it is there.
    fn copy_piece(&mut self, piece: Piece, write: OperationId, to: &mut [u8]) -> bool {
        match self.memory.there(piece.memory, piece.page, false) {
            There::Own(start) => {
                let mut done = 0;
                while done < piece.length {
                    let at = piece.at + done;
                    let mut bytes = [0; CELL];
                    encode_one(self.memory.cells[start + at / CELL].copied_by(write), &mut bytes);
                    let part = &bytes[at % CELL..];
                    let part = &part[..part.len().min(piece.length - done)];
                    to[done..done + part.len()].copy_from_slice(part);
                    done += part.len();
                }
            }
            There::Frame(frame) => self.frames.read(frame, piece.at, to),
            There::Absent | There::Unreadable => return false,
        }
        let value = (piece.memory as u64) << 40 | u64::from(piece.page) << 32 | (piece.at as u64) << 16;
        self.note(Kind::Copy, value | (piece.length as u64 / 8), |_| {
            let Piece { memory, page, length, .. } = piece;
            format!("copies {length} bytes of page {page} of memory {memory}")
        });
        true
    }

    fn copy_piece_to(&mut self, piece: Piece, write: OperationId, frame: u16, at: usize) -> bool {
        let mut bytes = [0; 4_096];
        let mut done = 0;
        while done < piece.length {
            let length = (piece.length - done).min(bytes.len());
            let part = Piece { at: piece.at + done, length, ..piece };
            if !self.copy_piece(part, write, &mut bytes[..length]) {
                return false;
            }
            self.frames.write(frame, at + done, &bytes[..length]);
            done += length;
        }
        true
    }
}

impl std::io::Read for Source<'_> {
    /// [`Source::copy`]; 0 where a page cannot be read, too.
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        Ok(self.copy(to))
    }
}
