//! A mount namespace of our own: what is mounted in it goes away with its last process, however that ends.

use super::{MountError, mountinfo, system};
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_change, unmount};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A folder that may stay empty for ever. In a namespace of ours a tmpfs lies over it, for the mount points: those
/// vanish too.
const FOLDER: &str = "/run/shortcopy";
/// What the tmpfs over it is called in the list of mounts.
const SOURCE: &str = "shortcopy";

/// Gives this process mounts of its own, which nobody else sees and which go away with it.
///
/// To be called once, before there are threads: a namespace is the calling thread's, and threads and processes that it
/// starts later are in it. Such a process may call it again, so that what it mounts goes away with itself rather than
/// with its parent. What others unmount goes away here too, but nothing that is mounted here shows elsewhere.
///
/// # Errors
/// [`MountError::NotPermitted`] without root; others if the kernel refuses for another reason.
pub fn enter_private_namespace() -> Result<(), MountError> {
    system::unshare_mounts().map_err(|error| refused("a mount namespace of its own", error.into()))?;
    // To follow the namespace that this one came from, and to be followed by those that come from this one: else an
    // unmount would stop at their copies, which keep a filesystem alive. Nothing goes back.
    for propagation in [MountPropagationFlags::DOWNSTREAM, MountPropagationFlags::SHARED] {
        mount_change("/", propagation | MountPropagationFlags::REC)
            .map_err(|error| refused("keeping mounts from the rest of the system", error.into()))?;
    }
    // Without a folder in /run the mount points are temporary folders: SIGKILL then leaves empty ones behind, nothing
    // worse.
    if !has_folder() && fs::create_dir_all(FOLDER).is_ok() {
        mount(SOURCE, FOLDER, "tmpfs", MountFlags::empty(), c"mode=700")
            .map_err(|error| refused("a tmpfs for the mount points", error.into()))?;
    }
    Ok(())
}

/// Gives this process mounts of its own and takes from them what is mounted on mount points: a process that serves one
/// of those must not keep alive what it serves. To be called before there are threads.
pub(crate) fn leave_mounts() -> io::Result<()> {
    system::unshare_mounts()?;
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    if has_folder() {
        // With all that is in it.
        unmount(FOLDER, UnmountFlags::DETACH)?;
    }
    Ok(())
}

/// Where mount points are made: in the namespace's own tmpfs if there is one.
pub(super) fn folder_for_mount_points() -> PathBuf {
    if has_folder() { FOLDER.into() } else { std::env::temp_dir() }
}

/// Whether our tmpfs is there, so that another over it would hide what is mounted in it.
fn has_folder() -> bool {
    mountinfo::line_of(Path::new(FOLDER)).is_ok_and(|line| mountinfo::source(&line) == Some(SOURCE))
}

fn refused(what: &str, source: io::Error) -> MountError {
    if source.kind() == io::ErrorKind::PermissionDenied {
        return MountError::NotPermitted { what: what.to_owned(), source };
    }
    MountError::file(what, source)
}
