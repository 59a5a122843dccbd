//! What the locks of a subject do: take, wait, give back, notify.

use crate::coroutine::{preempt, suspend};
use crate::world::{LockId, Mode, Place, place, with};

/// Takes a lock, and waits as long as somebody has it.
pub(crate) fn acquire(id: &LockId, kind: &'static str, mode: Mode, at: Place) {
    preempt();
    loop {
        let taken = with(|w| {
            let lock = id.number(w, kind);
            let taken = w.try_take(lock, mode, at);
            if !taken {
                w.wait(lock, mode, at);
            }
            taken
        });
        if taken {
            return;
        }
        block(at);
    }
}

/// Takes a lock if nobody has it.
pub(crate) fn try_acquire(id: &LockId, kind: &'static str, mode: Mode, at: Place) -> bool {
    preempt();
    with(|w| {
        let lock = id.number(w, kind);
        w.try_take(lock, mode, at)
    })
}

/// Gives a lock back.
pub(crate) fn release(id: &LockId, kind: &'static str) {
    with(|w| {
        let lock = id.number(w, kind);
        w.release(lock);
    });
    preempt();
}

/// Whether somebody has a lock in a way that keeps `mode` out.
pub(crate) fn is_taken(id: &LockId, kind: &'static str, mode: Mode) -> bool {
    with(|w| {
        let lock = id.number(w, kind);
        !w.locks.is_free(lock, mode)
    })
}

/// Waits for a condition, for ever if nobody notifies. `give_back` gives back the mutex; the task
/// waits before it does, so that no notification can come in between and be lost.
pub(crate) fn wait_for(id: &LockId, kind: &'static str, at: Place, give_back: impl FnOnce()) {
    // Whoever notifies without the mutex can do so between the look at the condition and the wait.
    preempt();
    with(|w| {
        let lock = id.number(w, kind);
        w.wait(lock, Mode::Notified, at);
    });
    // Giving back is a place where others can run, and this task only once it was notified.
    give_back();
    while with(|w| w.task().wait.is_some()) {
        block(at);
    }
}

/// Wakes those that wait for a condition: the first, or all.
pub(crate) fn notify(id: &LockId, kind: &'static str, all: bool) {
    preempt();
    with(|w| {
        let lock = id.number(w, kind);
        w.notify(lock, all);
    });
}

/// The running task waits, and gives up its turn. Where there are no turns, nobody could wake it.
fn block(at: Place) {
    let is_alone = with(|w| w.task().yielder.is_null());
    assert!(!is_alone, "waits for ever, {}", place(at));
    suspend();
}
