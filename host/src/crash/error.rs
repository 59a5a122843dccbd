//! What can go wrong with a crash, and what to do next.

use crate::mount::{Kind, MountError};
use std::io;

/// Why the content after a crash is not known. A file that is missing or cannot be read is an answer, not an error.
#[derive(Debug, thiserror::Error)]
pub enum CrashError {
    /// There is nothing that could outlive a crash.
    #[error("a {word} filesystem has no disk that a crash leaves behind: take {others}")]
    NoDisk {
        /// The word of its kind.
        word: &'static str,
        /// The words of the kinds that have one.
        others: String,
    },
    /// The filesystem does not know the shutdown ioctl.
    #[error("{word} cannot be shut down by an ioctl ({source}): crash it by a clone")]
    NoShutdown {
        /// The word of its kind.
        word: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// The image could not be copied.
    #[error("copying the disk to {folder} failed: {source}; check the free space there")]
    Copy {
        /// The folder of the copy.
        folder: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// The crashed filesystem could not be unmounted or mounted. If mounting failed, that may be a finding.
    #[error("after the crash: {0}")]
    Mount(#[from] MountError),
}

impl CrashError {
    /// The error for a kind without a disk, with the kinds that have one.
    #[must_use]
    pub fn no_disk(kind: Kind) -> Self {
        let others: Vec<&str> = Kind::ALL.into_iter().filter(|kind| kind.disk().is_some()).map(Kind::word).collect();
        Self::NoDisk { word: kind.word(), others: others.join(", ") }
    }
}
