//! The disk of a subject: the harness's own, so that what is on it is known. Its requests take their time; a step of
//! the runner `disk` completes the oldest.

use crate::coroutine::suspend;
use crate::world::{Kind, Request, with};
use oracle::Errno;

pub use crate::world::SECTOR;

/// The disk of a run, wherever it is used.
#[derive(Clone, Copy, Debug)]
pub struct Disk {
    pub(crate) _private: (),
}

impl Disk {
    /// Its size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        with(|w| w.disk.size)
    }

    /// Reads whole sectors; other tasks run meanwhile.
    ///
    /// # Errors
    /// `EIO`, if the case injects it.
    ///
    /// # Panics
    /// If it is not asked for whole sectors of the disk.
    pub fn read(&self, at: u64, bytes: &mut [u8]) -> Result<(), Errno> {
        let request = with(|w| w.request(false, at, bytes.len()));
        let done = perform(request);
        if done.result.is_ok() {
            bytes.copy_from_slice(&done.bytes);
        }
        keep(done)
    }

    /// Writes whole sectors; other tasks run meanwhile. What was written reaches the disk for good with the next
    /// [`Disk::flush`].
    ///
    /// # Errors
    /// `EIO`, if the case injects it.
    ///
    /// # Panics
    /// If it is not given whole sectors of the disk.
    pub fn write(&self, at: u64, bytes: &[u8]) -> Result<(), Errno> {
        let mut request = with(|w| w.request(true, at, bytes.len()));
        request.bytes.copy_from_slice(bytes);
        keep(perform(request))
    }

    /// What was written survives a loss of power from here on.
    pub fn flush(&self) {
        with(|w| {
            if let Some(undo) = &mut w.disk.undo {
                undo.clear();
            }
            // What is done once for many runs is no part of any.
            if !w.quiet {
                w.note(Kind::Submit, u64::MAX, |_| "flushes the disk".to_owned());
            }
        });
    }
}

/// Keeps the buffer for later.
fn keep(done: Request) -> Result<(), Errno> {
    with(|w| w.disk.spare.push(done.bytes));
    done.result
}

/// Waits until a request is done; at rest nobody waits.
fn perform(mut request: Request) -> Request {
    let at_once = with(|w| {
        if w.crashed && w.quiet {
            // What is unwound after power was lost cannot reach the disk any more.
            request.result = Err(Errno::EIO);
        } else if w.quiet {
            w.transfer(&mut request);
        }
        w.quiet
    });
    if at_once {
        return request;
    }
    let task = request.task;
    with(|w| w.submit(request));
    loop {
        suspend();
        if let Some(done) = with(|w| w.disk.done[usize::from(task)].take()) {
            return done;
        }
    }
}
