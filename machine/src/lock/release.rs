//! Giving locks back, and handing the lock of a page under I/O to the disk.

use super::Locks;
use super::NOBODY;
use crate::names::{LockKey, PageFlag, PageId};
use crate::trace::Event;
use schedule::DISK;

impl Locks {
    /// Gives a lock back. Giving back what is not held is an oops.
    pub(crate) fn release(&mut self, key: LockKey) {
        let task = self.current;
        let held = &mut self.of_tasks[usize::from(task)].held;
        let Some(at) = held.iter().rposition(|held| held.key == key) else {
            return self.oops(match key {
                LockKey::Page(_) => "unlocked a page that it had not locked",
                _ => "released a lock that it did not hold",
            });
        };
        // The last one taken is mostly the first given back; then there is nothing to move.
        if at + 1 == held.len() {
            held.pop();
        } else {
            held.remove(at);
        }
        self.drop_lock(key, task);
    }

    fn drop_lock(&mut self, key: LockKey, task: u8) {
        match key {
            LockKey::Kmap => self.kmap_used -= 1,
            LockKey::KeepAway(page) => self.set(page, PageFlag::KeepAway, false),
            key => {
                let lock = self.lock_mut(key);
                lock.readers &= !(1 << task);
                if lock.holder == task {
                    lock.holder = NOBODY;
                }
            }
        }
        self.note(Event::Release { lock: key });
        self.recheck_waiters(key);
    }

    /// The page's lock passes to the disk, which will release it when the request completes.
    pub(crate) fn hand_page_lock_to_disk(&mut self, page: PageId) {
        let key = LockKey::Page(page);
        let task = usize::from(self.current);
        let held = &mut self.of_tasks[task].held;
        match held.iter().rposition(|held| held.key == key) {
            Some(at) => drop(held.remove(at)),
            None => return self.oops("started I/O on a page that it had not locked"),
        }
        self.lock_mut(key).holder = DISK;
    }

    /// The disk gives a page's lock back.
    pub(crate) fn disk_unlocks_page(&mut self, page: PageId) {
        self.drop_lock(LockKey::Page(page), DISK);
    }
}
