//! An adapter for the crate `fatfs`, a FAT filesystem over anything that reads, writes and seeks.
//!
//! Not used: folders, long names, removing, renaming and times, for no case has them. A FAT has no holes, and a seek
//! stops at the end of the file: whoever wants to write past it has to write the zeroes himself.

use fatfs::{File, FileSystem, FormatVolumeOptions, FsOptions, format_volume};
use shortcopy::subject::{Disk, Errno, SECTOR, Volume};
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// A disk with a position, read and written in pieces of any length.
struct Device {
    disk: Disk,
    at: u64,
}

impl Device {
    /// Calls `f` with what of the sector begins at the position; the position goes on by what `f` says.
    fn in_sector(&mut self, write: bool, f: impl FnOnce(&mut [u8]) -> usize) -> io::Result<usize> {
        let (offset, mut sector) = ((self.at % SECTOR as u64) as usize, [0; SECTOR]);
        let start = self.at - offset as u64;
        if start >= self.disk.size() {
            return Ok(0);
        }
        let failed = |errno: Errno| io::Error::other(format!("{errno:?}"));
        self.disk.read(start, &mut sector).map_err(failed)?;
        let count = f(&mut sector[offset..]);
        if write {
            self.disk.write(start, &sector).map_err(failed)?;
        }
        self.at += count as u64;
        Ok(count)
    }
}

impl Read for Device {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.in_sector(false, |sector| {
            let count = bytes.len().min(sector.len());
            bytes[..count].copy_from_slice(&sector[..count]);
            count
        })
    }
}

impl Write for Device {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.in_sector(true, |sector| {
            let count = bytes.len().min(sector.len());
            sector[..count].copy_from_slice(&bytes[..count]);
            count
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.disk.flush();
        Ok(())
    }
}

impl Seek for Device {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::Current(by) => self.at.saturating_add_signed(by),
            SeekFrom::End(by) => self.disk.size().saturating_add_signed(by),
        };
        Ok(self.at)
    }
}

/// A mounted FAT.
pub struct Fatfs(FileSystem<Device>);

impl fmt::Debug for Fatfs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fatfs").finish_non_exhaustive()
    }
}

impl Fatfs {
    /// A file, opened, with its size.
    fn file(&self, name: &str) -> io::Result<(File<'_, Device>, u64)> {
        let mut file = self.0.root_dir().open_file(name)?;
        let size = file.seek(SeekFrom::End(0))?;
        Ok((file, size))
    }
}

/// What a call failed with.
fn errno(error: io::Error) -> Errno {
    match error.kind() {
        io::ErrorKind::NotFound => Errno::EINVAL,
        io::ErrorKind::WriteZero => Errno::ENOSPC,
        _ => Errno::EIO,
    }
}

/// Makes a file that is open at its end longer, up to `size`.
fn lengthen(file: &mut File<'_, Device>, from: u64, size: u64) -> io::Result<()> {
    file.write_all(&vec![0; size.saturating_sub(from) as usize])
}

impl Volume for Fatfs {
    const NAME: &'static str = "fatfs";

    fn format(disk: &Disk) -> Result<(), String> {
        let device = Device { disk: *disk, at: 0 };
        format_volume(device, FormatVolumeOptions::new()).map_err(|why| why.to_string())
    }

    fn mount(disk: &Disk) -> Result<Self, String> {
        FileSystem::new(Device { disk: *disk, at: 0 }, FsOptions::new()).map(Self).map_err(|why| why.to_string())
    }

    fn unmount(self) -> Result<(), String> {
        self.0.unmount().map_err(|why| why.to_string())
    }

    fn create(&mut self, name: &str) -> Result<(), Errno> {
        self.0.root_dir().create_file(name).map(|_| ()).map_err(errno)
    }

    fn write(&mut self, name: &str, at: u64, bytes: &[u8]) -> Result<usize, Errno> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let (mut file, size) = self.file(name).map_err(errno)?;
        lengthen(&mut file, size, at).map_err(errno)?;
        file.seek(SeekFrom::Start(at)).map_err(errno)?;
        file.write_all(bytes).map_err(errno)?;
        file.flush().map_err(errno)?;
        Ok(bytes.len())
    }

    fn read(&mut self, name: &str, at: u64, bytes: &mut [u8]) -> Result<usize, Errno> {
        let (mut file, size) = self.file(name).map_err(errno)?;
        if at >= size {
            return Ok(0);
        }
        file.seek(SeekFrom::Start(at)).map_err(errno)?;
        let mut done = 0;
        while done < bytes.len() {
            match file.read(&mut bytes[done..]).map_err(errno)? {
                0 => break,
                count => done += count,
            }
        }
        Ok(done)
    }

    fn size(&mut self, name: &str) -> Result<u64, Errno> {
        self.file(name).map(|(_, size)| size).map_err(errno)
    }

    fn truncate(&mut self, name: &str, size: u64) -> Result<(), Errno> {
        let (mut file, before) = self.file(name).map_err(errno)?;
        if size > before {
            return lengthen(&mut file, before, size).map_err(errno);
        }
        file.seek(SeekFrom::Start(size)).map_err(errno)?;
        file.truncate().map_err(errno)
    }

    fn sync(&mut self, name: &str) -> Result<(), Errno> {
        let (mut file, _) = self.file(name).map_err(errno)?;
        file.flush().map_err(errno)
    }
}
