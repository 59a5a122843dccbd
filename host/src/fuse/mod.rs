//! A small filesystem of our own behind FUSE: correct by default, with defects on request.
//!
//! It keeps everything in memory. A thread of the calling process serves it, so:
//!
//! - Another process must issue the calls under test. A thread that touches a mapping of a file can hold a lock on its
//!   address space that the server needs for the answer, and stopping a process stops its server too.
//! - Fork that process before mounting, or let it run another program: the device is closed on `exec` only, and the
//!   kernel waits for answers as long as any copy of it is open.
//!
//! Dropping the [`Session`] unmounts the filesystem, also when a panic unwinds through it. It does so by force: calls
//! that still wait fail, and open files do not delay it. A thread in the same mount namespace must drop it. If the
//! server's thread dies, or the process is killed, the kernel ends the connection and each call fails with `ENOTCONN`
//! at once. In a namespace of our own ([`crate::mount::enter_private_namespace`]) the dead mount goes with the last
//! process; elsewhere it stays until the next [`Session::mount`] there, or `umount`. Without the right to mount,
//! `fusermount3` mounts and unmounts, and a server lives until the last file is closed.
//!
//! Why the crate `fuser`: it speaks the protocol without the C library, accepts a device that somebody else has
//! mounted, and leaves each answer to us, including wrong ones.

pub(crate) mod blocks;
mod defect;
mod faulty;
mod names;
pub(crate) mod served;
mod server;
mod volume;

pub use defect::{Defect, Defects};

use crate::mount::{Kind, MountError, MountPoint, Mounted};
use rustix::io::Errno;
use std::io;
use std::path::{Path, PathBuf};

/// Why there is no mount.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// This machine has no FUSE, or we may not use it.
    #[error("/dev/fuse cannot be opened: {0}")]
    Device(#[source] io::Error),
    /// Mounting failed.
    #[error("a FUSE filesystem cannot be mounted on {}: {source}", directory.display())]
    Mount {
        /// Where it was to be mounted.
        directory: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file that a log begins with cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Base {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is no place to keep a log's records.
    #[error("a temporary file for a log of writes cannot be made: {source}")]
    Tape {
        /// Why not.
        source: io::Error,
    },
}

/// How a filesystem is mounted, and what is wrong with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Writes stay in the kernel's cache until they are written back, and the kernel alone knows the sizes of files
    /// (`FUSE_WRITEBACK_CACHE`). Without it, each `write(2)` comes to the server before it returns.
    pub writeback_cache: bool,
    /// What it does wrong.
    pub defects: Defects,
}

/// A mounted filesystem; it is unmounted and forgotten when this is dropped.
#[derive(Debug)]
pub struct Session(served::Served);

impl Session {
    /// Mounts an empty filesystem on a directory.
    ///
    /// # Errors
    /// If there is no FUSE here, or it may not be mounted there.
    pub fn mount(directory: &Path, options: Options) -> Result<Self, Error> {
        served::Served::mount(server::Server::new(options), directory).map(Self)
    }

    /// The directory under which it is mounted.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.0.directory()
    }

    /// Unmounts it. Dropping does the same, but reports no error.
    ///
    /// # Errors
    /// If the kernel refuses: it then stays mounted.
    pub fn unmount(self) -> io::Result<()> {
        self.0.unmount()
    }
}

/// Mounts an empty filesystem on a mount point of its own, like any other kind.
///
/// # Errors
/// If there is no FUSE here ([`MountError::lacks`]), or the kernel refuses.
pub fn mount(options: Options) -> Result<Mounted, MountError> {
    let point = MountPoint::new()?;
    let session = Session::mount(point.path(), options)?;
    let directory = session.directory().to_owned();
    let unmount = move || {
        let unmounted = session.unmount();
        // The folder can only be removed when nothing is mounted there.
        drop(point);
        unmounted
    };
    Mounted::adopt(Kind::Fuse, &directory, Box::new(unmount))
}

impl From<Error> for MountError {
    fn from(error: Error) -> Self {
        const FILESYSTEM: &str = "fuse";
        let what = error.to_string();
        match error {
            Error::Device(source) | Error::Mount { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Self::NotPermitted { what: format!("mounting {FILESYSTEM}"), source }
            }
            Error::Device(source) if is_missing(&source) => Self::NoFilesystem { filesystem: FILESYSTEM },
            Error::Device(source) => Self::file(what, source),
            Error::Mount { source, .. } => {
                Self::Mount { filesystem: FILESYSTEM.to_owned(), options: String::new(), source }
            }
            Error::Base { source, .. } | Error::Tape { source } => Self::file(what, source),
        }
    }
}

/// Whether there is no such device, or nothing behind it.
fn is_missing(error: &io::Error) -> bool {
    let nothing_behind = [Errno::NODEV, Errno::NXIO].map(|it| Some(it.raw_os_error()));
    error.kind() == io::ErrorKind::NotFound || nothing_behind.contains(&error.raw_os_error())
}
