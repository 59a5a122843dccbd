//! Locks, atomics and waiting as places where another task can run, in place of the ones that a subject uses: with a
//! `use`, or with a dependency of the same name.
//!
//! | instead of | write |
//! |---|---|
//! | `std::sync::{Mutex, RwLock, Condvar}` | `subject::sync::std::{Mutex, RwLock, Condvar}` |
//! | `parking_lot::{Mutex, RwLock, Condvar}`, `spin::{Mutex, RwLock}` | `subject::sync::parking_lot::{…}` |
//! | `std::sync::atomic` | `subject::sync::atomic` |
//! | `std::hint::spin_loop`, `std::thread::{yield_now, sleep}` | `subject::sync::{spin_loop, yield_now, sleep}` |
//!
//! All tasks of a run are coroutines of one thread, so that atomics are sequentially consistent, whatever their
//! ordering says: reorderings of the processor are not looked for.

pub mod atomic;
pub mod parking_lot;
mod raw;
pub mod std;
#[cfg(test)]
mod tests;

pub use crate::coroutine::preempt;
pub use raw::{RawMutex, RawRwLock};

/// Lets another task run, as `std::thread::yield_now`.
#[inline]
pub fn yield_now() {
    preempt();
}

/// Lets another task run, as `std::hint::spin_loop`.
#[inline]
pub fn spin_loop() {
    preempt();
}

/// Lets another task run, as `std::thread::sleep`: how long it takes is the scheduler's to say.
#[inline]
pub fn sleep(_: ::std::time::Duration) {
    preempt();
}
