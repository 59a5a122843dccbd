//! Power loss in the middle of a case: the medium under the files, the moment of the loss, and the files after it.

use crate::time::Time;
use oracle::Clock;
use std::fmt;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The content of each file after power was lost, or why it cannot be read.
pub type FilesAfter = Vec<Result<Vec<u8>, String>>;

/// The medium under the files of the cases, which can be read as it was when power was lost.
///
/// It is read when all tasks have finished, and continues as if nothing had happened.
pub trait Medium: Send {
    /// A case begins: its initial state is durable.
    ///
    /// # Errors
    /// If the state cannot be kept.
    fn begin(&mut self) -> io::Result<()>;

    /// Power is lost at this moment, while tasks are in the middle of their calls.
    ///
    /// # Errors
    /// If the state of this moment cannot be kept.
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

    /// When something was written to it, or made durable, between the beginning of the case and the loss of power;
    /// nothing if that is not recorded.
    ///
    /// # Errors
    /// If the record cannot be read.
    fn changes(&mut self) -> io::Result<Vec<Time>> {
        Ok(Vec::new())
    }

    /// Looks at the files as they are if power is lost just before one of these changes. `None` if the change leaves
    /// everything as it is: losing power before the next change then shows the same.
    ///
    /// # Errors
    /// If it cannot be mounted.
    fn look_before(&mut self, _change: usize, _names: &[&str]) -> io::Result<Option<FilesAfter>> {
        Ok(None)
    }
}

/// The medium that can lose power, if there is one, and whether it did.
#[derive(Default)]
pub(crate) struct PowerSupply {
    medium: Mutex<Option<Box<dyn Medium>>>,
    lost: Mutex<Option<io::Result<Clock>>>,
}

impl PowerSupply {
    /// Sets the medium under the files.
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

    /// Loses power, at most once in a run; false if there is no medium. Calls that are under way then never return.
    pub fn lose(&self, (moment, now): (Clock, Time)) -> bool {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        if lost.is_none() {
            *lost = self.ask(|medium| medium.lose(now).map(|()| moment));
        }
        lost.is_some()
    }

    /// Whether power was lost: then no further operation begins.
    pub fn is_lost(&self) -> bool {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Restores power; returns when it was lost.
    pub fn restore(&self) -> Option<io::Result<Clock>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for PowerSupply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PowerSupply").field("is_lost", &self.is_lost()).finish_non_exhaustive()
    }
}
