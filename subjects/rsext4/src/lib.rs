//! An adapter for the crate `rsext4`, an ext4 with a journal.
//!
//! Not used: folders, links, removing, renaming, attributes and preallocation, for no case has them.

use rsext4::{
    BlockIo, Clock, DeviceCapabilities, DeviceGeometry, Ext4, Ext4Error, Ext4ErrorKind, Ext4Result, Ext4Timestamp,
    FileName, FilePermissions, InodeInfo, MkfsOptions, MountOptions, MountServices, MountedServices, MutationContext,
    NoopObserver, SectorId,
};
use shortcopy::case::OperationKind;
use shortcopy::subject::{Abilities, Disk, Errno, SECTOR, Volume};
use std::fmt;

/// The disk, whose sectors are the crate's logical blocks.
struct Sectors(Disk);

impl BlockIo for Sectors {
    fn write(&mut self, bytes: &[u8], sector: SectorId, _: u32) -> Ext4Result<()> {
        self.0.write(sector.raw() * SECTOR as u64, bytes).map_err(|_| Ext4Error::io())
    }

    fn read(&mut self, bytes: &mut [u8], sector: SectorId, _: u32) -> Ext4Result<()> {
        self.0.read(sector.raw() * SECTOR as u64, bytes).map_err(|_| Ext4Error::io())
    }

    fn geometry(&self) -> DeviceGeometry {
        DeviceGeometry::new(SECTOR as u32, self.0.size() / SECTOR as u64)
    }

    fn capabilities(&self) -> DeviceCapabilities {
        DeviceCapabilities { flush: true, ..DeviceCapabilities::default() }
    }

    fn flush(&mut self) -> Ext4Result<()> {
        self.0.flush();
        Ok(())
    }
}

/// It is always the beginning of time, so that equal runs are equal.
struct Epoch;

impl Clock for Epoch {
    fn now(&self) -> Ext4Result<Ext4Timestamp> {
        Ok(Ext4Timestamp::UNIX_EPOCH)
    }
}

/// A mounted ext4.
pub struct Rsext4(Box<Ext4<Sectors, MountedServices<(), NoopObserver>>>);

impl fmt::Debug for Rsext4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rsext4").finish_non_exhaustive()
    }
}

impl Rsext4 {
    fn file(&mut self, name: &str) -> Result<InodeInfo, Errno> {
        let name = FileName::new(name.as_bytes()).map_err(errno)?;
        self.0.lookup_child(self.0.root_inode(), name).map_err(errno)?.ok_or(Errno::EINVAL)
    }
}

/// What a call failed with.
fn errno(error: Ext4Error) -> Errno {
    match error.kind() {
        Ext4ErrorKind::NoSpace => Errno::ENOSPC,
        Ext4ErrorKind::NoMemory => Errno::ENOMEM,
        Ext4ErrorKind::InvalidInput => Errno::EINVAL,
        _ => Errno::EIO,
    }
}

fn words(error: Ext4Error) -> String {
    format!("{error:?}")
}

impl Volume for Rsext4 {
    const NAME: &'static str = "rsext4";
    const ABILITIES: Abilities = Abilities::VOLUME.with_operation(OperationKind::Crash);
    const STACK: usize = 1 << 20;
    const DISK: u64 = 32 << 20;

    fn format(disk: &Disk) -> Result<(), String> {
        rsext4::format(Sectors(*disk), Epoch, MkfsOptions::default()).map(|_| ()).map_err(words)
    }

    fn mount(disk: &Disk) -> Result<Self, String> {
        let services = MountServices::new(Epoch, (), NoopObserver);
        let mounted = Ext4::mount(Sectors(*disk), services, MountOptions::read_write()).map_err(words)?;
        Ok(Self(Box::new(mounted)))
    }

    fn unmount(mut self) -> Result<(), String> {
        self.0.unmount().map_err(words)
    }

    fn create(&mut self, name: &str) -> Result<(), Errno> {
        let (root, name) = (self.0.root_inode(), FileName::new(name.as_bytes()).map_err(errno)?);
        let permissions = FilePermissions::new(0o644).map_err(errno)?;
        self.0.create_regular_file(MutationContext::new(0, 0, 0, 0), root, name, permissions).map_err(errno)?;
        Ok(())
    }

    fn write(&mut self, name: &str, at: u64, bytes: &[u8]) -> Result<usize, Errno> {
        let file = self.file(name)?.number;
        self.0.write_inode(file, at, bytes).map_err(errno)?;
        Ok(bytes.len())
    }

    fn read(&mut self, name: &str, at: u64, bytes: &mut [u8]) -> Result<usize, Errno> {
        let file = self.file(name)?.number;
        self.0.read_inode(file, at, bytes).map_err(errno)
    }

    fn size(&mut self, name: &str) -> Result<u64, Errno> {
        Ok(self.file(name)?.size)
    }

    fn truncate(&mut self, name: &str, size: u64) -> Result<(), Errno> {
        let file = self.file(name)?.number;
        self.0.truncate_inode(file, size).map_err(errno)
    }

    fn sync(&mut self, _: &str) -> Result<(), Errno> {
        self.0.sync().map_err(errno)
    }
}
