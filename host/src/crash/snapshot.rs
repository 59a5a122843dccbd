//! A crash by a copy of the disk: the copy has what had reached the disk at that moment, and nothing that was only in
//! the page cache.

use super::{AfterCrash, CrashError, FileAfter, Way, look};
use crate::mount::{Image, Kind, Mounted};
use rustix::fs::{copy_file_range, ioctl_ficlone};
use rustix::io::Errno;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

/// How often a copy is tried, because the disk may be written to meanwhile.
const ATTEMPTS: u32 = 8;
/// Bytes that are copied at once where the kernel does not copy by itself.
const CHUNK: usize = 1 << 20;

/// The disk of a mounted filesystem at one moment.
#[derive(Debug)]
pub(crate) struct Snapshot {
    kind: Kind,
    image: Image,
    one_moment: bool,
}

impl Snapshot {
    /// Copies the disk as it is now. The filesystem is not told, so it can be in the middle of anything.
    ///
    /// # Errors
    /// If it has no disk or if there is no room for the copy.
    pub fn take(mounted: &Mounted) -> Result<Self, CrashError> {
        let original = mounted.image().ok_or_else(|| CrashError::no_disk(mounted.kind()))?;
        let folder = original.folder();
        let failed = |source| CrashError::Copy { folder: folder.display().to_string(), source };
        let copy = tempfile::tempfile_in(folder).map_err(failed)?;
        let one_moment = copy_of_one_moment(original, &copy).map_err(failed)?;
        Ok(Self { kind: mounted.kind(), image: Image::over(copy, folder)?, one_moment })
    }

    /// Whether no write reached the disk while it was copied.
    #[must_use]
    pub const fn is_of_one_moment(&self) -> bool {
        self.one_moment
    }

    /// Mounts it, beside the original if that is mounted still, and reads the files of these names.
    ///
    /// # Errors
    /// If it cannot be mounted.
    pub fn look(self, names: &[&str]) -> Result<Vec<FileAfter>, CrashError> {
        look::look_at(self.image, self.kind, names)
    }
}

/// Copies the disk of a filesystem as it is now, mounts the copy and reads the files of these names. The filesystem
/// goes on.
///
/// # Errors
/// If it has no disk, there is no room for a copy, or the copy cannot be mounted.
pub fn clone_and_look(mounted: &Mounted, names: &[&str]) -> Result<AfterCrash, CrashError> {
    let began = Instant::now();
    let snapshot = Snapshot::take(mounted)?;
    let crashing = began.elapsed();
    let one_moment = snapshot.is_of_one_moment();
    let began = Instant::now();
    let files = snapshot.look(names)?;
    Ok(AfterCrash { files, way: Way::Clone, one_moment, crashing, looking: began.elapsed() })
}

/// A copy of an image that nobody writes to, in a file without a name in a folder.
pub(super) fn copy_to_image(original: &File, folder: &Path) -> Result<Image, CrashError> {
    let failed = |source| CrashError::Copy { folder: folder.display().to_string(), source };
    let copy = tempfile::tempfile_in(folder).map_err(failed)?;
    if ioctl_ficlone(&copy, original).is_err() {
        copy_bytes(original, &copy).map_err(failed)?;
    }
    Ok(Image::over(copy, folder)?)
}

/// Copies an image; `false` if writes reached it during each attempt.
fn copy_of_one_moment(original: &Image, copy: &File) -> io::Result<bool> {
    // The filesystem with the image holds writes back while it clones.
    if ioctl_ficlone(copy, original.file()).is_ok() {
        return Ok(true);
    }
    for _ in 0..ATTEMPTS {
        let before = Writes::to(original.device());
        copy_bytes(original.file(), copy)?;
        if before.is_some_and(|before| before.in_flight == 0) && before == Writes::to(original.device()) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn copy_bytes(from: &File, to: &File) -> io::Result<()> {
    let size = from.metadata()?.len();
    let (mut read, mut written) = (0, 0);
    while read < size {
        let most = usize::try_from(size - read).unwrap_or(usize::MAX);
        match copy_file_range(from, Some(&mut read), to, Some(&mut written), most) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) | Err(Errno::INTR) => {}
            Err(Errno::XDEV | Errno::INVAL | Errno::OPNOTSUPP | Errno::NOSYS) => return copy_by_hand(from, to, read),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Copies everything from an offset on, if the kernel does not.
fn copy_by_hand(from: &File, to: &File, mut at: u64) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let bytes = from.read_at(&mut buffer, at)?;
        if bytes == 0 {
            return Ok(());
        }
        to.write_all_at(&buffer[..bytes], at)?;
        at += bytes as u64;
    }
}

/// How much was written to a block device so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Writes {
    done: u64,
    in_flight: u64,
}

impl Writes {
    /// As the kernel counts them (`Documentation/block/stat.rst`); `None` if it does not say.
    fn to(device: &Path) -> Option<Self> {
        let name = device.file_name()?.to_str()?;
        let counted = fs::read_to_string(format!("/sys/block/{name}/stat")).ok()?;
        let numbers: Vec<u64> = counted.split_whitespace().map_while(|word| word.parse().ok()).collect();
        Some(Self { done: *numbers.get(4)?, in_flight: *numbers.get(8)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_copy_is_the_same_whoever_makes_it() {
        let content: Vec<u8> = (0..3 * CHUNK / 2).map(|at| (at % 251) as u8).collect();
        let mut from = tempfile::tempfile().expect("a file");
        from.write_all(&content).expect("it is written");
        for copy in [copy_bytes as fn(&File, &File) -> io::Result<()>, |from, to| copy_by_hand(from, to, 0)] {
            let to = tempfile::tempfile().expect("a file");
            copy(&from, &to).expect("it is copied");
            let mut got = vec![0; content.len()];
            to.read_exact_at(&mut got, 0).expect("it has all bytes");
            assert!(got == content && to.metadata().expect("it is there").len() == content.len() as u64);
        }
    }
}
