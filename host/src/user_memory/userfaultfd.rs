//! The kernel's userfaultfd: a task that touches a page that is not there sleeps until it is told to go on.
#![allow(unsafe_code, reason = "the kernel is handed addresses")]

use crate::cell_size::PAGE;
use crate::refusal::{Named, Refusal};
use linux_raw_sys::general::{
    UFFD_API, UFFD_EVENT_PAGEFAULT, UFFD_FEATURE_THREAD_ID, UFFDIO_COPY_MODE_DONTWAKE, UFFDIO_REGISTER_MODE_MISSING,
    uffd_msg, uffdio_api, uffdio_copy, uffdio_range, uffdio_register,
};
use linux_raw_sys::ioctl::{UFFDIO_API, UFFDIO_COPY, UFFDIO_REGISTER, UFFDIO_WAKE};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::{self, Errno};
use rustix::ioctl::{Setter, Updater, ioctl};
use rustix::mm::{UserfaultfdFlags, userfaultfd};
use std::ops::Range;

/// A userfaultfd of this process.
#[derive(Debug)]
pub(crate) struct Userfaultfd(OwnedFd);

/// A task that waits for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The address of the page.
    pub page: usize,
    /// The thread that waits.
    pub thread: u32,
}

impl Userfaultfd {
    /// Opens one that also sees page faults of the kernel in system calls; only those matter here.
    pub fn new() -> Result<Self, Refusal> {
        // SAFETY: it watches what is registered with it, and nothing else.
        let fd = unsafe { userfaultfd(UserfaultfdFlags::CLOEXEC | UserfaultfdFlags::NONBLOCK) }.named("userfaultfd")?;
        let mut api = uffdio_api { api: UFFD_API.into(), features: UFFD_FEATURE_THREAD_ID.into(), ioctls: 0 };
        // SAFETY: the structure is the one that this request takes.
        unsafe { ioctl(&fd, Updater::<UFFDIO_API, _>::new(&mut api)) }.named("ioctl(UFFDIO_API)")?;
        Ok(Self(fd))
    }

    /// Watches anonymous memory.
    pub fn register(&self, range: Range<usize>) -> Result<(), Refusal> {
        let mode = UFFDIO_REGISTER_MODE_MISSING.into();
        let mut register = uffdio_register { range: uffdio(&range), mode, ioctls: 0 };
        // SAFETY: the structure is the one that this request takes, and it changes no memory.
        unsafe { ioctl(&self.0, Updater::<UFFDIO_REGISTER, _>::new(&mut register)) }.named("ioctl(UFFDIO_REGISTER)")
    }

    /// Puts whole pages where none are, and wakes the tasks that wait for them. If that is not possible (a page is
    /// there already, or nothing is mapped any more), the tasks are woken anyway and try again.
    pub fn copy(&self, to: usize, content: &[u8]) -> Result<(), Refusal> {
        if self.put(to, content, 0)? { Ok(()) } else { self.wake(to..to + content.len()) }
    }

    /// The same, but the waiting tasks are not woken.
    pub fn copy_quietly(&self, to: usize, content: &[u8]) -> Result<(), Refusal> {
        self.put(to, content, UFFDIO_COPY_MODE_DONTWAKE.into()).map(|_| ())
    }

    /// Returns whether that was possible.
    fn put(&self, to: usize, content: &[u8], mode: u64) -> Result<bool, Refusal> {
        assert!(to.is_multiple_of(PAGE) && content.len().is_multiple_of(PAGE));
        let from = content.as_ptr() as u64;
        let mut copy = uffdio_copy { dst: to as u64, src: from, len: content.len() as u64, mode, copy: 0 };
        let result = loop {
            // SAFETY: the structure is the one that this request takes; it writes to pages that are not there, in a
            // range registered here.
            match unsafe { ioctl(&self.0, Updater::<UFFDIO_COPY, _>::new(&mut copy)) } {
                Err(Errno::AGAIN) => {}
                result => break result,
            }
        };
        match result {
            Err(Errno::EXIST | Errno::NOENT | Errno::INVAL | Errno::SRCH) => Ok(false),
            result => result.map(|()| true).named("ioctl(UFFDIO_COPY)"),
        }
    }

    /// Wakes the tasks that wait for pages of a range.
    pub fn wake(&self, range: Range<usize>) -> Result<(), Refusal> {
        // SAFETY: the structure is the one that this request takes, and it changes no memory.
        unsafe { ioctl(&self.0, Setter::<UFFDIO_WAKE, _>::new(uffdio(&range))) }.named("ioctl(UFFDIO_WAKE)")
    }

    /// The next fault, if there is one.
    pub fn read(&self) -> Result<Option<Fault>, Refusal> {
        let mut buffer = [0_u8; size_of::<uffd_msg>()];
        match io::read(&self.0, &mut buffer) {
            Ok(read) if read == buffer.len() => {}
            Ok(_) | Err(Errno::AGAIN) => return Ok(None),
            Err(errno) => return Err(Refusal { call: "read from the userfaultfd", errno }),
        }
        // SAFETY: the kernel has filled the whole message, and any bytes are one.
        let message: uffd_msg = unsafe { std::ptr::read_unaligned(buffer.as_ptr().cast()) };
        if u32::from(message.event) != UFFD_EVENT_PAGEFAULT {
            return Ok(None);
        }
        // SAFETY: it is a page fault, and the thread's number was asked for.
        let (address, thread) = unsafe { (message.arg.pagefault.address, message.arg.pagefault.feat.ptid) };
        Ok(Some(Fault { page: address as usize / PAGE * PAGE, thread }))
    }
}

impl AsFd for Userfaultfd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

const fn uffdio(range: &Range<usize>) -> uffdio_range {
    uffdio_range { start: range.start as u64, len: (range.end - range.start) as u64 }
}
