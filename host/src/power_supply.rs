//! Power loss in the middle of a case: what the files are on, the moment at which it comes, and what is left then.

use crate::time::Time;
use oracle::Clock;
use std::fmt;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a file is found to be after power was lost, by its name: its content, or why it cannot be read.
pub type FilesAfter = Vec<Result<Vec<u8>, String>>;

/// What the files of the cases are on, and what is left of it when power is lost.
///
/// It is looked at when all tasks have finished, and goes on as if nothing had happened.
pub trait Medium: Send {
    /// A case begins: all that it begins with is durable.
    ///
    /// # Errors
    /// If what is to be known later cannot be kept.
    fn begin(&mut self) -> io::Result<()>;

    /// Power is lost: it is this time at this very moment, while tasks are in the middle of what they do.
    ///
    /// # Errors
    /// If what is there now cannot be kept.
    fn lose(&mut self, now: Time) -> io::Result<()>;

    /// Looks at the files of these names, as they are when power comes back.
    ///
    /// # Errors
    /// If it cannot be mounted.
    fn look(&mut self, names: &[&str]) -> io::Result<FilesAfter>;

    /// Whether it records what is written to it.
    fn is_logged(&self) -> bool {
        false
    }

    /// When something was written to it, or made durable, between the beginning of the case and the loss of power; nothing if that is not
    /// recorded.
    ///
    /// # Errors
    /// If the record cannot be read.
    fn changes(&mut self) -> io::Result<Vec<Time>> {
        Ok(Vec::new())
    }

    /// Looks at the files as they are if power is lost just before one of these changes. `None` if that change leaves everything as it is:
    /// then losing power before the next one shows the same, later.
    ///
    /// # Errors
    /// If it cannot be mounted.
    fn look_before(&mut self, _change: usize, _names: &[&str]) -> io::Result<Option<FilesAfter>> {
        Ok(None)
    }
}

/// What power is lost of, if anything, and whether it was.
#[derive(Default)]
pub(crate) struct PowerSupply {
    medium: Mutex<Option<Box<dyn Medium>>>,
    lost: Mutex<Option<io::Result<Clock>>>,
}

impl PowerSupply {
    /// Says what the files are on.
    pub fn supplies(&self, medium: Box<dyn Medium>) {
        *self.medium() = Some(medium);
    }

    fn medium(&self) -> MutexGuard<'_, Option<Box<dyn Medium>>> {
        self.medium.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the medium; `None` if there is none, so that power cannot be lost.
    pub fn ask<T>(&self, question: impl FnOnce(&mut dyn Medium) -> T) -> Option<T> {
        Some(question(self.medium().as_deref_mut()?))
    }

    /// Loses power, for the first time in a run; false if it cannot be lost. What was under way at this moment has not returned.
    pub fn lose(&self, (moment, now): (Clock, Time)) -> bool {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        if lost.is_none() {
            *lost = self.ask(|medium| medium.lose(now).map(|()| moment));
        }
        lost.is_some()
    }

    /// Whether it is gone: then nothing begins any more.
    pub fn is_lost(&self) -> bool {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// When it was lost; from now on it is there again.
    pub fn restore(&self) -> Option<io::Result<Clock>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for PowerSupply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PowerSupply").field("is_lost", &self.is_lost()).finish_non_exhaustive()
    }
}
