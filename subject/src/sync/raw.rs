//! Raw locks that yield: what the locks of all flavours are made of.

use crate::locks::{acquire, is_taken, release, try_acquire};
use crate::world::{LockId, Mode};
use std::panic::Location;

/// A mutex that yields.
#[derive(Debug)]
pub struct RawMutex(LockId);

impl RawMutex {
    /// Takes it for somebody who asked at this place: for code that comes here by an interface of its own.
    pub fn lock_at(&self, at: &'static Location<'static>) {
        acquire(&self.0, MUTEX, Mode::Exclusive, at);
    }
}

const MUTEX: &str = "mutex";

// SAFETY: whether somebody has the lock is kept by the harness, for one lock after the other; all tasks of a run are
// coroutines of one thread.
unsafe impl lock_api::RawMutex for RawMutex {
    #[allow(clippy::declare_interior_mutable_const, reason = "lock_api wants it so")]
    const INIT: Self = Self(LockId::new());
    type GuardMarker = lock_api::GuardSend;

    #[track_caller]
    fn lock(&self) {
        acquire(&self.0, MUTEX, Mode::Exclusive, Location::caller());
    }

    #[track_caller]
    fn try_lock(&self) -> bool {
        try_acquire(&self.0, MUTEX, Mode::Exclusive, Location::caller())
    }

    unsafe fn unlock(&self) {
        release(&self.0, MUTEX);
    }

    fn is_locked(&self) -> bool {
        is_taken(&self.0, MUTEX, Mode::Exclusive)
    }
}

/// A lock of readers and writers that yields. Nobody is preferred.
#[derive(Debug)]
pub struct RawRwLock(LockId);

const RWLOCK: &str = "rwlock";

// SAFETY: as for the mutex.
unsafe impl lock_api::RawRwLock for RawRwLock {
    #[allow(clippy::declare_interior_mutable_const, reason = "lock_api wants it so")]
    const INIT: Self = Self(LockId::new());
    type GuardMarker = lock_api::GuardSend;

    #[track_caller]
    fn lock_shared(&self) {
        acquire(&self.0, RWLOCK, Mode::Shared, Location::caller());
    }

    #[track_caller]
    fn try_lock_shared(&self) -> bool {
        try_acquire(&self.0, RWLOCK, Mode::Shared, Location::caller())
    }

    unsafe fn unlock_shared(&self) {
        release(&self.0, RWLOCK);
    }

    #[track_caller]
    fn lock_exclusive(&self) {
        acquire(&self.0, RWLOCK, Mode::Exclusive, Location::caller());
    }

    #[track_caller]
    fn try_lock_exclusive(&self) -> bool {
        try_acquire(&self.0, RWLOCK, Mode::Exclusive, Location::caller())
    }

    unsafe fn unlock_exclusive(&self) {
        release(&self.0, RWLOCK);
    }

    fn is_locked(&self) -> bool {
        is_taken(&self.0, RWLOCK, Mode::Exclusive)
    }
}
