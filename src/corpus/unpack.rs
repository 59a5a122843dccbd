//! The corpus that this was built with, as files.

use crate::built_in::FILES;
use crate::hunt::write_text;
use std::io;
use std::path::Path;

/// Writes all of it below a folder, each file whole. How many files there are.
///
/// # Errors
/// If a file cannot be written; those before it are.
pub fn unpack(to: &Path) -> io::Result<usize> {
    for (path, text) in FILES {
        write_text(&to.join(path), text)?;
    }
    Ok(FILES.len())
}
