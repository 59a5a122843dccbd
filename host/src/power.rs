//! Power loss in the middle of a case: the moment at which it comes, and what the files are found to be afterwards.

use oracle::Clock;
use std::fmt;
use std::io;
use std::sync::{Mutex, PoisonError};

/// What a file is found to be after power was lost, by its name: its content, or why it cannot be read.
pub type FilesAfter = Vec<Result<Vec<u8>, String>>;

/// Loses power: takes what is on the disk at that very moment, and looks at the files of these names on it.
pub type LosePower = Box<dyn FnMut(&[&str]) -> io::Result<FilesAfter> + Send>;

/// How power is lost, if it can be, and what came of it.
#[derive(Default)]
pub(crate) struct Power {
    lose: Mutex<Option<LosePower>>,
    lost: Mutex<Option<(Clock, io::Result<FilesAfter>)>>,
}

impl Power {
    /// Says how power is lost from now on.
    pub fn is_lost_by(&self, lose: LosePower) {
        *self.lose.lock().unwrap_or_else(PoisonError::into_inner) = Some(lose);
    }

    /// Whether there is a way.
    pub fn can_be_lost(&self) -> bool {
        self.lose.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Loses it, for the first time in a run; false if there is no way. What was under way at this moment has not returned.
    pub fn lose(&self, moment: Clock, names: &[&str]) -> bool {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        if let (None, Some(lose)) = (&*lost, &mut *self.lose.lock().unwrap_or_else(PoisonError::into_inner)) {
            *lost = Some((moment, lose(names)));
        }
        lost.is_some()
    }

    /// Whether it is gone: then nothing begins any more.
    pub fn is_lost(&self) -> bool {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// When it was lost and what was found; from now on it is there again.
    pub fn restore(&self) -> Option<(Clock, io::Result<FilesAfter>)> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Power").field("is_lost", &self.is_lost()).finish_non_exhaustive()
    }
}
