//! Outside of a run, locks and atomics are what they are elsewhere: a test of the subject's own can use them.

use super::atomic::{AtomicUsize, Ordering};
use super::{parking_lot, std as like_std};

#[test]
fn locks_work_without_a_run() {
    let mutex = like_std::Mutex::new(1);
    *mutex.lock().unwrap() += 1;
    assert_eq!(*mutex.lock().unwrap(), 2);
    let held = mutex.lock().unwrap();
    assert!(mutex.try_lock().is_err());
    drop(held);
    assert!(mutex.try_lock().is_ok());
    assert_eq!(mutex.into_inner().unwrap(), 2);

    let lock = parking_lot::RwLock::new(7);
    let (one, two) = (lock.read(), lock.read());
    assert_eq!(*one + *two, 14);
    assert!(lock.try_write().is_none());
    drop((one, two));
    *lock.write() = 8;
    assert_eq!(*lock.read(), 8);
}

#[test]
fn atomics_count() {
    let count = AtomicUsize::new(3);
    assert_eq!(count.fetch_add(2, Ordering::SeqCst), 3);
    assert_eq!(count.compare_exchange(5, 9, Ordering::SeqCst, Ordering::Relaxed), Ok(5));
    assert_eq!(count.compare_exchange(5, 9, Ordering::SeqCst, Ordering::Relaxed), Err(9));
    assert_eq!((count.swap(1, Ordering::SeqCst), count.load(Ordering::SeqCst)), (9, 1));
}
