//! Reads the files of a disk after a crash.

use super::CrashError;
use crate::mount::{Image, Kind, MountError, Mounted, options};
use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

/// A file after a crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileAfter {
    /// Its name, from the filesystem's root.
    pub name: String,
    /// What is there.
    pub found: Found,
}

/// What is there under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The whole content.
    Content(Vec<u8>),
    /// No such file.
    Absent,
    /// A file that cannot be read: the number of the error, such as `EIO` for a wrong checksum.
    Unreadable(i32),
}

impl FileAfter {
    /// Its content, if it has one.
    #[must_use]
    pub fn content(&self) -> Option<&[u8]> {
        match &self.found {
            Found::Content(content) => Some(content),
            Found::Absent | Found::Unreadable(_) => None,
        }
    }
}

/// Mounts an image that holds a disk after a crash, reads the files of these names and unmounts it.
///
/// The journal is replayed into the image: give it a copy if it is still needed as it was.
///
/// # Errors
/// If it cannot be mounted.
pub fn look_at_image(image: &Path, kind: Kind, names: &[&str]) -> Result<Vec<FileAfter>, CrashError> {
    let file = OpenOptions::new().read(true).write(true).open(image);
    let file = file.map_err(|error| MountError::file(format!("opening the image {}", image.display()), error))?;
    look_at(Image::over(file, &std::env::temp_dir())?, kind, names)
}

/// Mounts an image beside the original, if that is mounted, reads the files and unmounts it.
pub(super) fn look_at(image: Image, kind: Kind, names: &[&str]) -> Result<Vec<FileAfter>, CrashError> {
    let Some(disk) = kind.disk() else { return Err(CrashError::no_disk(kind)) };
    // Mounted writable, as after a real crash, because some recovery happens only then.
    let mounted = Mounted::image_of(kind, image, &options::join(&[kind.about().mount_options, disk.clone_options]))?;
    let files = read(mounted.path(), names);
    mounted.unmount()?;
    Ok(files)
}

/// Reads the files of these names.
pub(super) fn read(folder: &Path, names: &[&str]) -> Vec<FileAfter> {
    let one = |name: &&str| FileAfter { name: (*name).to_owned(), found: found(fs::read(folder.join(name))) };
    names.iter().map(one).collect()
}

fn found(read: io::Result<Vec<u8>>) -> Found {
    match read {
        Ok(content) => Found::Content(content),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Found::Absent,
        Err(error) => Found::Unreadable(error.raw_os_error().unwrap_or_default()),
    }
}
