//! What a subject is: the trait that somebody's page cache implements, and what it is given.

use crate::coroutine::preempt;
use crate::disk::Disk;
use crate::memory::{Install, Sink, Source};
use crate::tag::{CELL, encode};
use crate::world::with;
use case::Abilities;
use oracle::Errno;
use std::ops::Range;

/// A file when a run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Its size in bytes.
    pub size: u64,
    /// Where its region of the disk begins, in bytes. Byte `n` of the file is at `disk + n`, whether or not the file
    /// is that long.
    pub disk: u64,
    /// How long its region is, in bytes: no case makes the file longer.
    pub room: u64,
}

/// What the harness has for a subject. It can be kept, and copied, for as long as a run lasts.
#[derive(Clone, Copy, Debug)]
pub struct Env {
    pub(crate) _private: (),
}

impl Env {
    /// The disk.
    #[must_use]
    pub const fn disk(&self) -> Disk {
        Disk { _private: () }
    }

    /// Bytes in a page.
    #[must_use]
    pub fn page(&self) -> usize {
        with(|w| w.history.page as usize * CELL)
    }

    /// What a file contains when the run begins, for who has no region of the disk for it.
    #[must_use]
    pub fn content(&self, file: usize) -> Vec<u8> {
        with(|w| {
            let cells = &w.history.cells[w.history.files[file].content.range()];
            let mut bytes = vec![0; cells.len() * CELL];
            encode(cells, &mut bytes);
            bytes
        })
    }

    /// Takes pages of a file from all addresses that they are at: before they leave the cache. Pages that a truncate
    /// cuts off take their private copies with them (`cut_off`).
    ///
    /// Others can run just before: they may store through a mapping still.
    pub fn unmap(&self, file: usize, pages: Range<u32>, cut_off: bool) {
        preempt();
        with(|w| w.unmap_file(file, pages, cut_off));
    }

    /// Makes a page of a file read-only at all addresses, so that the next store faults: before it is written out.
    ///
    /// Others can run just before: they may store through a mapping still.
    pub fn protect(&self, file: usize, page: u32) {
        preempt();
        with(|w| w.protect_file(file, page));
    }
}

/// Somebody's page cache: one value for each run, used by several tasks at a time. It moves real bytes; what it moves
/// carries tags, by which the harness knows where it came from.
///
/// Whatever of it can wait has to wait by the harness's means, so that another task can run: locks and atomics are
/// those of [`crate::sync`], the disk is that of [`Env::disk`]. Offsets and sizes are in bytes, and multiples of
/// [`CELL`](crate::CELL); files and pages are counted from 0.
pub trait Subject: Sized + 'static {
    /// What cases, reports and `--strategy` call it: small letters, digits and `-`.
    const NAME: &'static str;
    /// What it can do: it gets no other cases.
    const ABILITIES: Abilities = Abilities::CACHE;
    /// Bytes of stack that a call needs at most.
    const STACK: usize = 64 << 10;
    /// Whether it keeps something in statics, which all threads of a process share: then a hunt has one thread.
    const STATICS: bool = false;

    /// Bytes of the disk, if it is a filesystem that makes its files itself; 0 for a cache, whose files have regions.
    #[doc(hidden)]
    const IMAGE: u64 = 0;

    /// Makes what a run finds on the disk, once, if there is an image.
    #[doc(hidden)]
    fn format(_env: &Env) {}

    /// Makes it, with these files, of which nothing is cached.
    fn open(files: &[Start], env: &Env) -> Self;

    /// Makes it anew, with what is on the disk.
    #[doc(hidden)]
    #[must_use]
    fn open_again(files: &[Start], env: &Env) -> Self {
        Self::open(files, env)
    }

    /// `pwritev(2)`: copies from `from` to `at`; how much, and no less than was written.
    ///
    /// # Errors
    /// If nothing was written.
    fn write(&self, file: usize, at: u64, from: &mut Source<'_>) -> Result<usize, Errno>;

    /// A write to the end of the file, as with `O_APPEND`: where it went, and how much.
    ///
    /// # Errors
    /// If nothing was written.
    fn append(&self, file: usize, from: &mut Source<'_>) -> Result<(u64, usize), Errno> {
        let at = self.size(file);
        Ok((at, self.write(file, at, from)?))
    }

    /// `pread(2)`: copies from `at` into `into`, at most as much as is wanted and there is; how much.
    ///
    /// # Errors
    /// If nothing could be read.
    fn read(&self, file: usize, at: u64, into: &mut Sink<'_>) -> Result<usize, Errno>;

    /// The size that `fstat(2)` shows.
    fn size(&self, file: usize) -> u64;

    /// `ftruncate(2)`.
    ///
    /// # Errors
    /// If the size stays as it was.
    fn truncate(&self, file: usize, size: u64) -> Result<(), Errno>;

    /// `fallocate(FALLOC_FL_PUNCH_HOLE)`: zeroes, and the size stays.
    ///
    /// # Errors
    /// If nothing was changed.
    fn punch(&self, _file: usize, _range: Range<u64>) -> Result<(), Errno> {
        Err(Errno::EINVAL)
    }

    /// `fsync(2)`: all that was written is on the disk, and the disk is flushed.
    ///
    /// # Errors
    /// If something could not be written; it is told once.
    fn sync(&self, file: usize) -> Result<(), Errno>;

    /// The flusher's turn: writes out what is dirty. Of an error the next [`Subject::sync`] tells. Without a flusher it
    /// does nothing.
    fn writeback(&self, _file: usize) {}

    /// Memory is needed: drops these pages from the cache, dirty ones after they were written out. It may leave any.
    fn reclaim(&self, _file: usize, _pages: Range<u32>) {}

    /// Drops what is clean from the cache.
    fn invalidate(&self, file: usize) {
        self.reclaim(file, 0..u32::MAX);
    }

    /// A page fault on a page of a mapped file, for a store if `write`: brings the page into the cache and installs its
    /// frame, under whatever lock keeps it there. False if the file has no such page, or it cannot be read.
    fn fault(&self, _file: usize, _page: u32, _write: bool, _install: &mut Install<'_>) -> bool {
        false
    }

    /// The run is over: puts statics back as they were.
    fn close(self) {}
}
