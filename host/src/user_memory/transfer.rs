//! Calls that copy from and to a case's memory. The kernel is handed addresses at which perhaps nothing is mapped, and
//! reports that.
#![allow(unsafe_code, reason = "the kernel is handed addresses")]

use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::io::{self, Errno};
use rustix::pipe::{self, PipeFlags};

/// A piece of memory to write from: an address and a length. There may be nothing mapped.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub(crate) struct Piece(libc::iovec);

// SAFETY: it is a number that only the kernel looks at.
unsafe impl Send for Piece {}

impl Piece {
    pub const fn new(address: usize, length: usize) -> Self {
        Self(libc::iovec { iov_base: address as *mut libc::c_void, iov_len: length })
    }
}

/// `pwritev(2)`, or without an offset `writev(2)`.
pub(crate) fn write(file: BorrowedFd<'_>, pieces: &[Piece], offset: Option<u64>) -> io::Result<usize> {
    let (fd, count) = (file.as_raw_fd(), pieces.len() as libc::c_int);
    let first = pieces.as_ptr().cast::<libc::iovec>();
    // SAFETY: the kernel reads the vector, which is there, and from the memory it names, which the kernel checks
    // itself.
    let written = unsafe {
        match offset {
            Some(offset) => libc::pwritev(fd, first, count, offset as libc::off_t),
            None => libc::writev(fd, first, count),
        }
    };
    usize::try_from(written).map_err(|_| last_error())
}

fn last_error() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)
}

/// Loads and stores that do not kill the process where nothing is mapped: the kernel copies to and from a pipe, with
/// the same page faults as a program's own loads and stores.
#[derive(Debug)]
pub(crate) struct PipeCopy {
    reader: OwnedFd,
    writer: OwnedFd,
}

/// More than any memory of a case, with room for the extra pipe buffers of an unaligned copy.
const ROOM: usize = 256 << 10;

impl PipeCopy {
    pub fn new() -> io::Result<Self> {
        let (reader, writer) = pipe::pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        pipe::fcntl_setpipe_size(&writer, ROOM)?;
        Ok(Self { reader, writer })
    }

    /// Loads bytes, up to the first that cannot be read; returns how many it loaded.
    pub fn load(&self, address: usize, buffer: &mut [u8]) -> io::Result<usize> {
        let loaded = copied(write(self.writer.as_fd(), &[Piece::new(address, buffer.len())], None))?;
        let mut read = 0;
        while read < loaded {
            read += io::read(&self.reader, &mut buffer[read..loaded])?;
        }
        Ok(loaded)
    }

    /// Stores these bytes, up to the first place that cannot be written; returns how many it stored.
    pub fn store(&self, address: usize, bytes: &[u8]) -> io::Result<usize> {
        let mut sent = 0;
        while sent < bytes.len() {
            sent += io::write(&self.writer, &bytes[sent..])?;
        }
        let mut stored = 0;
        while stored < sent {
            let (fd, to) = (self.reader.as_raw_fd(), (address + stored) as *mut libc::c_void);
            // SAFETY: the address is in the reserved range, to which nobody has a reference.
            let read = unsafe { libc::read(fd, to, sent - stored) };
            match copied(usize::try_from(read).map_err(|_| last_error()))? {
                0 => break,
                read => stored += read,
            }
        }
        self.drain()?;
        Ok(stored)
    }

    fn drain(&self) -> io::Result<()> {
        let mut rest = [0; 4096];
        loop {
            match io::read(&self.reader, &mut rest) {
                Ok(0) | Err(Errno::AGAIN) => return Ok(()),
                Ok(_) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

const fn copied(result: io::Result<usize>) -> io::Result<usize> {
    match result {
        Err(Errno::FAULT) => Ok(0),
        result => result,
    }
}

/// Puts bytes into a page that is known to be there. If it has gone meanwhile, the calling thread waits for it as it
/// would in a system call.
pub(crate) fn put(address: usize, bytes: &[u8]) {
    // SAFETY: the address is in memory of a case that is mapped for writing, in the reserved range, to which nobody has
    // a reference; other threads only hand its address to the kernel.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), address as *mut u8, bytes.len()) };
}

/// Bytes of a page that is known to be there.
pub(crate) fn look(address: usize, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    // SAFETY: as in `put`; other threads write there only through the kernel, byte by byte.
    unsafe { std::ptr::copy_nonoverlapping(address as *const u8, bytes.as_mut_ptr(), length) };
    bytes
}
