//! Who may have a lock next: at once, in the order of arrival, or not yet.

use super::{Locks, Wait};
use crate::names::{BlockFlag, LockKey, Mode, PageFlag, PageId, Site};
use crate::trace::Event;
use schedule::bits::bits;

impl Locks {
    /// What a task that arrives now wants.
    #[inline]
    pub(super) fn wait_for(&self, key: LockKey, mode: Mode, site: Site) -> Wait {
        Wait { key, mode, site, ticket: self.next_ticket }
    }

    /// Whether the running task could have a lock at once.
    pub(crate) fn can_lock(&self, key: LockKey, mode: Mode, site: Site) -> bool {
        self.grantable(self.current, &self.wait_for(key, mode, site))
    }

    /// Whether a task that arrives, or has waited since `ticket`, could go on now.
    pub(super) fn grantable(&self, task: u8, wait: &Wait) -> bool {
        match wait.key {
            LockKey::Buffer(page, block) => !self.test_block(page, u32::from(block), BlockFlag::Locked),
            LockKey::Writeback(page) => !self.page(page).has(PageFlag::Writeback),
            LockKey::KeepAway(page) => !self.page(page).has(PageFlag::KeepAway),
            LockKey::Kmap => self.kmap_free(),
            LockKey::Inode(file) => self.inode_locks[file.index()].grantable(wait.mode),
            LockKey::Page(page) => self.page_locks[page.index()].grantable(wait.mode),
            LockKey::MmapSem(_) | LockKey::Unpaging(_) | LockKey::Journal | LockKey::Cluster(_) => {
                self.fair_lock(wait.key).grantable(wait.mode) && !self.must_queue(task, wait)
            }
        }
    }

    /// Whether a fair lock has to go to another task first: to any that came before; but readers share with readers.
    pub(super) fn must_queue(&self, task: u8, wait: &Wait) -> bool {
        self.waiting != 0
            && self.queued_before(task, wait, if wait.mode == Mode::Shared { Some(Mode::Exclusive) } else { None })
    }

    /// Whether somebody (in `mode`, or in any) was queued for the same lock before.
    fn queued_before(&self, task: u8, wait: &Wait, mode: Option<Mode>) -> bool {
        self.waiting_tasks().any(|other| {
            other != task
                && self.of_tasks[usize::from(other)].wait.is_some_and(|w| {
                    w.key == wait.key && w.ticket < wait.ticket && mode.is_none_or(|mode| w.mode == mode)
                })
        })
    }

    pub(super) fn waiting_tasks(&self) -> impl Iterator<Item = u8> + use<> {
        bits(self.waiting)
    }

    /// Finds out again which of those that wait for this lock can run.
    #[inline]
    pub(crate) fn recheck_waiters(&mut self, key: LockKey) {
        if self.waiting != 0 {
            self.recheck(|it| it == key);
        }
    }

    /// The same for those that wait for any of some buffers of a page.
    pub(crate) fn recheck_buffer_waiters(&mut self, page: PageId, blocks: u8) {
        self.recheck(|it| matches!(it, LockKey::Buffer(of, block) if of == page && blocks & 1 << block != 0));
    }

    fn recheck(&mut self, concerns: impl Fn(LockKey) -> bool) {
        for task in bits(self.waiting) {
            let Some(wait) = self.of_tasks[usize::from(task)].wait.as_ref() else { continue };
            if concerns(wait.key) {
                if self.grantable(task, wait) {
                    self.blocked &= !(1 << task);
                } else {
                    self.blocked |= 1 << task;
                }
            }
        }
    }

    /// Puts the running task into the queue for a lock.
    pub(crate) fn queue_for(&mut self, key: LockKey, mode: Mode, site: Site) {
        let wait = self.wait_for(key, mode, site);
        self.next_ticket += 1;
        self.start_waiting(wait);
    }

    pub(super) fn start_waiting(&mut self, wait: Wait) {
        let task = self.current;
        self.of_tasks[usize::from(task)].wait = Some(wait);
        self.waiting |= 1 << task;
        self.blocked |= 1 << task;
        self.note(Event::Wait { lock: wait.key, mode: wait.mode, site: wait.site });
        // A writer that queues for a fair lock takes the way of the readers that come after it, never of those already
        // queued.
        self.find_deadlock(task);
    }

    pub(super) fn stop_waiting(&mut self) {
        let task = self.current;
        self.waiting &= !(1 << task);
        self.blocked &= !(1 << task);
        self.of_tasks[usize::from(task)].wait = None;
    }
}
