//! An adapter for the crate `littlefs2`, which is littlefs with an interface in Rust. Building it needs a C compiler
//! and libclang.
//!
//! Not used: folders, attributes, removing, renaming and growing, for no case has them. A file is open for one call
//! only, so that every call commits; what a handle that stays open keeps to itself is not looked at.

use littlefs2::driver::Storage;
use littlefs2::fs::{Allocation, File, Filesystem};
use littlefs2::io::{self, Error, SeekFrom};
use littlefs2::path::PathBuf;
use shortcopy::case::OperationKind;
use shortcopy::subject::{Abilities, Disk, Errno, Volume};
use std::fmt;

/// Bytes of the disk.
const SIZE: usize = 2 << 20;

/// The disk as flash that needs no erasing, in the units that it can be written in.
struct Flash(Disk);

impl Storage for Flash {
    const READ_SIZE: usize = 512;
    const WRITE_SIZE: usize = 512;
    const BLOCK_SIZE: usize = 4096;
    const BLOCK_COUNT: usize = SIZE / Self::BLOCK_SIZE;
    type CACHE_SIZE = littlefs2::consts::U512;
    type LOOKAHEAD_SIZE = littlefs2::consts::U8;

    fn read(&mut self, at: usize, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(at as u64, bytes).map_err(|_| Error::IO)?;
        Ok(bytes.len())
    }

    /// The crate wants to have on the disk for good whatever was written, and never says when to flush.
    fn write(&mut self, at: usize, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(at as u64, bytes).map_err(|_| Error::IO)?;
        self.0.flush();
        Ok(bytes.len())
    }

    fn erase(&mut self, _: usize, length: usize) -> io::Result<usize> {
        Ok(length)
    }
}

/// A mounted littlefs. What it borrows for as long as it is mounted is leaked, and taken back at the end.
pub struct Littlefs(Option<Filesystem<'static, Flash>>);

impl fmt::Debug for Littlefs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Littlefs").finish_non_exhaustive()
    }
}

impl Drop for Littlefs {
    fn drop(&mut self) {
        if let Some(filesystem) = self.0.take() {
            let (allocation, flash) = filesystem.into_inner();
            // SAFETY: both are from `Box::leak` in `mount`, and nobody has them any more.
            drop(unsafe { (Box::from_raw(allocation), Box::from_raw(flash)) });
        }
    }
}

impl Littlefs {
    /// Opens the file, made if there is none, for one call.
    fn with<T>(&self, name: &str, f: impl FnOnce(&File<'_, '_, Flash>) -> io::Result<T>) -> Result<T, Errno> {
        let path = PathBuf::try_from(name).map_err(|_| Errno::EINVAL)?;
        let filesystem = self.0.as_ref().ok_or(Errno::EINVAL)?;
        let done = filesystem.open_file_with_options_and_then(|it| it.read(true).write(true).create(true), &path, f);
        done.map_err(|why| match why {
            Error::NO_SPACE => Errno::ENOSPC,
            Error::INVALID => Errno::EINVAL,
            Error::NO_MEMORY => Errno::ENOMEM,
            _ => Errno::EIO,
        })
    }
}

impl Volume for Littlefs {
    const NAME: &'static str = "littlefs2";
    const ABILITIES: Abilities = Abilities::VOLUME.with_operation(OperationKind::Crash);
    const DISK: u64 = SIZE as u64;

    fn format(disk: &Disk) -> Result<(), String> {
        Filesystem::format(&mut Flash(*disk)).map_err(|why| format!("{why:?}"))
    }

    fn mount(disk: &Disk) -> Result<Self, String> {
        let (allocation, flash) = (Box::leak(Box::new(Allocation::new())), Box::leak(Box::new(Flash(*disk))));
        Filesystem::mount(allocation, flash).map(|it| Self(Some(it))).map_err(|why| format!("{why:?}"))
    }

    fn unmount(self) -> Result<(), String> {
        Ok(())
    }

    fn create(&mut self, name: &str) -> Result<(), Errno> {
        self.with(name, |_| Ok(()))
    }

    fn write(&mut self, name: &str, at: u64, bytes: &[u8]) -> Result<usize, Errno> {
        self.with(name, |file| {
            file.seek(SeekFrom::Start(at as u32))?;
            file.write(bytes)
        })
    }

    fn read(&mut self, name: &str, at: u64, bytes: &mut [u8]) -> Result<usize, Errno> {
        self.with(name, |file| {
            file.seek(SeekFrom::Start(at as u32))?;
            file.read(bytes)
        })
    }

    fn size(&mut self, name: &str) -> Result<u64, Errno> {
        self.with(name, |file| Ok(file.len()? as u64))
    }

    fn truncate(&mut self, name: &str, size: u64) -> Result<(), Errno> {
        self.with(name, |file| file.set_len(size as usize))
    }

    fn sync(&mut self, name: &str) -> Result<(), Errno> {
        self.with(name, |file| file.sync())
    }
}
