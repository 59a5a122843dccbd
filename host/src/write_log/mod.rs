//! A disk that remembers: one file, served over FUSE, to stand under a loop device. It records each write and each flush in order, so that
//! the disk can be had as it was after any of them.
//!
//! The file is opened for direct I/O whatever the caller asks, so nothing lies between the device and the log: a write is recorded before it
//! returns, and `fsync` is recorded each time. A write that is longer than a request of FUSE becomes several entries, each of which a crash
//! may have come after.
//!
//! A thread of this process serves the file, and what [`crate::fuse`] says of such a thread holds here too. In particular the loop device must
//! be let go before the log is dropped, or what it still has to write fails.

mod base;
mod disk;
mod server;

pub use base::Base;

use crate::fuse::Error;
use crate::fuse::served::Served;
use disk::Disk;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Something that the device did to the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It wrote.
    Write {
        /// Where, in bytes.
        offset: u64,
        /// What.
        data: Arc<[u8]>,
    },
    /// It discarded a range, or asked for zeroes there: it is zeroes from now on.
    Zero {
        /// Where, in bytes.
        offset: u64,
        /// How many bytes.
        length: u64,
    },
    /// It asked for everything before to be durable.
    Flush,
}

/// A mounted log. Dropping it unmounts the file and forgets what was recorded.
#[derive(Debug)]
pub struct WriteLog {
    // Before the disk: nobody is served when it goes.
    _served: Served,
    path: PathBuf,
    disk: Arc<Mutex<Disk>>,
}

impl WriteLog {
    /// Mounts the file on a directory. Its size is that of what it begins with, and does not change.
    ///
    /// # Errors
    /// If there is no FUSE here, it may not be mounted there, or the file to begin with cannot be read.
    pub fn mount(directory: &Path, base: Base) -> Result<Self, Error> {
        let disk = Arc::new(Mutex::new(Disk::new(base.open()?)));
        let served = Served::mount(server::Server::new(Arc::clone(&disk)), directory)?;
        let path = served.directory().join(server::NAME);
        Ok(Self { _served: served, path, disk })
    }

    /// The file, for a loop device.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was recorded so far. The data is shared, not copied.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.disk().entries().to_vec()
    }

    /// Writes a file that holds the disk as it was after the first `entries` entries; all of them if there are fewer.
    ///
    /// # Errors
    /// If the file cannot be written, or what the log began with cannot be read any more.
    pub fn image_of_prefix(&self, entries: usize, path: &Path) -> io::Result<()> {
        let (base, all) = {
            // The lock is not kept: the file may lie on a disk that this very log serves.
            let disk = self.disk();
            (disk.base(), disk.entries().to_vec())
        };
        let image = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
        base.copy_to(&image)?;
        for entry in all.iter().take(entries) {
            match entry {
                Entry::Write { offset, data } => image.write_all_at(data, *offset)?,
                Entry::Zero { offset, length } => base::clear(&image, *offset, *length)?,
                Entry::Flush => {}
            }
        }
        Ok(())
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
