//! Where differences are kept: a folder that git ignores, what is sensitive apart from the rest and with a note.

use super::Found;
use crate::host::store::keep;
use std::io;
use std::path::{Path, PathBuf};

/// A folder of differences on one filesystem.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    filesystem: String,
}

impl Store {
    /// Keeps differences below this folder.
    #[must_use]
    pub fn new(findings: &Path, filesystem: &str) -> Self {
        Self { folder: findings.join("conform").join(filesystem), filesystem: filesystem.to_owned() }
    }

    /// Writes a difference to `FINDINGS/conform/FILESYSTEM/KIND.case`, with where it was seen as comments.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&self, found: &Found, kernel: &str, mount: &str) -> io::Result<PathBuf> {
        let mut case = found.case.clone();
        let seen = format!("on {}, {kernel}", self.filesystem);
        let said = [found.difference.to_string(), seen, format!("mount {mount}")];
        case.comments.splice(0..0, said.into_iter().map(|it| it.replace('#', "operation ")));
        keep(&self.folder, found.sensitive, &found.kind, &case.print())
    }
}
