//! Loads, stores and page faults: through the ptes, and through the subject where one is missing.

use crate::coroutine::preempt;
use crate::frames::Frame;
use crate::tag::{CELL, encode_one};
use crate::world::{Kind, There, with};
use case::Range;
use oracle::{Cell, OperationId, Origin, Outcome};
use std::ptr::NonNull;

/// What brings pages of files to addresses: the subject.
pub(crate) trait Mapped {
    /// A page fault on a page of a file: whether it installed a frame.
    fn fault(&self, file: usize, page: u32, write: bool, install: &mut Install<'_>) -> bool;
}

/// Installs a frame at the address that faulted. The subject does it under the lock that keeps the page where it is:
/// one installed later can be of a page that has left the cache.
pub struct Install<'i> {
    installed: &'i mut dyn FnMut(u16),
}

impl std::fmt::Debug for Install<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Install").finish_non_exhaustive()
    }
}

impl<'i> Install<'i> {
    pub(crate) const fn new(installed: &'i mut dyn FnMut(u16)) -> Self {
        Self { installed }
    }

    /// Installs a frame.
    pub fn frame(&mut self, frame: &Frame) {
        (self.installed)(frame.number());
    }

    /// Installs the frame at this address, for code that has only that.
    ///
    /// # Panics
    /// If it is not the address of one of the harness's frames.
    pub fn address(&mut self, address: NonNull<u8>) {
        let found = with(|w| w.frames.find(address.as_ptr()));
        (self.installed)(found.expect("the address of a frame of the harness"));
    }
}

/// Why an access cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bad {
    /// Nothing is mapped there: `SIGSEGV`, `EFAULT`.
    Segment,
    /// The file has no such page: `SIGBUS`, `EFAULT`.
    Bus,
}

impl From<Bad> for Outcome {
    fn from(bad: Bad) -> Self {
        match bad {
            Bad::Segment => Self::SegmentationFault,
            Bad::Bus => Self::BusError,
        }
    }
}

/// A page fault: brings a page to its address. It can be gone again before anybody uses it.
pub(crate) fn fault(mapped: &dyn Mapped, memory: usize, page: u32, write: bool) -> Result<(), Bad> {
    preempt();
    let (file, shared) = with(|w| {
        let it = &mut w.memory.regions[memory];
        if page >= it.pages || it.unreadable & 1 << page != 0 {
            return Err(Bad::Segment);
        }
        if it.own & 1 << page != 0 {
            it.resident |= 1 << page;
            w.note(Kind::Map, 0xfa << 32 | u64::from(page), |_| format!("brings page {page} of memory {memory} back"));
            return Ok((None, false));
        }
        Ok((it.file.map(|(file, base)| (file, base + page)), it.shared))
    })?;
    let Some((file, index)) = file else { return Ok(()) };
    let writable = write && shared;
    let mut installed = |frame| with(|w| w.install(memory, page, frame, writable));
    if !mapped.fault(file, index, writable, &mut Install::new(&mut installed)) {
        return Err(Bad::Bus);
    }
    if write && !shared {
        with(|w| w.copy_on_write(memory, page));
    }
    Ok(())
}

/// The pieces of a range that lie in one page each: page, offset in it and length.
fn pieces(range: Range, page: u32) -> impl Iterator<Item = (u32, u32, u32)> {
    let mut at = range.start;
    std::iter::from_fn(move || {
        let length = (page - at % page).min(range.end - at);
        let piece = (at / page, at % page, length);
        at += length;
        (length > 0).then_some(piece)
    })
}

/// A load: what it saw is appended to `cells`.
pub(crate) fn load(mapped: &dyn Mapped, memory: usize, range: Range, cells: &mut Vec<Cell>) -> Outcome {
    let size = with(|w| w.memory.page as u32);
    for (page, at, length) in pieces(range, size) {
        preempt();
        loop {
            let seen = with(|w| {
                match w.memory.there(memory, page, false) {
                    There::Own(start) => {
                        cells.extend_from_slice(&w.memory.cells[start + at as usize..][..length as usize]);
                    }
                    There::Frame(frame) => w.frames.decode(frame, at as usize * CELL, length as usize * CELL, cells),
                    There::Absent | There::Unreadable => return false,
                }
                w.note(Kind::Copy, u64::from(page) << 16 | u64::from(at), |_| {
                    format!("loads page {page} of memory {memory}")
                });
                true
            });
            if seen {
                break;
            }
            if let Err(bad) = fault(mapped, memory, page, false) {
                return bad.into();
            }
        }
    }
    Outcome::Done(range.len())
}

/// A store.
pub(crate) fn store(mapped: &dyn Mapped, id: OperationId, memory: usize, range: Range) -> Outcome {
    let size = with(|w| w.memory.page as u32);
    for (page, at, length) in pieces(range, size) {
        preempt();
        loop {
            let stored = with(|w| {
                let first = Cell::new(Origin::Stored { operation: id, offset: page * size + at });
                match w.memory.there(memory, page, true) {
                    There::Own(start) => {
                        Cell::count_up(&mut w.memory.cells[start + at as usize..][..length as usize], first);
                    }
                    There::Frame(frame) => {
                        let mut bytes = [0; CELL];
                        for cell in 0..length {
                            encode_one(first.advance(cell), &mut bytes);
                            w.frames.write(frame, (at + cell) as usize * CELL, &bytes);
                        }
                    }
                    There::Absent | There::Unreadable => return false,
                }
                w.note(Kind::Copy, 1 << 40 | u64::from(page) << 16 | u64::from(at), |_| {
                    format!("stores to page {page} of memory {memory}")
                });
                true
            });
            if stored {
                break;
            }
            if let Err(bad) = fault(mapped, memory, page, true) {
                return bad.into();
            }
        }
    }
    Outcome::Done(range.len())
}
