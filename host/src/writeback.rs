//! Writing back without waiting for a journal: `sync_file_range(2)`.
#![allow(unsafe_code, reason = "a system call that takes no addresses, but for which there is no safe wrapper")]

use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::{self, Errno};

/// Starts writing back dirty pages.
pub(crate) fn start(file: BorrowedFd<'_>) -> io::Result<()> {
    sync_file_range(file, libc::SYNC_FILE_RANGE_WRITE)
}

/// Writes back dirty pages, and waits until they are on the disk.
pub(crate) fn write_and_wait(file: BorrowedFd<'_>) -> io::Result<()> {
    let before = libc::SYNC_FILE_RANGE_WAIT_BEFORE;
    sync_file_range(file, before | libc::SYNC_FILE_RANGE_WRITE | libc::SYNC_FILE_RANGE_WAIT_AFTER)
}

fn sync_file_range(file: BorrowedFd<'_>, flags: libc::c_uint) -> io::Result<()> {
    // SAFETY: it takes a descriptor and numbers.
    let result = unsafe { libc::sync_file_range(file.as_raw_fd(), 0, 0, flags) };
    if result == 0 { Ok(()) } else { Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)) }
}
