//! Taking a lock at once, if it can be had.

use super::{Held, Locks, Wait};
use crate::names::{LockKey, Mode, PageFlag, PageId, Site};
use crate::trace::Event;

impl Locks {
    /// Takes the lock if it can be had.
    fn try_take(&mut self, task: u8, wait: &Wait) -> bool {
        let mode = wait.mode;
        // Asked at most steps: each kind of lock is told from the others once.
        let taken = match wait.key {
            LockKey::Page(page) => {
                let taken = self.page_locks[page.index()].try_take(task, mode);
                self.counters.page_locks += u64::from(taken && mode != Mode::Wait);
                taken
            }
            LockKey::Inode(file) => self.inode_locks[file.index()].try_take(task, mode),
            LockKey::MmapSem(mm) => {
                let taken = !self.must_queue(task, wait) && self.mmap_sems[usize::from(mm)].try_take(task, mode);
                self.counters.mmap_sem += u64::from(taken);
                taken
            }
            LockKey::Unpaging(_) | LockKey::Journal | LockKey::Cluster(_) => {
                !self.must_queue(task, wait) && self.lock_mut(wait.key).try_take(task, mode)
            }
            LockKey::Kmap => {
                let taken = self.kmap_free();
                self.kmap_used += u32::from(taken);
                taken
            }
            LockKey::KeepAway(page) => {
                let taken = self.grantable(task, wait);
                if taken && mode != Mode::Wait {
                    self.set(page, PageFlag::KeepAway, true);
                }
                taken
            }
            LockKey::Buffer(..) | LockKey::Writeback(_) => self.grantable(task, wait),
        };
        if taken && mode != Mode::Wait {
            self.took(task, wait);
        }
        taken
    }

    #[inline]
    fn took(&mut self, task: u8, wait: &Wait) {
        self.note(Event::Take { lock: wait.key, mode: wait.mode, site: wait.site });
        let held = Held { key: wait.key, site: wait.site, step: self.clock };
        self.of_tasks[usize::from(task)].held.push(held);
        self.recheck_waiters(wait.key);
    }

    /// Takes the lock of a page that nobody else can see yet, or that is known to be free.
    pub(crate) fn take_page_now(&mut self, page: PageId, site: Site) {
        let taken = self.try_lock_page(page, site);
        debug_assert!(taken);
    }

    /// Takes a lock if it can be had at once.
    #[inline]
    pub(crate) fn try_lock(&mut self, key: LockKey, mode: Mode, site: Site) -> bool {
        let wait = self.wait_for(key, mode, site);
        self.try_take(self.current, &wait)
    }

    /// `trylock_page`.
    pub(crate) fn try_lock_page(&mut self, page: PageId, site: Site) -> bool {
        self.try_lock(LockKey::Page(page), Mode::Exclusive, site)
    }

    /// The running task takes the lock that it is queued for. (Only a task that can have its lock is run.)
    pub(crate) fn take_queued(&mut self) {
        let task = self.current;
        if let Some(wait) = self.of_tasks[usize::from(task)].wait {
            self.stop_waiting();
            let granted = self.try_take(task, &wait);
            debug_assert!(granted);
        }
    }
}
