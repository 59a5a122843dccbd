//! Drop-in for `parking_lot`, and for most of `spin`: the same locks without poisoning.

use super::raw::{RawMutex, RawRwLock};
use crate::locks::{notify, wait_for};
use crate::world::{LockId, is_running};
use lock_api::RawMutex as _;
use std::panic::Location;
use std::sync::PoisonError;
use std::time::Duration;

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
pub struct Condvar {
    id: LockId,
    /// For threads that are in no run: how often somebody was notified.
    times: std::sync::Mutex<u64>,
    changed: std::sync::Condvar,
}

/// Whether a wait ended because the time was up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(pub(super) bool);

impl WaitTimeoutResult {
    /// Whether it did.
    #[must_use]
    pub const fn timed_out(&self) -> bool {
        self.0
    }
}

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
        Self { id: LockId::new(), times: std::sync::Mutex::new(0), changed: std::sync::Condvar::new() }
    }

    /// Gives the mutex back and waits for a notification, then takes the mutex again.
    #[track_caller]
    pub fn wait<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>) {
        let at = Location::caller();
        // SAFETY: the guard shows that this task has the mutex. It is taken again before anybody can use the guard; if
        // the run ends meanwhile, nobody does.
        unsafe {
            let raw = MutexGuard::mutex(guard).raw();
            if is_running() {
                wait_for(&self.id, CONDVAR, at, || raw.unlock());
            } else {
                self.wait_elsewhere(|| raw.unlock(), None);
            }
            raw.lock_at(at);
        }
    }

    /// The same for so long at most. In a run no time passes: others can run, and then the time is up.
    #[track_caller]
    pub fn wait_for<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, time: Duration) -> WaitTimeoutResult {
        let at = Location::caller();
        // SAFETY: as in `wait`.
        unsafe {
            let raw = MutexGuard::mutex(guard).raw();
            let timed_out = if is_running() {
                raw.unlock();
                super::yield_now();
                true
            } else {
                self.wait_elsewhere(|| raw.unlock(), Some(time))
            };
            raw.lock_at(at);
            WaitTimeoutResult(timed_out)
        }
    }

    /// Waits as a thread does, and returns whether the time was up first.
    fn wait_elsewhere(&self, give_back: impl FnOnce(), time: Option<Duration>) -> bool {
        let times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *times;
        // Nobody can notify between this and the wait: that takes `times`.
        give_back();
        let is_same = |now: &mut u64| *now == before;
        match time {
            None => {
                drop(self.changed.wait_while(times, is_same).unwrap_or_else(PoisonError::into_inner));
                false
            }
            Some(time) => {
                let waited = self.changed.wait_timeout_while(times, time, is_same);
                waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
            }
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
        self.notify(false);
    }

    /// Wakes all that wait.
    pub fn notify_all(&self) {
        self.notify(true);
    }

    fn notify(&self, all: bool) {
        if is_running() {
            notify(&self.id, CONDVAR, all);
        } else {
            *self.times.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            // More may wake than were meant to, as with any condition variable.
            self.changed.notify_all();
        }
    }
}
