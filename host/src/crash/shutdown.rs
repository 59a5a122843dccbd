//! A crash by the filesystem's own ioctl: from then on nothing reaches the disk, the log included.

use super::{AfterCrash, CrashError, Way, look};
use crate::mount::{Mounted, system};
use std::time::Instant;

/// Shuts a filesystem down, unmounts it, mounts it again with the same options and reads the files of these names.
///
/// # Errors
/// [`CrashError::NoShutdown`] if the filesystem cannot, [`CrashError::Mount`] if somebody has a file open there; the
/// mount is gone then.
pub fn shut_down_and_look(mounted: Mounted, names: &[&str]) -> Result<(Mounted, AfterCrash), CrashError> {
    let kind = mounted.kind();
    if kind.disk().is_none() {
        return Err(CrashError::no_disk(kind));
    }
    let refused = |source| CrashError::NoShutdown { word: kind.word(), source };
    let began = Instant::now();
    let root = mounted.root().map_err(refused)?;
    system::shut_down(&root).map_err(|error| refused(error.into()))?;
    drop(root);
    let crashing = began.elapsed();
    let began = Instant::now();
    let mounted = mounted.mount_again()?;
    let files = look::read(mounted.path(), names);
    let looking = began.elapsed();
    Ok((mounted, AfterCrash { files, way: Way::Shutdown, one_moment: true, crashing, looking }))
}
