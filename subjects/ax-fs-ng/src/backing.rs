//! The file under the cache: a region of the disk without holes, with no cache and no lock of its own.

use axfs_ng_vfs::{
    DeviceId, DirEntry, FileNode, FileNodeOps, FileRangeOperation, FilesystemOps, Metadata, MetadataUpdate, NodeOps,
    NodePermission, NodeType, Reference, StatFs, VfsError, VfsResult,
};
use axpoll::{IoEvents, Pollable, SharedRegistrationSink};
use shortcopy::subject::{Env, SECTOR, Start};
use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// A file, which is a filesystem too, with nothing but it.
#[derive(Debug)]
pub struct Backing {
    number: u64,
    env: Env,
    disk: u64,
    size: AtomicU64,
    /// Up to here the disk has what is in the file, in whole sectors; zeroes behind its end.
    valid: AtomicU64,
}

const fn up(at: u64) -> u64 {
    at.next_multiple_of(SECTOR as u64)
}

const fn down(at: u64) -> u64 {
    at - at % SECTOR as u64
}

impl Backing {
    /// A file as a run finds it.
    pub fn new(number: usize, start: &Start, env: Env) -> Self {
        let (size, valid) = (AtomicU64::new(start.size), AtomicU64::new(up(start.size)));
        Self { number: number as u64, env, disk: start.disk, size, valid }
    }

    /// The file's entry.
    pub fn entry(self) -> DirEntry {
        DirEntry::new_file(FileNode::new(Arc::new(self)), NodeType::RegularFile, Reference::root())
    }

    /// Reads whole sectors; there are zeroes where the disk has nothing of the file.
    fn sectors(&self, start: u64, end: u64) -> VfsResult<Vec<u8>> {
        let mut bytes = vec![0; (end - start) as usize];
        let there = self.valid.load(Relaxed).clamp(start, end);
        if there > start {
            let part = &mut bytes[..(there - start) as usize];
            self.env.disk().read(self.disk + start, part).map_err(|_| VfsError::Io)?;
        }
        Ok(bytes)
    }

    /// Writes at `at`, and zeroes before it where the disk has nothing.
    fn put(&self, at: u64, bytes: &[u8]) -> VfsResult<()> {
        let end = at + bytes.len() as u64;
        let (start, whole) = (down(at.min(self.valid.load(Relaxed))), up(end));
        let is_whole = start == at && whole == end;
        let mut sectors = if is_whole { vec![0; bytes.len()] } else { self.sectors(start, whole)? };
        sectors[(at - start) as usize..][..bytes.len()].copy_from_slice(bytes);
        self.env.disk().write(self.disk + start, &sectors).map_err(|_| VfsError::Io)?;
        self.valid.fetch_max(whole, Relaxed);
        Ok(())
    }
}

impl FileNodeOps for Backing {
    fn read_at(&self, bytes: &mut [u8], at: u64) -> VfsResult<usize> {
        let count = self.size.load(Relaxed).saturating_sub(at).min(bytes.len() as u64);
        if count > 0 {
            let sectors = self.sectors(down(at), up(at + count))?;
            bytes[..count as usize].copy_from_slice(&sectors[(at - down(at)) as usize..][..count as usize]);
        }
        Ok(count as usize)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> VfsResult<usize> {
        self.put(at, bytes)?;
        self.size.fetch_max(at + bytes.len() as u64, Relaxed);
        Ok(bytes.len())
    }

    fn append(&self, bytes: &[u8]) -> VfsResult<(usize, u64)> {
        let at = self.size.load(Relaxed);
        Ok((self.write_at(bytes, at)?, at + bytes.len() as u64))
    }

    fn set_len(&self, size: u64) -> VfsResult<()> {
        let before = self.size.load(Relaxed);
        if size < before && size != up(size) {
            // Behind the end there are zeroes.
            self.put(size, &vec![0; (up(size) - size) as usize])?;
        } else if size > self.valid.load(Relaxed) {
            let valid = self.valid.load(Relaxed);
            self.put(valid, &vec![0; (up(size) - valid) as usize])?;
        }
        self.size.store(size, Relaxed);
        self.valid.fetch_min(up(size), Relaxed);
        Ok(())
    }

    fn operate_range(&self, at: u64, length: u64, operation: FileRangeOperation) -> VfsResult<()> {
        let end = (at + length).min(self.size.load(Relaxed));
        match operation {
            FileRangeOperation::PunchHole if at < end => self.put(at, &vec![0; (end - at) as usize]),
            FileRangeOperation::PunchHole => Ok(()),
            _ => Err(VfsError::OperationNotSupported),
        }
    }
}

impl NodeOps for Backing {
    fn inode(&self) -> u64 {
        self.number + 1
    }

    fn metadata(&self) -> VfsResult<Metadata> {
        let size = self.size.load(Relaxed);
        Ok(Metadata {
            device: 1,
            inode: self.inode(),
            nlink: 1,
            mode: NodePermission::default(),
            node_type: NodeType::RegularFile,
            uid: 0,
            gid: 0,
            size,
            block_size: SECTOR as u64,
            blocks: up(size) / SECTOR as u64,
            rdev: DeviceId::default(),
            atime: Duration::ZERO,
            mtime: Duration::ZERO,
            ctime: Duration::ZERO,
        })
    }

    fn update_metadata(&self, _: MetadataUpdate) -> VfsResult<()> {
        Ok(())
    }

    fn filesystem(&self) -> &dyn FilesystemOps {
        self
    }

    fn sync(&self, _: bool) -> VfsResult<()> {
        self.env.disk().flush();
        Ok(())
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl Pollable for Backing {
    fn poll(&self) -> IoEvents {
        IoEvents::IN | IoEvents::OUT
    }

    unsafe fn register_shared(&self, _: &mut dyn SharedRegistrationSink, _: IoEvents) {}
}

/// The filesystem that the files are on, with a name that the cache knows nothing of.
#[derive(Debug)]
pub struct Regions(pub Env);

impl FilesystemOps for Regions {
    fn name(&self) -> &str {
        "regions"
    }

    /// Nobody looks for anything there.
    fn root_dir(&self) -> DirEntry {
        Backing::new(0, &Start { size: 0, disk: 0, room: 0 }, self.0).entry()
    }

    fn stat(&self) -> VfsResult<StatFs> {
        Err(VfsError::Unsupported)
    }
}

impl FilesystemOps for Backing {
    fn name(&self) -> &str {
        "regions"
    }

    fn root_dir(&self) -> DirEntry {
        Regions(self.env).root_dir()
    }

    fn stat(&self) -> VfsResult<StatFs> {
        Err(VfsError::Unsupported)
    }
}
