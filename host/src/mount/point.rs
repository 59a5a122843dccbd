//! A mount point: an empty folder, gone with its value.

use super::{MountError, namespace};
use std::fs;
use std::path::{Path, PathBuf};

/// An empty folder to mount something on.
#[derive(Debug)]
pub(crate) struct MountPoint(PathBuf);

impl MountPoint {
    /// Makes one, where SIGKILL does not leave it behind if the process is in a namespace of its own.
    ///
    /// # Errors
    /// If no folder can be made.
    pub fn new() -> Result<Self, MountError> {
        let folder = namespace::folder_for_mount_points();
        let made = tempfile::Builder::new().prefix("shortcopy-").tempdir_in(&folder);
        let made =
            made.map_err(|error| MountError::file(format!("making a mount point in {}", folder.display()), error))?;
        Ok(Self(made.keep()))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for MountPoint {
    fn drop(&mut self) {
        // Never what is in it: should something still be mounted there, it keeps its files, and the folder stays.
        let _ = fs::remove_dir(&self.0);
    }
}
