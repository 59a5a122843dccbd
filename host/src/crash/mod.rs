//! The content of a filesystem on a disk after a crash at a chosen moment.
//!
//! There are two ways. [`Way::Clone`] copies the disk as it is at that moment, without what only the page cache holds,
//! and mounts the copy beside the original, which goes on. [`Way::Shutdown`] makes the filesystem itself stop writing,
//! and mounts it again; all open files have to be closed first. [`look_at_image`] is for disks that were put together
//! elsewhere.
//!
//! Two media can hold the files of cases: [`Copied`] clones the disk where the case says `crash`; [`Logged`] can also
//! be read as it was before each write to the disk.
//!
//! A mount replays the journal, so recovery happens when somebody looks.
mod copied;
mod error;
mod logged;
mod look;
mod shutdown;
mod snapshot;

pub use copied::Copied;
pub use error::CrashError;
pub use logged::Logged;
pub use look::{FileAfter, Found, look_at_image};
pub use shutdown::shut_down_and_look;
pub(crate) use snapshot::Snapshot;
pub use snapshot::clone_and_look;

use crate::mount::Kind;
use crate::power_supply::FilesAfter;
use std::time::Duration;

/// A way to crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// A copy of the disk, at any moment, as often as wished.
    Clone,
    /// The filesystem's own ioctl, once: it is mounted again afterwards.
    Shutdown,
}

impl Way {
    /// Both ways.
    pub const ALL: [Self; 2] = [Self::Clone, Self::Shutdown];

    /// Its word on a command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Clone => "clone",
            Self::Shutdown => "shutdown",
        }
    }

    /// The way that a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.word() == word)
    }

    /// Whether filesystems of a kind can crash this way.
    #[must_use]
    pub const fn fits(self, kind: Kind) -> bool {
        match (self, kind.disk()) {
            (_, None) => false,
            (Self::Clone, Some(_)) => true,
            (Self::Shutdown, Some(disk)) => disk.shutdown,
        }
    }
}

/// What was there after a crash.
#[derive(Clone, Debug)]
pub struct AfterCrash {
    /// The files that were asked for, in that order.
    pub files: Vec<FileAfter>,
    /// The way of the crash.
    pub way: Way,
    /// Whether it was the disk of one moment: `false` if writes reached it during each attempt to copy it.
    pub one_moment: bool,
    /// How long the crash took.
    pub crashing: Duration,
    /// How long mounting, reading and, for a clone, unmounting took.
    pub looking: Duration,
}

/// The contents, or in words why there is none.
fn files_after(files: Vec<FileAfter>) -> FilesAfter {
    let content = |it: FileAfter| match it.found {
        Found::Content(content) => Ok(content),
        Found::Absent => Err("it is not there".to_owned()),
        Found::Unreadable(error) => Err(format!("it cannot be read: {error}")),
    };
    files.into_iter().map(content).collect()
}
