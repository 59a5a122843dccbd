//! What a filesystem on a disk has after a crash at a chosen moment.
//!
//! There are two ways. [`Way::Clone`] copies the disk as it is at that moment, without what only the page cache knows, and mounts the copy
//! beside the original, which goes on; [`Snapshot`] takes the copy apart from looking at it, for moments in the middle of a write.
//! [`Way::Shutdown`] has the filesystem itself stop writing, and mounts it again; whoever has a file open there has to close it first.
//! [`look_at_image`] is for disks that somebody else put together.
//!
//! As what the cases' files are on, [`Copied`] has a crash where the case says, by a clone, and [`Logged`] before each write to the disk too.
//!
//! A mount replays the journal, so looking is what recovers.
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
pub use snapshot::{Snapshot, clone_and_look};

use crate::mount::Kind;
use crate::power_supply::FilesAfter;
use std::time::Duration;

/// A way to have a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// A copy of the disk, at any moment, as often as wished.
    Clone,
    /// The filesystem's own ioctl, once: it is mounted anew afterwards.
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
pub struct Aftermath {
    /// The files that were asked for, in that order.
    pub files: Vec<FileAfter>,
    /// How the crash was had.
    pub way: Way,
    /// Whether it was the disk of one moment: `false` if writes reached it while it was copied, each time that was tried.
    pub one_moment: bool,
    /// How long the crash took.
    pub crashing: Duration,
    /// How long mounting, reading and, for a clone, unmounting took.
    pub looking: Duration,
}

/// The contents, in words where there is none.
fn files_after(files: Vec<FileAfter>) -> FilesAfter {
    let content = |it: FileAfter| match it.found {
        Found::Content(content) => Ok(content),
        Found::Absent => Err("it is not there".to_owned()),
        Found::Unreadable(error) => Err(format!("it cannot be read: {error}")),
    };
    files.into_iter().map(content).collect()
}
