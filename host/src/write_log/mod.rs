//! A disk that records its changes: one file, served over FUSE, to put under a loop device. It records each write and
//! each flush in order and with its time, so that the disk can be restored as it was after any of them.
//!
//! The file is opened for direct I/O whatever the caller asks, so nothing lies between the device and the log: a write
//! is recorded before it returns, and `fsync` is recorded each time. A write that is longer than a request of FUSE
//! becomes several entries, and a crash may come after each of them.
//!
//! A thread of this process can serve the file ([`WriteLog::mount`]); what [`crate::fuse`] says of such a thread holds
//! here too. Or another process serves it ([`WriteLog::mount_apart`]). Cases under test need that, because one of their
//! tasks can hold what the server would wait for. The loop device must be released before the log is dropped, or its
//! last writes fail.

mod apart;
mod base;
mod disk;
mod past;
mod server;
mod tape;

pub use apart::serve;
pub use base::Base;
pub use past::Past;

use crate::fuse::Error;
use crate::fuse::served::Served;
use crate::mount::MountError;
use crate::time::Time;
use apart::Apart;
use disk::Disk;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

/// Something that the device did to the disk, and when the server received it. The answer came later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Time,
    /// What.
    pub change: Change,
}

/// What the device did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It wrote.
    Write {
        /// Where, in bytes.
        offset: u64,
        /// What.
        data: Arc<[u8]>,
    },
    /// It discarded a range, or asked for zeroes there: the range reads as zeroes from now on.
    Zero {
        /// Where, in bytes.
        offset: u64,
        /// How many bytes.
        length: u64,
    },
    /// It asked to make everything before durable.
    Flush,
}

impl Change {
    /// Does the same to an image of the disk.
    fn apply(&self, image: &File) -> io::Result<()> {
        match self {
            Self::Write { offset, data } => image.write_all_at(data, *offset),
            Self::Zero { offset, length } => base::clear(image, *offset, *length),
            Self::Flush => Ok(()),
        }
    }
}

/// A mounted log. Dropping it unmounts the file and forgets what was recorded.
#[derive(Debug)]
pub struct WriteLog {
    _server: Server,
    path: PathBuf,
    base: base::Opened,
    tape: File,
}

#[derive(Debug)]
enum Server {
    Thread { _served: Served },
    Process { _apart: Apart },
}

impl WriteLog {
    /// Mounts the file on a directory, served by a thread. Its size is that of the base, and does not change.
    ///
    /// # Errors
    /// If there is no FUSE here, it may not be mounted there, or the file of the base cannot be read.
    pub fn mount(directory: &Path, base: Base) -> Result<Self, Error> {
        let base = base.open()?;
        let kept = |source| Error::Tape { source };
        let tape = tempfile::tempfile().map_err(kept)?;
        let recorder = tape::Recorder::new(tape.try_clone().map_err(kept)?);
        let disk = Arc::new(Mutex::new(Disk::new(base.clone(), recorder)));
        let served = Served::mount(server::Server::new(disk), directory)?;
        let path = served.directory().join(server::NAME);
        Ok(Self { _server: Server::Thread { _served: served }, path, base, tape })
    }

    /// Mounts the file on a mount point of its own, served by another process: `command` starts one that calls
    /// [`serve`] with the same base. The records go to a file without a name in the folder.
    ///
    /// # Errors
    /// If there is no FUSE here, there is no room in the folder, or the process cannot be started.
    pub fn mount_apart(command: Command, base: Base, folder: &Path) -> Result<Self, MountError> {
        let base = base.open()?;
        let kept = |error| MountError::file(format!("keeping a log of writes in {}", folder.display()), error);
        let tape = tempfile::tempfile_in(folder).map_err(kept)?;
        let apart = Apart::start(command, tape.try_clone().map_err(kept)?)?;
        let path = apart.path().join(server::NAME);
        Ok(Self { _server: Server::Process { _apart: apart }, path, base, tape })
    }

    /// The file, for a loop device.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was recorded so far.
    ///
    /// # Errors
    /// If that cannot be read.
    pub fn entries(&self) -> io::Result<Vec<Entry>> {
        tape::Reader::new(self.tape.try_clone()?).rest()
    }

    /// Writes a file that holds the disk as it was after the first `entries` entries; all of them if there are fewer.
    ///
    /// # Errors
    /// If the file cannot be written, or the base of the log cannot be read any more.
    pub fn image_of_prefix(&self, entries: usize, path: &Path) -> io::Result<()> {
        let image = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
        self.base.copy_to(&image)?;
        self.entries()?.iter().take(entries).try_for_each(|it| it.change.apply(&image))
    }
}
