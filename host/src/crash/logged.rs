//! A filesystem over a log of writes: when power is lost, the disk before each write is known.

use super::snapshot::copy_to_image;
use super::{CrashError, FileAfter, files_after, look};
use crate::mount::{Kind, MountError, Mounted, Request};
use crate::power_supply::{FilesAfter, Medium};
use crate::time::Time;
use crate::write_log::{Base, Past, WriteLog};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Bytes of the store of images, beyond those of an image and a copy.
const STORE: u64 = 256 << 20;

/// The filesystem, its disk, and the disk as it was.
#[derive(Debug)]
pub struct Logged {
    // Dropped before the log, so that the last writes of its loop device are recorded too.
    mounted: Mounted,
    past: Past,
    folder: PathBuf,
    // Dropped when no file in it is open any more.
    _store: Option<Mounted>,
    _log: WriteLog,
    lost: Time,
}

impl Logged {
    /// Makes and mounts a filesystem as requested, over a log that the process of this command serves; see
    /// [`WriteLog::mount_apart`]. Its base is [`Base::Marked`], of the size requested.
    ///
    /// # Errors
    /// See [`MountError`].
    pub fn mount(request: Request, command: Command) -> Result<Self, MountError> {
        let log = WriteLog::mount_apart(command, Base::Marked(request.size), &request.folder)?;
        let store = store(&request);
        let folder = store.as_ref().map_or_else(|| request.folder.clone(), |it| it.path().to_owned());
        let failed = |error| MountError::file(format!("an image of the disk as it was in {}", folder.display()), error);
        let past = Past::of(&log, &folder).map_err(failed)?;
        let mounted = Request { image: Some(log.path().to_owned()), ..request }.mount()?;
        Ok(Self { mounted, past, folder, _store: store, _log: log, lost: Time::default() })
    }

    /// The filesystem.
    #[must_use]
    pub const fn mounted(&self) -> &Mounted {
        &self.mounted
    }

    /// Mounts a copy of the disk after this many changes.
    fn look_after(&mut self, changes: usize, names: &[&str]) -> io::Result<FilesAfter> {
        let disk = self.past.after(changes)?;
        let files = look_at_copy(disk, &self.folder, self.mounted.kind(), names).map_err(io::Error::other)?;
        Ok(files_after(files))
    }
}

/// A filesystem whose copies share their blocks, so that a copy takes no time. `None` if there is none; then all bytes
/// are copied.
fn store(request: &Request) -> Option<Mounted> {
    let size = 2 * request.size + STORE;
    Request { size, filled: false, folder: request.folder.clone(), ..Request::new(Kind::Xfs) }.mount().ok()
}

/// Looks at a copy, because mounting replays the journal into it.
fn look_at_copy(disk: &File, folder: &Path, kind: Kind, names: &[&str]) -> Result<Vec<FileAfter>, CrashError> {
    look::look_at(copy_to_image(disk, folder)?, kind, names)
}

impl Medium for Logged {
    fn begin(&mut self) -> io::Result<()> {
        self.past.begin()
    }

    fn lose(&mut self, now: Time) -> io::Result<()> {
        // The log need not be read now: later entries have later times.
        self.lost = now;
        Ok(())
    }

    fn look(&mut self, names: &[&str]) -> io::Result<FilesAfter> {
        let changes = self.changes()?.len();
        self.look_after(changes, names)
    }

    fn is_logged(&self) -> bool {
        true
    }

    fn changes(&mut self) -> io::Result<Vec<Time>> {
        let times = self.past.entries()?.iter().map(|it| it.at);
        Ok(times.take_while(|at| *at < self.lost).collect())
    }

    fn look_before(&mut self, change: usize, names: &[&str]) -> io::Result<Option<FilesAfter>> {
        if self.past.is_idle(change)? {
            return Ok(None);
        }
        self.look_after(change, names).map(Some)
    }
}
