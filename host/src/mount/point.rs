//! A mount point: an empty folder that is removed when its value is dropped.

use super::{MountError, namespace};
use std::fs;
use std::path::{Path, PathBuf};

/// An empty folder to mount something on.
#[derive(Debug)]
pub(crate) struct MountPoint(PathBuf);

impl MountPoint {
    /// Makes one. If the process is in a namespace of its own, not even SIGKILL leaves it behind.
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
        // Never removes what is in it: if something is still mounted there, it keeps its files, and the folder stays.
        let _ = fs::remove_dir(&self.0);
    }
}
