//! An adapter for the page cache of the crate `ax-fs-ng`, of the kernel ArceOS: several tasks use it at a time, with
//! the harness's locks under `ax-sync`, its frames as pages, and its disk under the files.
//!
//! Not used: its filesystems and their block cache, and its mount tables, for only the cache is looked at; its
//! background writeback, which needs a thread of the kernel, and of which a case's `writeback` takes the place;
//! `collapse` and `insert`, for no case has them.

mod backing;
mod kernel;

use ax_fs_ng::VfsError;
use ax_fs_ng::file::CachedFile;
use ax_io::{IoBuf, IoBufMut, IoError, Read, Write};
use axfs_ng_vfs::{FileRangeOperation, Filesystem, Location, Mountpoint};
use backing::{Backing, Regions};
use shortcopy::case::OperationKind;
use shortcopy::subject::{Abilities, Env, Errno, Sink, Source, Start, Subject};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// The files, as the cache has them.
pub struct AxFsNg(Vec<CachedFile>);

impl fmt::Debug for AxFsNg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AxFsNg").finish_non_exhaustive()
    }
}

/// User memory that a write copies from.
struct From<'f, 's>(&'f mut Source<'s>);

impl Read for From<'_, '_> {
    fn read(&mut self, bytes: &mut [u8]) -> ax_io::Result<usize> {
        let wanted = bytes.len().min(self.0.remaining());
        match self.0.copy(&mut bytes[..wanted]) {
            0 if wanted > 0 => Err(IoError::BadAddress),
            copied => Ok(copied),
        }
    }
}

impl IoBuf for From<'_, '_> {
    fn remaining(&self) -> usize {
        self.0.remaining()
    }
}

/// User memory that a read copies to.
struct Into<'i, 's>(&'i mut Sink<'s>);

impl Write for Into<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> ax_io::Result<usize> {
        let count = bytes.len().min(self.0.remaining());
        self.0.put(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> ax_io::Result<()> {
        Ok(())
    }
}

impl IoBufMut for Into<'_, '_> {
    fn remaining_mut(&self) -> usize {
        self.0.remaining()
    }
}

/// What a call failed with.
fn errno(error: VfsError) -> Errno {
    match error {
        VfsError::BadAddress => Errno::EFAULT,
        VfsError::NoMemory => Errno::ENOMEM,
        VfsError::StorageFull => Errno::ENOSPC,
        VfsError::ResourceBusy => Errno::EBUSY,
        VfsError::WouldBlock => Errno::EAGAIN,
        VfsError::InvalidInput => Errno::EINVAL,
        _ => Errno::EIO,
    }
}

impl Subject for AxFsNg {
    const NAME: &'static str = "ax-fs-ng";
    const ABILITIES: Abilities = Abilities::CACHE.with_operation(OperationKind::Punch);
    const STACK: usize = 256 << 10;

    fn open(files: &[Start], env: &Env) -> Self {
        kernel::begin();
        let mountpoint = Mountpoint::new_root(&Filesystem::new(Arc::new(Regions(*env))));
        let opened = files.iter().enumerate().map(|(number, start)| {
            let entry = Backing::new(number, start, *env).entry();
            CachedFile::get_or_create(Location::new(Arc::clone(&mountpoint), entry)).expect("a file can be opened")
        });
        Self(opened.collect())
    }

    fn write(&self, file: usize, at: u64, from: &mut Source<'_>) -> Result<usize, Errno> {
        self.0[file].write_at(From(from), at).map_err(errno)
    }

    fn append(&self, file: usize, from: &mut Source<'_>) -> Result<(u64, usize), Errno> {
        let (written, end) = self.0[file].append(From(from)).map_err(errno)?;
        Ok((end - written as u64, written))
    }

    fn read(&self, file: usize, at: u64, into: &mut Sink<'_>) -> Result<usize, Errno> {
        self.0[file].read_at(Into(into), at).map_err(errno)
    }

    fn size(&self, file: usize) -> u64 {
        self.0[file].len()
    }

    fn truncate(&self, file: usize, size: u64) -> Result<(), Errno> {
        self.0[file].set_len(size).map_err(errno)
    }

    fn punch(&self, file: usize, range: Range<u64>) -> Result<(), Errno> {
        let length = range.end - range.start;
        self.0[file].operate_range(range.start, length, FileRangeOperation::PunchHole).map_err(errno)
    }

    fn sync(&self, file: usize) -> Result<(), Errno> {
        self.0[file].sync(false).map_err(errno)
    }

    fn writeback(&self, file: usize) {
        let _ = self.0[file].writeback();
    }

    fn reclaim(&self, file: usize, pages: Range<u32>) {
        let _ = self.0[file].pageout_pages(pages.start, pages.end);
    }

    fn invalidate(&self, file: usize) {
        let _ = self.0[file].invalidate_clean_pages(0, u32::MAX);
    }
}
