//! The size of a filesystem's blocks, as the filesystem reports it.

use rustix::fs::statvfs;
use std::io;
use std::path::Path;

/// Bytes in a block of the filesystem that a path is on; a filesystem without blocks reports a page.
///
/// # Errors
/// If the path is not there.
pub fn block_size_of(path: &Path) -> io::Result<u32> {
    Ok(u32::try_from(statvfs(path)?.f_frsize).unwrap_or(u32::MAX))
}
