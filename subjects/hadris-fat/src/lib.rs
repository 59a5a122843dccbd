//! An adapter for the crate `hadris-fat`, another FAT, with nodes instead of positions in files.
//!
//! Not used: folders, long names, removing, renaming, times, caches and the checker, for no case has them; exFAT, which
//! is another driver. A file is open for one call only.

use hadris_fat::FatOptions;
use hadris_fat::sync::{FatFs, format};
use hadris_fs::sync::FileSystem;
use hadris_fs::{Error, ErrorKind, FsResult, MountOptions, Name, NodeId, OpenMode, SetAttr};
use hadris_io::ErrorType;
use hadris_storage::sync::BlockDevice;
use hadris_storage::{BlockIndex, BlockSize};
use shortcopy::subject::{Disk, Errno, SECTOR, Volume};
use std::{fmt, io};

/// The disk, whose sectors are the crate's blocks.
struct Sectors(Disk);

impl ErrorType for Sectors {
    type Error = io::Error;
}

/// What the crate is told when the disk fails.
fn failed(errno: Errno) -> Error<io::Error> {
    Error::device(io::Error::other(format!("{errno:?}")), "the disk fails")
}

impl BlockDevice for Sectors {
    fn block_size(&self) -> BlockSize {
        BlockSize::new(SECTOR as u32).expect("a power of two")
    }

    fn block_count(&self) -> u64 {
        self.0.size() / SECTOR as u64
    }

    fn writable(&self) -> bool {
        true
    }

    fn read_blocks(&mut self, first: BlockIndex, bytes: &mut [u8]) -> FsResult<(), io::Error> {
        self.0.read(first.get() * SECTOR as u64, bytes).map_err(failed)
    }

    fn write_blocks(&mut self, first: BlockIndex, bytes: &[u8]) -> FsResult<(), io::Error> {
        self.0.write(first.get() * SECTOR as u64, bytes).map_err(failed)
    }

    fn flush(&mut self) -> FsResult<(), io::Error> {
        self.0.flush();
        Ok(())
    }
}

/// A mounted FAT.
pub struct HadrisFat(Box<FatFs<Sectors>>);

impl fmt::Debug for HadrisFat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HadrisFat").finish_non_exhaustive()
    }
}

impl HadrisFat {
    /// Looks the file up and opens it for one call, whose result it is.
    fn with<T>(
        &mut self,
        name: &str,
        f: impl FnOnce(&mut FatFs<Sectors>, NodeId) -> FsResult<T, io::Error>,
    ) -> Result<T, Errno> {
        let fs = &mut self.0;
        let node = fs.lookup(fs.root(), Name::new(name)).map_err(errno)?;
        let done = fs.open(node, OpenMode::Write).and_then(|()| {
            let done = f(fs, node);
            fs.close(node).and(done)
        });
        fs.forget(node, 1);
        done.map_err(errno)
    }
}

/// What a call failed with.
fn errno(error: Error<io::Error>) -> Errno {
    match error.kind() {
        ErrorKind::NoSpace => Errno::ENOSPC,
        ErrorKind::InvalidInput | ErrorKind::NotFound => Errno::EINVAL,
        _ => Errno::EIO,
    }
}

impl Volume for HadrisFat {
    const NAME: &'static str = "hadris-fat";

    fn format(disk: &Disk) -> Result<(), String> {
        format(&mut Sectors(*disk), &FatOptions::new()).map(|_| ()).map_err(|why| why.to_string())
    }

    fn mount(disk: &Disk) -> Result<Self, String> {
        let mounted = FatFs::mount(Sectors(*disk), MountOptions::new()).map_err(|why| format!("{why:?}"))?;
        Ok(Self(Box::new(mounted)))
    }

    fn unmount(self) -> Result<(), String> {
        self.0.unmount().map(|_| ()).map_err(|why| format!("{why:?}"))
    }

    fn create(&mut self, name: &str) -> Result<(), Errno> {
        let node = self.0.create(self.0.root(), Name::new(name), &SetAttr::new()).map_err(errno)?;
        self.0.forget(node, 1);
        Ok(())
    }

    fn write(&mut self, name: &str, at: u64, bytes: &[u8]) -> Result<usize, Errno> {
        self.with(name, |fs, node| fs.write(node, at, bytes))
    }

    fn read(&mut self, name: &str, at: u64, bytes: &mut [u8]) -> Result<usize, Errno> {
        self.with(name, |fs, node| fs.read(node, at, bytes))
    }

    fn size(&mut self, name: &str) -> Result<u64, Errno> {
        self.with(name, |fs, node| Ok(fs.stat(node)?.len()))
    }

    fn truncate(&mut self, name: &str, size: u64) -> Result<(), Errno> {
        self.with(name, |fs, node| fs.truncate(node, size))
    }

    fn sync(&mut self, name: &str) -> Result<(), Errno> {
        self.with(name, |fs, node| fs.fsync(node))
    }
}
