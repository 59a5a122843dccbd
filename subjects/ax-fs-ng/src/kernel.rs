//! What ax-fs-ng wants of the kernel around it: locks, which are the harness's, and pages, which are its frames.

use ax_crate_interface::impl_interface;
use ax_fs_ng::VfsResult;
use ax_fs_ng::os::{FsPage, FsPageProvider, install_page_provider};
use ax_sync::interface::{
    AcquireResult, ContextOps, ContextState, LOCK_MODE_READ, LockMetadata, LockdepOps, MutexOps, PiMutexStorage,
    RwLockOps, SpinOps,
};
use axfs_ng_vfs::VfsError;
use lock_api::{RawMutex as _, RawRwLock as _};
use shortcopy::subject::Frame;
use shortcopy::subject::sync::{RawMutex, RawRwLock};
use std::cell::RefCell;
use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};

/// The kernel of this thread. Nothing of it is dropped with the thread, for by then the harness may be gone.
#[derive(Default)]
struct Kernel {
    mutexes: HashMap<usize, Rc<RawMutex>>,
    rw_locks: HashMap<usize, Rc<RawRwLock>>,
    frames: HashMap<usize, Frame>,
}

thread_local! {
    static KERNEL: ManuallyDrop<RefCell<Kernel>> = ManuallyDrop::new(RefCell::default());
}

/// The harness's lock for the one at an address.
fn mutex(at: usize) -> Rc<RawMutex> {
    KERNEL.with(|it| Rc::clone(it.borrow_mut().mutexes.entry(at).or_insert_with(|| Rc::new(RawMutex::INIT))))
}

fn rw_lock(at: usize) -> Rc<RawRwLock> {
    KERNEL.with(|it| Rc::clone(it.borrow_mut().rw_locks.entry(at).or_insert_with(|| Rc::new(RawRwLock::INIT))))
}

/// Where the state of a lock is: it is all that every call has.
fn at<T>(state: &T) -> usize {
    std::ptr::from_ref(state) as usize
}

/// A run begins: whatever the last one left is forgotten.
pub fn begin() {
    install_page_provider(&Pages);
    let before = KERNEL.with(|it| it.take());
    drop(before);
}

/// Whether interrupts and preemption are off is nobody's concern here: there are neither.
const CONTEXT: ContextState = ContextState::new(0, 0);

// One type for each interface: their functions have the same names.
struct Contexts;
struct Spins;
struct RwLocks;
struct Mutexes;
struct Lockdep;

#[impl_interface]
impl ContextOps for Contexts {
    fn enter(_context: u8) -> ContextState {
        CONTEXT
    }

    fn exit(_context: u8, _state: ContextState) {}

    fn irq_return_preempt_enter() -> usize {
        0
    }

    fn irq_return_preempt_exit(_state: usize) {}

    fn hardirq_enter() {}

    fn hardirq_exit() {}
}

#[impl_interface]
impl SpinOps for Spins {
    fn acquire(
        locked: &AtomicBool,
        _metadata: &LockMetadata,
        _lock_addr: usize,
        _context: u8,
        _subclass: u32,
        _caller: &'static Location<'static>,
    ) -> ContextState {
        mutex(at(locked)).lock();
        CONTEXT
    }

    fn try_acquire(
        locked: &AtomicBool,
        _metadata: &LockMetadata,
        _lock_addr: usize,
        _context: u8,
        _subclass: u32,
        _caller: &'static Location<'static>,
    ) -> AcquireResult {
        AcquireResult::new(mutex(at(locked)).try_lock(), CONTEXT)
    }

    fn release(locked: &AtomicBool, _lock_addr: usize, _context: u8, _state: ContextState) {
        // SAFETY: whoever calls this holds it.
        unsafe { mutex(at(locked)).unlock() }
    }

    fn force_release(locked: &AtomicBool, _lock_addr: usize, _context: u8) {
        // SAFETY: as above.
        unsafe { mutex(at(locked)).unlock() }
    }

    fn is_locked(locked: &AtomicBool) -> bool {
        mutex(at(locked)).is_locked()
    }
}

#[impl_interface]
impl RwLockOps for RwLocks {
    fn acquire(
        state: &AtomicUsize,
        _metadata: &LockMetadata,
        _lock_addr: usize,
        _context: u8,
        mode: u8,
        _caller: &'static Location<'static>,
    ) -> ContextState {
        let lock = rw_lock(at(state));
        if mode == LOCK_MODE_READ {
            lock.lock_shared()
        } else {
            lock.lock_exclusive()
        }
        CONTEXT
    }

    fn try_acquire(
        state: &AtomicUsize,
        _metadata: &LockMetadata,
        _lock_addr: usize,
        _context: u8,
        mode: u8,
        _caller: &'static Location<'static>,
    ) -> AcquireResult {
        let lock = rw_lock(at(state));
        let taken = if mode == LOCK_MODE_READ { lock.try_lock_shared() } else { lock.try_lock_exclusive() };
        AcquireResult::new(taken, CONTEXT)
    }

    fn release(state: &AtomicUsize, _lock_addr: usize, _context: u8, _context_state: ContextState, mode: u8) {
        let lock = rw_lock(at(state));
        // SAFETY: whoever calls this holds it so.
        unsafe { if mode == LOCK_MODE_READ { lock.unlock_shared() } else { lock.unlock_exclusive() } }
    }

    fn force_read_decrement(state: &AtomicUsize, _lock_addr: usize, _context: u8) {
        // SAFETY: as above.
        unsafe { rw_lock(at(state)).unlock_shared() }
    }
}

#[impl_interface]
impl MutexOps for Mutexes {
    fn acquire(
        storage: &PiMutexStorage,
        _next_waiter_sequence: &AtomicU64,
        _metadata: &LockMetadata,
        _lock_addr: usize,
        _subclass: u32,
        _caller: &'static Location<'static>,
    ) {
        mutex(at(storage)).lock();
    }

    fn try_acquire(
        storage: &PiMutexStorage,
        _next_waiter_sequence: &AtomicU64,
        _metadata: &LockMetadata,
        _lock_addr: usize,
        _subclass: u32,
        _caller: &'static Location<'static>,
    ) -> bool {
        mutex(at(storage)).try_lock()
    }

    fn release(storage: &PiMutexStorage, _lock_addr: usize) {
        // SAFETY: whoever calls this holds it.
        unsafe { mutex(at(storage)).unlock() }
    }

    fn force_release(storage: &PiMutexStorage, _lock_addr: usize) {
        // SAFETY: as above.
        unsafe { mutex(at(storage)).unlock() }
    }

    fn is_owned_by_current(storage: &PiMutexStorage) -> bool {
        mutex(at(storage)).is_locked()
    }

    fn is_locked(storage: &PiMutexStorage) -> bool {
        mutex(at(storage)).is_locked()
    }

    fn destroy(storage: &mut PiMutexStorage) {
        KERNEL.with(|it| it.borrow_mut().mutexes.remove(&at(storage)));
    }
}

#[impl_interface]
impl LockdepOps for Lockdep {
    fn set_trace_enabled(_enabled: bool) {}

    fn dump_trace() {}
}

/// Pages are frames of the harness, which knows what nobody has initialised.
struct Pages;

impl FsPageProvider for Pages {
    fn alloc_page(&self) -> VfsResult<FsPage> {
        let frame = Frame::allocate().map_err(|_| VfsError::NoMemory)?;
        let address = frame.address().as_ptr() as usize;
        KERNEL.with(|it| it.borrow_mut().frames.insert(address, frame));
        // SAFETY: a frame is a page that is writable, and this one is nobody else's until it is given back.
        Ok(unsafe { FsPage::from_raw(address) })
    }

    fn dealloc_page(&self, page: FsPage) {
        let frame = KERNEL.with(|it| it.borrow_mut().frames.remove(&page.addr()));
        drop(frame);
    }

    fn virt_to_phys(&self, address: usize) -> Option<usize> {
        Some(address)
    }
}
