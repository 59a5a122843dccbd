//! Raw locks that yield: what the locks of all flavours are made of.
//!
//! In a run the harness says who gets a lock, and all tasks are on one thread. Elsewhere, as in another test of the
//! same crate, they are the locks of `parking_lot`. A run takes those along: so a thread that a subject starts cannot
//! be in a lock together with a task.

use crate::locks::{acquire, is_taken, release, try_acquire};
use crate::world::{LockId, Mode, is_running};
use lock_api::RawMutex as _;
use std::panic::Location;

/// A mutex that yields.
pub struct RawMutex {
    id: LockId,
    real: parking_lot::RawMutex,
}

/// What is wrong if a lock is free in a run, but somebody has it.
const BUSY: &str = "a thread that is no task of this run has this lock, or a run that was cut off has left it locked: \
                    threads of a subject's own cannot be scheduled";

impl RawMutex {
    /// Takes it for somebody who asked at this place: for code that comes here by an interface of its own.
    pub fn lock_at(&self, at: &'static Location<'static>) {
        if is_running() {
            acquire(&self.id, MUTEX, Mode::Exclusive, at);
            assert!(self.real.try_lock(), "{BUSY}");
        } else {
            self.real.lock();
        }
    }
}

const MUTEX: &str = "mutex";

// SAFETY: whoever has it has the real one as well.
unsafe impl lock_api::RawMutex for RawMutex {
    #[allow(clippy::declare_interior_mutable_const, reason = "lock_api wants it so")]
    const INIT: Self = Self { id: LockId::new(), real: parking_lot::RawMutex::INIT };
    type GuardMarker = lock_api::GuardSend;

    #[track_caller]
    fn lock(&self) {
        self.lock_at(Location::caller());
    }

    #[track_caller]
    fn try_lock(&self) -> bool {
        if !is_running() {
            return self.real.try_lock();
        }
        let taken = try_acquire(&self.id, MUTEX, Mode::Exclusive, Location::caller());
        assert!(!taken || self.real.try_lock(), "{BUSY}");
        taken
    }

    unsafe fn unlock(&self) {
        // SAFETY: the caller has it.
        unsafe { self.real.unlock() };
        if is_running() {
            release(&self.id, MUTEX);
        }
    }

    fn is_locked(&self) -> bool {
        if is_running() { is_taken(&self.id, MUTEX, Mode::Exclusive) } else { self.real.is_locked() }
    }
}

/// A lock of readers and writers that yields. Nobody is preferred.
pub struct RawRwLock {
    id: LockId,
    real: parking_lot::RawRwLock,
}

const RWLOCK: &str = "rwlock";

// SAFETY: as for the mutex.
unsafe impl lock_api::RawRwLock for RawRwLock {
    #[allow(clippy::declare_interior_mutable_const, reason = "lock_api wants it so")]
    const INIT: Self = Self { id: LockId::new(), real: parking_lot::RawRwLock::INIT };
    type GuardMarker = lock_api::GuardSend;

    #[track_caller]
    fn lock_shared(&self) {
        if is_running() {
            acquire(&self.id, RWLOCK, Mode::Shared, Location::caller());
            assert!(self.real.try_lock_shared(), "{BUSY}");
        } else {
            self.real.lock_shared();
        }
    }

    #[track_caller]
    fn try_lock_shared(&self) -> bool {
        if !is_running() {
            return self.real.try_lock_shared();
        }
        let taken = try_acquire(&self.id, RWLOCK, Mode::Shared, Location::caller());
        assert!(!taken || self.real.try_lock_shared(), "{BUSY}");
        taken
    }

    unsafe fn unlock_shared(&self) {
        // SAFETY: the caller has it.
        unsafe { self.real.unlock_shared() };
        if is_running() {
            release(&self.id, RWLOCK);
        }
    }

    #[track_caller]
    fn lock_exclusive(&self) {
        if is_running() {
            acquire(&self.id, RWLOCK, Mode::Exclusive, Location::caller());
            assert!(self.real.try_lock_exclusive(), "{BUSY}");
        } else {
            self.real.lock_exclusive();
        }
    }

    #[track_caller]
    fn try_lock_exclusive(&self) -> bool {
        if !is_running() {
            return self.real.try_lock_exclusive();
        }
        let taken = try_acquire(&self.id, RWLOCK, Mode::Exclusive, Location::caller());
        assert!(!taken || self.real.try_lock_exclusive(), "{BUSY}");
        taken
    }

    unsafe fn unlock_exclusive(&self) {
        // SAFETY: the caller has it.
        unsafe { self.real.unlock_exclusive() };
        if is_running() {
            release(&self.id, RWLOCK);
        }
    }

    fn is_locked(&self) -> bool {
        if is_running() { is_taken(&self.id, RWLOCK, Mode::Exclusive) } else { self.real.is_locked() }
    }
}

impl std::fmt::Debug for RawMutex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RawMutex").field(&self.id).finish()
    }
}

impl std::fmt::Debug for RawRwLock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RawRwLock").field(&self.id).finish()
    }
}
