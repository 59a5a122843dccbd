//! The calls that change mappings, all inside one reserved range of addresses, which nothing else of the process uses.
#![allow(unsafe_code, reason = "the kernel is handed addresses")]

use rustix::fd::BorrowedFd;
use rustix::io;
use rustix::mm::{self, Advice, MapFlags, MprotectFlags, MremapFlags, ProtFlags};
use std::ffi::c_void;
use std::ops::Range;
use std::ptr;

/// A reserved range of addresses. Every function takes addresses inside it and refuses others.
#[derive(Debug)]
pub(crate) struct Reserved {
    range: Range<usize>,
}

impl Reserved {
    /// Reserves this many bytes.
    pub fn new(length: usize) -> io::Result<Self> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: the kernel chooses the place.
        let start = unsafe { mm::mmap_anonymous(ptr::null_mut(), length, ProtFlags::empty(), flags)? } as usize;
        Ok(Self { range: start..start + length })
    }

    /// Where it begins.
    pub const fn start(&self) -> usize {
        self.range.start
    }

    fn pointer(&self, range: &Range<usize>) -> *mut c_void {
        assert!(self.range.start <= range.start && range.end <= self.range.end, "outside of what was reserved");
        range.start as *mut c_void
    }

    /// Maps anonymous memory, instead of what was there.
    pub fn map_anonymous(&self, range: &Range<usize>) -> io::Result<()> {
        let (pointer, flags) = (self.pointer(range), MapFlags::PRIVATE | MapFlags::FIXED);
        // SAFETY: nobody has a reference into the reserved range.
        unsafe {
            mm::mmap_anonymous(pointer, range.len(), ProtFlags::READ | ProtFlags::WRITE, flags)?;
            mm::madvise(pointer, range.len(), Advice::LinuxNoHugepage)
        }
    }

    /// Maps a file from an offset on, instead of what was there.
    pub fn map_file(
        &self,
        range: &Range<usize>,
        (file, offset): (BorrowedFd<'_>, u64),
        shared: bool,
        writable: bool,
    ) -> io::Result<()> {
        let rights = if writable { ProtFlags::READ | ProtFlags::WRITE } else { ProtFlags::READ };
        let flags = MapFlags::FIXED | if shared { MapFlags::SHARED } else { MapFlags::PRIVATE };
        let (pointer, length) = (self.pointer(range), range.len());
        // SAFETY: nobody has a reference into the reserved range.
        unsafe { mm::mmap(pointer, length, rights, flags, file, offset)? };
        Ok(())
    }

    /// Unmaps; the addresses stay reserved.
    pub fn unmap(&self, range: &Range<usize>) -> io::Result<()> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
        let pointer = self.pointer(range);
        // SAFETY: nobody has a reference into the reserved range. A mapping without rights replaces it in the same
        // step, because another thread's allocation could fill a gap.
        unsafe { mm::mmap_anonymous(pointer, range.len(), ProtFlags::empty(), flags)? };
        Ok(())
    }

    /// Moves a mapping to another place in the reserved range; nothing is left at the old addresses.
    pub fn remap(&self, range: &Range<usize>, to: usize) -> io::Result<()> {
        let (from, length) = (self.pointer(range), range.len());
        let to = self.pointer(&(to..to + length));
        // SAFETY: nobody has a reference into the reserved range. The old mapping stays, empty, so that there is no
        // gap.
        unsafe { mm::mremap_fixed(from, length, length, MremapFlags::MAYMOVE | MremapFlags::DONTUNMAP, to)? };
        self.unmap(range)
    }

    /// Takes all rights away.
    pub fn forbid(&self, range: &Range<usize>) -> io::Result<()> {
        let pointer = self.pointer(range);
        // SAFETY: nobody has a reference into the reserved range.
        unsafe { mm::mprotect(pointer, range.len(), MprotectFlags::empty()) }
    }

    /// Drops pages, locked or not.
    pub fn drop_pages(&self, range: &Range<usize>) -> io::Result<()> {
        let pointer = self.pointer(range);
        // SAFETY: nobody has a reference into the reserved range.
        unsafe { mm::madvise(pointer, range.len(), Advice::LinuxDontneedLocked) }
    }

    /// Faults pages in for reading.
    pub fn populate(&self, range: &Range<usize>) -> io::Result<()> {
        let pointer = self.pointer(range);
        // SAFETY: no content changes.
        unsafe { mm::madvise(pointer, range.len(), Advice::LinuxPopulateRead) }
    }

    /// `mlock(2)`.
    pub fn lock(&self, range: &Range<usize>) -> io::Result<()> {
        let pointer = self.pointer(range);
        // SAFETY: no content changes.
        unsafe { mm::mlock(pointer, range.len()) }
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        // SAFETY: nobody has a reference into the reserved range, and nobody uses its addresses after this.
        let unmapped = unsafe { mm::munmap(self.range.start as *mut c_void, self.range.len()) };
        debug_assert!(unmapped.is_ok());
    }
}
