//! A small filesystem of our own behind FUSE: right by default, wrong on purpose where asked to be.
//!
//! It keeps everything in memory. A thread of the calling process serves it, so:
//!
//! - The process that issues the calls under test must be another one. A thread that touches a mapping of a file can
//!   hold a lock on its address space that the server needs to answer it, and a process that is stopped stops its
//!   server too.
//! - Fork that process before mounting, or let it run another program: the device is closed on `exec` only, and as long
//!   as a copy of it is open anywhere the kernel waits for answers.
//!
//! The mount goes with the [`Session`], also when a panic unwinds through it: by force, so that calls that still wait
//! fail and nobody waits for files that are open. It is to be dropped by a thread in the same mount namespace. If the
//! server's thread dies, or the process is killed, the kernel ends the connection and each call fails with `ENOTCONN`
//! at once. In a namespace of our own ([`crate::mount::enter_private_namespace`]) the dead mount goes with the last
//! process; elsewhere it stays until the next [`Session::mount`] there, or `umount`. Without the right to mount,
//! `fusermount3` mounts and unmounts, and a server lives until the last file is closed.
//!
//! Why the crate `fuser`: it speaks the protocol without the C library, takes a device that somebody else has mounted,
//! and leaves each answer to us, wrong ones included.

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
    /// This machine has no FUSE, or not for us.
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
    /// What a log records cannot be kept.
    #[error("there is no temporary file to keep a log of writes in: {source}")]
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

    /// Unmounts it; dropping does the same, but nobody hears what went wrong.
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
        // The folder goes when nothing is mounted there any more.
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
