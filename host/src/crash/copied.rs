//! A filesystem whose disk is copied when power is lost.

use super::{Snapshot, files_after};
use crate::mount::Mounted;
use crate::power_supply::{FilesAfter, Medium};
use crate::time::Time;
use std::io;

/// The filesystem, and the copy.
#[derive(Debug)]
pub struct Copied {
    mounted: Mounted,
    snapshot: Option<Snapshot>,
}

impl Copied {
    /// A filesystem that has a disk.
    #[must_use]
    pub const fn new(mounted: Mounted) -> Self {
        Self { mounted, snapshot: None }
    }
}

impl Medium for Copied {
    fn begin(&mut self) -> io::Result<()> {
        self.snapshot = None;
        Ok(())
    }

    fn lose(&mut self, _: Time) -> io::Result<()> {
        self.snapshot = Some(Snapshot::take(&self.mounted).map_err(io::Error::other)?);
        Ok(())
    }

    fn look(&mut self, names: &[&str]) -> io::Result<FilesAfter> {
        let snapshot = self.snapshot.take().ok_or_else(|| io::Error::other("power was not lost"))?;
        Ok(files_after(snapshot.look(names).map_err(io::Error::other)?))
    }
}
