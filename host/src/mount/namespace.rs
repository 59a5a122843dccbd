//! A mount namespace of our own: what is mounted in it goes away with its last process, however that ends.

use super::{MountError, mountinfo, system};
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_change, unmount};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A folder that stays behind, empty. In a namespace of ours a tmpfs lies over it for the mount points, so they vanish
/// too.
const FOLDER: &str = "/run/shortcopy";
/// The name of the tmpfs over it in the list of mounts.
const SOURCE: &str = "shortcopy";

/// Gives this process mounts of its own, which nobody else sees and which go away with it.
///
/// Call it once, before there are threads: the namespace is for the calling thread and for the threads and processes
/// that it starts later. Such a process may call it again, so that its mounts go away with it rather than with its
/// parent. What is unmounted outside goes away here too, but nothing that is mounted here shows elsewhere.
///
/// # Errors
/// [`MountError::NotPermitted`] without root; others if the kernel refuses for another reason.
pub fn enter_private_namespace() -> Result<(), MountError> {
    system::unshare_mounts().map_err(|error| refused("a mount namespace of its own", error.into()))?;
    // Unmounts propagate from the parent's namespace to this one, and from this one to its children. Otherwise their
    // copies of a mount would keep a filesystem alive. Nothing propagates to the parent.
    for propagation in [MountPropagationFlags::DOWNSTREAM, MountPropagationFlags::SHARED] {
        mount_change("/", propagation | MountPropagationFlags::REC)
            .map_err(|error| refused("keeping mounts from the rest of the system", error.into()))?;
    }
    // Without a folder in /run the mount points are temporary folders, and SIGKILL leaves them behind, empty.
    if !has_folder() && fs::create_dir_all(FOLDER).is_ok() {
        mount(SOURCE, FOLDER, "tmpfs", MountFlags::empty(), c"mode=700")
            .map_err(|error| refused("a tmpfs for the mount points", error.into()))?;
    }
    Ok(())
}

/// Gives this process mounts of its own, without those on our mount points: a process that serves such a mount must not
/// keep it alive. Call it before there are threads.
pub(crate) fn leave_mounts() -> io::Result<()> {
    system::unshare_mounts()?;
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    if has_folder() {
        // This also unmounts everything in it.
        unmount(FOLDER, UnmountFlags::DETACH)?;
    }
    Ok(())
}

/// Where mount points are made: in the namespace's own tmpfs if there is one.
pub(super) fn folder_for_mount_points() -> PathBuf {
    if has_folder() { FOLDER.into() } else { std::env::temp_dir() }
}

/// Whether our tmpfs is there already; another one over it would hide the mounts in it.
fn has_folder() -> bool {
    mountinfo::line_of(Path::new(FOLDER)).is_ok_and(|line| mountinfo::source(&line) == Some(SOURCE))
}

fn refused(what: &str, source: io::Error) -> MountError {
    if source.kind() == io::ErrorKind::PermissionDenied {
        return MountError::NotPermitted { what: what.to_owned(), source };
    }
    MountError::file(what, source)
}
