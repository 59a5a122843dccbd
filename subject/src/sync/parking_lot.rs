//! Drop-in for `parking_lot`, and for most of `spin`: the same locks without poisoning.

use super::raw::{RawMutex, RawRwLock};
use crate::locks::{notify, wait_for};
use crate::world::LockId;
use lock_api::RawMutex as _;
use std::panic::Location;

/// A mutex.
pub type Mutex<T> = lock_api::Mutex<RawMutex, T>;
/// Its guard.
pub type MutexGuard<'a, T> = lock_api::MutexGuard<'a, RawMutex, T>;
/// Its guard, of a part of what it guards.
pub type MappedMutexGuard<'a, T> = lock_api::MappedMutexGuard<'a, RawMutex, T>;
/// A lock of readers and writers.
pub type RwLock<T> = lock_api::RwLock<RawRwLock, T>;
/// Its guard for reading.
pub type RwLockReadGuard<'a, T> = lock_api::RwLockReadGuard<'a, RawRwLock, T>;
/// Its guard for writing.
pub type RwLockWriteGuard<'a, T> = lock_api::RwLockWriteGuard<'a, RawRwLock, T>;

/// A condition variable.
#[derive(Debug)]
pub struct Condvar(LockId);

const CONDVAR: &str = "condvar";

impl Default for Condvar {
    fn default() -> Self {
        Self::new()
    }
}

impl Condvar {
    /// A condition variable for which nobody waits.
    #[must_use]
    pub const fn new() -> Self {
        Self(LockId::new())
    }

    /// Gives the mutex back and waits for a notification, then takes the mutex again.
    #[track_caller]
    pub fn wait<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>) {
        let at = Location::caller();
        // SAFETY: the guard shows that this task has the mutex. It is taken again before anybody can use the guard; if
        // the run ends meanwhile, nobody does.
        unsafe {
            let raw = MutexGuard::mutex(guard).raw();
            wait_for(&self.0, CONDVAR, at, || raw.unlock());
            raw.lock_at(at);
        }
    }

    /// Waits as long as this is true.
    #[track_caller]
    pub fn wait_while<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, mut condition: impl FnMut(&mut T) -> bool) {
        while condition(&mut **guard) {
            self.wait(guard);
        }
    }

    /// Wakes the first that waits.
    pub fn notify_one(&self) {
        notify(&self.0, CONDVAR, false);
    }

    /// Wakes all that wait.
    pub fn notify_all(&self) {
        notify(&self.0, CONDVAR, true);
    }
}
