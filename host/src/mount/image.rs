//! The disk of a filesystem: a file without a name, filled with markers, under a loop device that detaches by itself.

use super::{MountError, system};
use crate::marker::fill_sectors;
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Bytes that are written at once when an image is filled.
const CHUNK: usize = 1 << 20;
/// How often we try again because another process took the free loop device first.
const RACES_FOR_A_DEVICE: u32 = 64;

/// A file and the loop device above it.
///
/// Data that the filesystem has written to the device is in the file's page cache, so a reader of the file sees what
/// reached the disk.
#[derive(Debug)]
pub struct Image {
    file: File,
    folder: PathBuf,
    // Open for as long as the image lives: the kernel detaches the file when the last user closes the device.
    _loop_device: File,
    device: PathBuf,
}

impl Image {
    /// An image without a name in a folder, of `size` bytes, filled with markers or all holes.
    pub(super) fn new(folder: &Path, size: u64, filled: bool) -> Result<Self, MountError> {
        let failed = |error| MountError::file(format!("an image of {size} bytes in {}", folder.display()), error);
        let mut file = tempfile::tempfile_in(folder).map_err(failed)?;
        if filled { fill(&mut file, size) } else { file.set_len(size) }.map_err(failed)?;
        Self::over(file, folder)
    }

    /// An image in an existing file, whose content stays; clones of it go to the folder.
    pub(crate) fn over(file: File, folder: &Path) -> Result<Self, MountError> {
        let (loop_device, device) = attach(&file)?;
        Ok(Self { file, folder: folder.to_owned(), _loop_device: loop_device, device })
    }

    /// The file.
    #[must_use]
    pub const fn file(&self) -> &File {
        &self.file
    }

    /// The folder of clones, and of the file if it is ours.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The loop device.
    #[must_use]
    pub fn device(&self) -> &Path {
        &self.device
    }
}

/// Fills a file with markers that name their sectors.
fn fill(file: &mut File, size: u64) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    for offset in (0..size).step_by(CHUNK) {
        let bytes = CHUNK.min(usize::try_from(size - offset).unwrap_or(CHUNK));
        fill_sectors(offset, &mut buffer[..bytes]);
        file.write_all(&buffer[..bytes])?;
    }
    Ok(())
}

/// Puts a file under a free loop device.
fn attach(file: &File) -> Result<(File, PathBuf), MountError> {
    let open = |path: &Path| OpenOptions::new().read(true).write(true).open(path);
    let control = Path::new("/dev/loop-control");
    let control = open(control).map_err(|error| no_device("opening /dev/loop-control".into(), error))?;
    for _ in 0..RACES_FOR_A_DEVICE {
        let number =
            system::free_loop_device(&control).map_err(|error| no_device("asking for one".into(), error.into()))?;
        let path = PathBuf::from(format!("/dev/loop{number}"));
        let device = open(&path).map_err(|error| no_device(format!("opening {}", path.display()), error))?;
        match system::configure_loop_device(&device, file) {
            Ok(()) => return Ok((device, path)),
            Err(Errno::BUSY) => {} // Somebody else took it meanwhile.
            Err(error) => return Err(no_device(format!("putting the image under {}", path.display()), error.into())),
        }
    }
    Err(no_device("others are faster each time".into(), Errno::BUSY.into()))
}

fn no_device(what: String, source: io::Error) -> MountError {
    if source.kind() == io::ErrorKind::PermissionDenied {
        return MountError::NotPermitted { what: format!("a loop device ({what})"), source };
    }
    MountError::NoLoopDevice { what, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marker::{Marker, SECTOR, WORD};
    use std::os::unix::fs::FileExt;

    #[test]
    fn each_sector_of_an_image_says_its_number() {
        let mut file = tempfile::tempfile().expect("a file");
        let size = CHUNK as u64 + 3 * SECTOR as u64;
        fill(&mut file, size).expect("it is filled");
        assert_eq!(file.metadata().expect("it is there").len(), size);
        for sector in [0, 1, 2047, 2048, 2050] {
            let mut word = [0; WORD];
            file.read_exact_at(&mut word, u64::from(sector) * SECTOR as u64 + 504).expect("it can be read");
            assert_eq!(Marker::read(word), Some(Marker::Disk { sector }));
        }
    }
}
