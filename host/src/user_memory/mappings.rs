//! The calls that change mappings, all inside one reserved range of addresses, which nothing else of the process uses.
#![allow(unsafe_code, reason = "the kernel is handed addresses")]

use crate::refusal::{Named, Refusal};
use rustix::fd::BorrowedFd;
use rustix::io::{self, Errno};
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
    pub fn new(length: usize) -> Result<Self, Refusal> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: the kernel chooses the place.
        let start = unsafe { mm::mmap_anonymous(ptr::null_mut(), length, ProtFlags::empty(), flags) };
        let start = start.named("mmap")? as usize;
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
    pub fn map_anonymous(&self, range: &Range<usize>) -> Result<(), Refusal> {
        let (pointer, flags) = (self.pointer(range), MapFlags::PRIVATE | MapFlags::FIXED);
        // SAFETY: nobody has a reference into the reserved range.
        let mapped = unsafe { mm::mmap_anonymous(pointer, range.len(), ProtFlags::READ | ProtFlags::WRITE, flags) };
        mapped.named("mmap")?;
        match self.advise(range, Advice::LinuxNoHugepage) {
            // A kernel that was built without huge pages does not know the advice, and there are none.
            Err(Errno::INVAL) => Ok(()),
            result => result.named("madvise(MADV_NOHUGEPAGE)"),
        }
    }

    /// Maps a file from an offset on, instead of what was there.
    pub fn map_file(
        &self,
        range: &Range<usize>,
        (file, offset): (BorrowedFd<'_>, u64),
        shared: bool,
        writable: bool,
    ) -> Result<(), Refusal> {
        let rights = if writable { ProtFlags::READ | ProtFlags::WRITE } else { ProtFlags::READ };
        let flags = MapFlags::FIXED | if shared { MapFlags::SHARED } else { MapFlags::PRIVATE };
        let (pointer, length) = (self.pointer(range), range.len());
        // SAFETY: nobody has a reference into the reserved range.
        unsafe { mm::mmap(pointer, length, rights, flags, file, offset) }.map(|_| ()).named("mmap of a file")
    }

    /// Unmaps; the addresses stay reserved.
    pub fn unmap(&self, range: &Range<usize>) -> Result<(), Refusal> {
        // A mapping without rights replaces it in the same step, because another thread's allocation could fill a gap.
        self.reserve_again(range, MapFlags::FIXED)
    }

    /// Maps nothing, without rights, at these addresses.
    fn reserve_again(&self, range: &Range<usize>, fixed: MapFlags) -> Result<(), Refusal> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | fixed;
        let pointer = self.pointer(range);
        // SAFETY: nobody has a reference into the reserved range.
        let mapped = unsafe { mm::mmap_anonymous(pointer, range.len(), ProtFlags::empty(), flags) };
        mapped.map(|_| ()).named("mmap")
    }

    /// Moves a mapping to another place in the reserved range; nothing is left at the old addresses.
    pub fn remap(&self, range: &Range<usize>, to: usize) -> Result<(), Refusal> {
        match self.move_mapping(range, to, MremapFlags::MAYMOVE | MremapFlags::DONTUNMAP) {
            Ok(()) => self.unmap(range),
            // Before 5.13 a mapping of a file cannot be left behind empty. So there is a gap for a moment; if somebody
            // fills it, it is theirs, and this fails.
            Err(Refusal { errno: Errno::INVAL, .. }) => {
                self.move_mapping(range, to, MremapFlags::MAYMOVE)?;
                self.reserve_again(range, MapFlags::FIXED_NOREPLACE)
            }
            Err(refusal) => Err(refusal),
        }
    }

    fn move_mapping(&self, range: &Range<usize>, to: usize, flags: MremapFlags) -> Result<(), Refusal> {
        let (from, length) = (self.pointer(range), range.len());
        let to = self.pointer(&(to..to + length));
        // SAFETY: nobody has a reference into the reserved range.
        unsafe { mm::mremap_fixed(from, length, length, flags, to) }.map(|_| ()).named("mremap")
    }

    /// Takes all rights away.
    pub fn forbid(&self, range: &Range<usize>) -> Result<(), Refusal> {
        let pointer = self.pointer(range);
        // SAFETY: nobody has a reference into the reserved range.
        unsafe { mm::mprotect(pointer, range.len(), MprotectFlags::empty()) }.named("mprotect")
    }

    /// Drops pages, locked or not.
    pub fn drop_pages(&self, range: &Range<usize>) -> Result<(), Refusal> {
        match self.advise(range, Advice::LinuxDontneedLocked) {
            // Before 5.18 a locked page has to be unlocked first. It stays so: to lock it again would bring it back.
            Err(Errno::INVAL) => {
                let pointer = self.pointer(range);
                // SAFETY: no content changes.
                unsafe { mm::munlock(pointer, range.len()) }.named("munlock")?;
                self.advise(range, Advice::LinuxDontNeed).named("madvise(MADV_DONTNEED)")
            }
            result => result.named("madvise(MADV_DONTNEED_LOCKED)"),
        }
    }

    /// Faults pages in for reading; false if the kernel cannot be asked to (before 5.14).
    pub fn populate(&self, range: &Range<usize>) -> Result<bool, Refusal> {
        match self.advise(range, Advice::LinuxPopulateRead) {
            Err(Errno::INVAL) => Ok(false),
            // Past the end of the file there are no pages.
            Ok(()) | Err(Errno::FAULT) => Ok(true),
            result => result.map(|()| true).named("madvise(MADV_POPULATE_READ)"),
        }
    }

    fn advise(&self, range: &Range<usize>, advice: Advice) -> io::Result<()> {
        let pointer = self.pointer(range);
        // SAFETY: nobody has a reference into the reserved range.
        unsafe { mm::madvise(pointer, range.len(), advice) }
    }

    /// `mlock(2)`.
    pub fn lock(&self, range: &Range<usize>) -> Result<(), Refusal> {
        let pointer = self.pointer(range);
        // SAFETY: no content changes.
        unsafe { mm::mlock(pointer, range.len()) }.named("mlock")
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        // SAFETY: nobody has a reference into the reserved range, and nobody uses its addresses after this.
        let unmapped = unsafe { mm::munmap(self.range.start as *mut c_void, self.range.len()) };
        debug_assert!(unmapped.is_ok());
    }
}
