//! An adapter for the crate `embedded-sdmmc`, a FAT for small machines with a partition table.
//!
//! Not used: the card's own protocol, folders, long names, removing and times, for no case has them. It can make a file
//! longer by writing only, and shorter only by emptying it: so there is no truncate. A FAT has no holes, and a seek
//! past the end fails: whoever wants to write there has to write the zeroes himself.

use embedded_sdmmc::{
    Block, BlockCount, BlockDevice, BlockIdx, Error, Mode, RawDirectory, RawFile, TimeSource, Timestamp, VolumeIdx,
    VolumeManager,
};
use fatfs::{FatType, FormatVolumeOptions};
use shortcopy::case::OperationKind;
use shortcopy::subject::{Abilities, Disk, Errno, SECTOR, Volume};
use std::{fmt, io};

/// The disk, whose sectors are the crate's blocks.
struct Sectors(Disk);

/// What the crate is told when the disk fails.
fn failed(errno: Errno) -> io::Error {
    io::Error::other(format!("{errno:?}"))
}

impl BlockDevice for Sectors {
    type Error = io::Error;

    fn read(&self, blocks: &mut [Block], start: BlockIdx) -> io::Result<()> {
        blocks
            .iter_mut()
            .zip(u64::from(start.0)..)
            .try_for_each(|(block, number)| self.0.read(number * SECTOR as u64, &mut block.contents).map_err(failed))
    }

    fn write(&self, blocks: &[Block], start: BlockIdx) -> io::Result<()> {
        blocks
            .iter()
            .zip(u64::from(start.0)..)
            .try_for_each(|(block, number)| self.0.write(number * SECTOR as u64, &block.contents).map_err(failed))
    }

    fn num_blocks(&self) -> io::Result<BlockCount> {
        Ok(BlockCount((self.0.size() / SECTOR as u64) as u32))
    }
}

/// It is always the beginning of time, so that equal runs are equal.
struct Epoch;

impl TimeSource for Epoch {
    fn get_timestamp(&self) -> Timestamp {
        Timestamp { year_since_1970: 10, zero_indexed_month: 0, zero_indexed_day: 0, hours: 0, minutes: 0, seconds: 0 }
    }
}

type Manager = VolumeManager<Sectors, Epoch>;
type Outcome<T> = Result<T, Error<io::Error>>;

/// A mounted FAT, with its root folder open.
pub struct Sdmmc(Box<Manager>, RawDirectory);

impl fmt::Debug for Sdmmc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sdmmc").finish_non_exhaustive()
    }
}

impl Sdmmc {
    /// Opens the file for one call, whose result it is.
    fn with<T>(
        &self,
        name: &str,
        mode: Mode,
        f: impl FnOnce(&Manager, RawFile, u32) -> Outcome<T>,
    ) -> Result<T, Errno> {
        let file = self.0.open_file_in_dir(self.1, name, mode).map_err(errno)?;
        let done = self.0.file_length(file).and_then(|size| f(&self.0, file, size));
        self.0.close_file(file).and(done).map_err(errno)
    }
}

/// What a call failed with.
fn errno(error: Error<io::Error>) -> Errno {
    match error {
        Error::NotEnoughSpace | Error::DiskFull => Errno::ENOSPC,
        Error::InvalidOffset | Error::NotFound => Errno::EINVAL,
        _ => Errno::EIO,
    }
}

/// Makes a file longer, up to `size`.
fn lengthen(manager: &Manager, file: RawFile, from: u32, size: u32) -> Outcome<()> {
    manager.file_seek_from_start(file, from)?;
    manager.write(file, &vec![0; size.saturating_sub(from) as usize])
}

impl Volume for Sdmmc {
    const NAME: &'static str = "embedded-sdmmc";
    const ABILITIES: Abilities = Abilities::VOLUME.without_operation(OperationKind::Truncate);

    fn format(disk: &Disk) -> Result<(), String> {
        let sectors = (disk.size() / SECTOR as u64 - 1) as u32;
        // One partition, of a FAT with 16 bits, behind the table's own sector.
        let mut table = [0; SECTOR];
        table[450] = 0x06;
        table[454..458].copy_from_slice(&1_u32.to_le_bytes());
        table[458..462].copy_from_slice(&sectors.to_le_bytes());
        table[510..].copy_from_slice(&[0x55, 0xaa]);
        let mut image = io::Cursor::new(vec![0; sectors as usize * SECTOR]);
        let options = FormatVolumeOptions::new().fat_type(FatType::Fat16).bytes_per_cluster(SECTOR as u32);
        fatfs::format_volume(&mut image, options).map_err(|why| why.to_string())?;
        let image = [&table[..], image.get_ref()].concat();
        disk.write(0, &image).map_err(|errno| format!("{errno:?}"))
    }

    fn mount(disk: &Disk) -> Result<Self, String> {
        let manager = Box::new(Manager::new(Sectors(*disk), Epoch));
        let volume = manager.open_raw_volume(VolumeIdx(0)).map_err(|why| format!("{why:?}"))?;
        let root = manager.open_root_dir(volume).map_err(|why| format!("{why:?}"))?;
        Ok(Self(manager, root))
    }

    /// It keeps nothing: closing a file has written all.
    fn unmount(self) -> Result<(), String> {
        Ok(())
    }

    fn create(&mut self, name: &str) -> Result<(), Errno> {
        self.with(name, Mode::ReadWriteCreate, |_, _, _| Ok(()))
    }

    fn write(&mut self, name: &str, at: u64, bytes: &[u8]) -> Result<usize, Errno> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let at = at as u32;
        self.with(name, Mode::ReadWriteAppend, |manager, file, size| {
            lengthen(manager, file, size.min(at), at)?;
            manager.file_seek_from_start(file, at)?;
            manager.write(file, bytes)?;
            Ok(bytes.len())
        })
    }

    fn read(&mut self, name: &str, at: u64, bytes: &mut [u8]) -> Result<usize, Errno> {
        self.with(name, Mode::ReadOnly, |manager, file, size| {
            if at >= u64::from(size) {
                return Ok(0);
            }
            manager.file_seek_from_start(file, at as u32)?;
            manager.read(file, bytes)
        })
    }

    fn size(&mut self, name: &str) -> Result<u64, Errno> {
        self.with(name, Mode::ReadOnly, |_, _, size| Ok(u64::from(size)))
    }

    /// No case has it: it is called for a file that is new.
    fn truncate(&mut self, name: &str, size: u64) -> Result<(), Errno> {
        let size = size as u32;
        self.with(name, Mode::ReadWriteAppend, |manager, file, before| {
            if before > size {
                return Err(Error::Unsupported);
            }
            lengthen(manager, file, before, size)
        })
    }

    fn sync(&mut self, name: &str) -> Result<(), Errno> {
        self.with(name, Mode::ReadWriteAppend, |manager, file, _| manager.flush_file(file))
    }
}
