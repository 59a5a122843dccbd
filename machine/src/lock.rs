//! Locks: who holds them, who waits for them, and where in the kernel each was taken.

use crate::kernel::Kernel;
use crate::memory::PageId;
pub use crate::site::Site;
use crate::state::State;
use crate::trace::{BlockFlag, Event, PageFlag};
use oracle::{Clock, FileId};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The pseudo-task that completes disk requests, and that holds what is under I/O.
pub(crate) const DISK: u8 = 31;
/// The pseudo-task that looks at everything at rest.
pub(crate) const REST: u8 = 30;
pub(crate) const NOBODY: u8 = u8::MAX;

/// What can be waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockKey {
    /// `i_mutex` of a file; where it is a reader-writer lock, reads take it shared.
    Inode(FileId),
    /// `mmap_sem` of an address space: fair, a queued writer holds up new readers.
    MmapSem(u8),
    /// The unpaging lock of an address space, or the pin on a vma: as fair as `mmap_sem`.
    Unpaging(u8),
    /// A journal's running transaction: an open handle has it shared, a commit takes it alone. As fair as `mmap_sem`, for while a commit
    /// waits no handle is opened.
    Journal,
    /// The cluster's lock on a file, as this node has it; another node that asks for it comes before whoever asks here after it.
    Cluster(FileId),
    /// The lock bit of a page.
    Page(PageId),
    /// A buffer under I/O.
    Buffer(PageId, u8),
    /// A page under writeback.
    Writeback(PageId),
    /// A page that truncate and `readpage` keep away from.
    KeepAway(PageId),
    /// A slot for `kmap`.
    Kmap,
}

impl LockKey {
    /// The page that it is a lock of.
    #[must_use]
    pub const fn page(self) -> Option<PageId> {
        match self {
            Self::Page(page) | Self::Buffer(page, _) | Self::Writeback(page) | Self::KeepAway(page) => Some(page),
            _ => None,
        }
    }
}

/// How a lock is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Alone: a mutex, a lock bit, a reader-writer semaphore for writing, a slot.
    Exclusive,
    /// With others that also read.
    Shared,
    /// Not taken: only waited for until it is free.
    Wait,
}

/// A lock's state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lock {
    /// Who has it alone, or [`NOBODY`].
    pub holder: u8,
    /// Who has it shared.
    pub readers: u32,
}

impl Lock {
    pub const FREE: Self = Self { holder: NOBODY, readers: 0 };

    pub const fn is_free(self) -> bool {
        self.holder == NOBODY && self.readers == 0
    }

    const fn grantable(self, mode: Mode) -> bool {
        self.holder == NOBODY && (self.readers == 0 || matches!(mode, Mode::Shared))
    }

    #[inline(always)]
    const fn try_take(&mut self, task: u8, mode: Mode) -> bool {
        if !self.grantable(mode) {
            return false;
        }
        match mode {
            Mode::Exclusive => self.holder = task,
            Mode::Shared => self.readers |= 1 << task,
            Mode::Wait => {}
        }
        true
    }
}

/// What a blocked task waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait {
    pub key: LockKey,
    pub mode: Mode,
    pub site: Site,
    /// Order of arrival: fair locks serve the smaller first.
    pub ticket: u32,
}

/// A lock that a task holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub key: LockKey,
    pub site: Site,
    pub step: Clock,
}

impl State {
    pub(crate) fn lock_mut(&mut self, key: LockKey) -> &mut Lock {
        match key {
            LockKey::Inode(file) => &mut self.files[file.index()].mutex,
            LockKey::MmapSem(mm) => &mut self.mmap_sems[usize::from(mm)],
            LockKey::Unpaging(lock) => &mut self.unpaging[usize::from(lock)],
            LockKey::Journal => &mut self.journal,
            LockKey::Cluster(file) => &mut self.files[file.index()].cluster,
            LockKey::Page(page) => &mut self.page_mut(page).lock,
            LockKey::Buffer(..) | LockKey::Writeback(_) | LockKey::KeepAway(_) | LockKey::Kmap => {
                unreachable!("not a lock of its own")
            }
        }
    }

    /// A lock that serves those who wait for it in the order in which they came.
    pub(crate) fn fair_lock(&self, key: LockKey) -> Lock {
        match key {
            LockKey::MmapSem(mm) => self.mmap_sems[usize::from(mm)],
            LockKey::Unpaging(lock) => self.unpaging[usize::from(lock)],
            LockKey::Journal => self.journal,
            LockKey::Cluster(file) => self.files[file.index()].cluster,
            _ => unreachable!("not a fair lock"),
        }
    }

    /// Whether a task that arrives, or has waited since `ticket`, could go on now.
    pub(crate) fn grantable(&self, task: u8, wait: &Wait) -> bool {
        match wait.key {
            LockKey::Buffer(page, block) => !self.test_block(page, u32::from(block), BlockFlag::Locked),
            LockKey::Writeback(page) => !self.page(page).has(PageFlag::Writeback),
            LockKey::KeepAway(page) => !self.page(page).has(PageFlag::KeepAway),
            LockKey::Kmap => self.kmap_free(),
            LockKey::Inode(file) => self.files[file.index()].mutex.grantable(wait.mode),
            LockKey::Page(page) => self.page(page).lock.grantable(wait.mode),
            LockKey::MmapSem(_) | LockKey::Unpaging(_) | LockKey::Journal | LockKey::Cluster(_) => {
                self.fair_lock(wait.key).grantable(wait.mode) && !self.comes_too_late(task, wait)
            }
        }
    }

    /// Whether a fair lock has to go to another task first: to any that came before; but readers share with readers.
    fn comes_too_late(&self, task: u8, wait: &Wait) -> bool {
        self.waiting != 0
            && self.queued_before(task, wait, if wait.mode == Mode::Shared { Some(Mode::Exclusive) } else { None })
    }

    /// Whether somebody (in `mode`, or in any) was queued for the same lock before.
    fn queued_before(&self, task: u8, wait: &Wait, mode: Option<Mode>) -> bool {
        self.waiting_tasks().any(|other| {
            other != task
                && self.tasks[usize::from(other)].wait.is_some_and(|w| {
                    w.key == wait.key && w.ticket < wait.ticket && mode.is_none_or(|mode| w.mode == mode)
                })
        })
    }

    pub(crate) fn waiting_tasks(&self) -> impl Iterator<Item = u8> + use<> {
        bits(self.waiting)
    }

    /// Takes the lock if it can be had.
    fn try_take(&mut self, task: u8, wait: &Wait) -> bool {
        let mode = wait.mode;
        // Asked at most steps: each kind of lock is told from the others once.
        let taken = match wait.key {
            LockKey::Page(page) => {
                let taken = self.page_mut(page).lock.try_take(task, mode);
                self.counters.page_locks += u64::from(taken && mode != Mode::Wait);
                taken
            }
            LockKey::Inode(file) => self.files[file.index()].mutex.try_take(task, mode),
            LockKey::MmapSem(mm) => {
                let taken = !self.comes_too_late(task, wait) && self.mmap_sems[usize::from(mm)].try_take(task, mode);
                self.counters.mmap_sem += u64::from(taken);
                taken
            }
            LockKey::Unpaging(_) | LockKey::Journal | LockKey::Cluster(_) => {
                !self.comes_too_late(task, wait) && self.lock_mut(wait.key).try_take(task, mode)
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
        self.tasks[usize::from(task)].held.push(held);
        self.rejudge_waiters(wait.key);
    }

    /// Takes the lock of a page that nobody else can see yet, or that is known to be free.
    pub(crate) fn take_page_now(&mut self, page: PageId, site: Site) {
        let wait = Wait { key: LockKey::Page(page), mode: Mode::Exclusive, site, ticket: self.next_ticket };
        let taken = self.try_take(self.current, &wait);
        debug_assert!(taken);
    }

    /// Takes any lock if it can be had at once.
    pub(crate) fn try_lock(&mut self, key: LockKey, mode: Mode, site: Site) -> bool {
        let wait = Wait { key, mode, site, ticket: self.next_ticket };
        self.try_take(self.current, &wait)
    }

    /// Whether the running task has a lock.
    pub(crate) fn holds(&self, key: LockKey) -> bool {
        self.tasks[usize::from(self.current)].held.iter().any(|held| held.key == key)
    }

    /// `trylock_page`.
    pub(crate) fn try_lock_page(&mut self, page: PageId, site: Site) -> bool {
        let wait = Wait { key: LockKey::Page(page), mode: Mode::Exclusive, site, ticket: self.next_ticket };
        self.try_take(self.current, &wait)
    }

    /// Gives a lock back. Giving back what is not held is an oops.
    pub(crate) fn release(&mut self, key: LockKey) {
        let task = self.current;
        let held = &mut self.tasks[usize::from(task)].held;
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
        self.rejudge_waiters(key);
    }

    /// The page's lock passes to the disk, which will release it when the request completes.
    pub(crate) fn hand_page_lock_to_disk(&mut self, page: PageId) {
        let key = LockKey::Page(page);
        let held = &mut self.tasks[usize::from(self.current)].held;
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

    /// Finds out again which of those that wait for this lock can run.
    #[inline]
    pub(crate) fn rejudge_waiters(&mut self, key: LockKey) {
        if self.waiting != 0 {
            self.rejudge(|it| it == key);
        }
    }

    /// The same for those that wait for any of some buffers of a page.
    pub(crate) fn rejudge_buffer_waiters(&mut self, page: PageId, blocks: u8) {
        self.rejudge(|it| matches!(it, LockKey::Buffer(of, block) if of == page && blocks & 1 << block != 0));
    }

    fn rejudge(&mut self, concerns: impl Fn(LockKey) -> bool) {
        for task in bits(self.waiting) {
            let Some(wait) = self.tasks[usize::from(task)].wait.as_ref() else { continue };
            if concerns(wait.key) {
                if self.grantable(task, wait) {
                    self.blocked &= !(1 << task);
                } else {
                    self.blocked |= 1 << task;
                }
            }
        }
    }

    pub(crate) fn start_waiting(&mut self, wait: Wait) {
        let task = self.current;
        self.tasks[usize::from(task)].wait = Some(wait);
        self.waiting |= 1 << task;
        self.blocked |= 1 << task;
        self.note(Event::Wait { lock: wait.key, mode: wait.mode, site: wait.site });
        // A writer that queues for a fair lock takes the way of the readers that come after it, never of those already queued.
        self.find_deadlock(task);
    }

    fn stop_waiting(&mut self) {
        let task = self.current;
        self.waiting &= !(1 << task);
        self.blocked &= !(1 << task);
        self.tasks[usize::from(task)].wait = None;
    }
}

pub(crate) fn bits(mask: u32) -> impl Iterator<Item = u8> + use<> {
    let mut rest = mask;
    std::iter::from_fn(move || {
        (rest != 0).then(|| {
            let bit = rest.trailing_zeros() as u8;
            rest &= rest - 1;
            bit
        })
    })
}

impl Kernel<'_> {
    /// Takes a lock; another task can run before, and for as long as it cannot be had.
    pub(crate) fn lock(&self, key: LockKey, mode: Mode, site: Site) -> impl Future<Output = ()> + '_ {
        Acquire { kernel: self, key, mode, site, phase: Phase::Before }
    }

    pub(crate) fn release(&self, key: LockKey) {
        self.with(|s| s.release(key));
    }

    /// `lock_page`.
    pub fn lock_page(&self, page: PageId, site: Site) -> impl Future<Output = ()> + '_ {
        self.lock(LockKey::Page(page), Mode::Exclusive, site)
    }

    /// `unlock_page`.
    pub fn unlock_page(&self, page: PageId) {
        self.release(LockKey::Page(page));
    }

    /// `wait_on_page_locked`.
    pub fn wait_on_page_locked(&self, page: PageId, site: Site) -> impl Future<Output = ()> + '_ {
        self.lock(LockKey::Page(page), Mode::Wait, site)
    }

    /// Locks a page for what keeps away from a page that says so: if it does, waits for that first.
    pub(crate) async fn lock_page_unless_kept(&self, page: PageId, site: Site) {
        loop {
            self.lock_page(page, site).await;
            if !self.with(|s| s.page(page).has(PageFlag::KeepAway)) {
                return;
            }
            self.unlock_page(page);
            self.lock(LockKey::KeepAway(page), Mode::Wait, site).await;
        }
    }

    /// From here on truncate and `readpage` keep away from the page, also while it is not locked.
    pub async fn keep_away(&self, page: PageId) {
        self.lock(LockKey::KeepAway(page), Mode::Exclusive, Site::KeepAway).await;
    }

    /// They need not any more.
    pub fn stop_keeping_away(&self, page: PageId) {
        self.release(LockKey::KeepAway(page));
    }

    pub(crate) fn wait_on_writeback(&self, page: PageId) -> impl Future<Output = ()> + '_ {
        self.lock(LockKey::Writeback(page), Mode::Wait, Site::WaitForDisk)
    }
}

enum Phase {
    Before,
    Trying,
    Queued,
}

struct Acquire<'k, 'r> {
    kernel: &'k Kernel<'r>,
    key: LockKey,
    mode: Mode,
    site: Site,
    phase: Phase,
}

impl Future for Acquire<'_, '_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let (key, mode, site) = (self.key, self.mode, self.site);
        let kernel = self.kernel;
        let quiet = kernel.is_quiet();
        kernel.with_turns(|s, turns| {
            if matches!(self.phase, Phase::Before) && !quiet && !turns.goes_on(s) {
                self.phase = Phase::Trying;
                return Poll::Pending;
            }
            if !matches!(self.phase, Phase::Queued) {
                let wait = Wait { key, mode, site, ticket: s.next_ticket };
                while quiet && !s.grantable(s.current, &wait) {
                    if !s.complete_oldest_request() {
                        s.oops("a lock was never given back");
                        return Poll::Pending;
                    }
                }
                if s.try_take(s.current, &wait) {
                    return Poll::Ready(());
                }
                s.next_ticket += 1;
                s.start_waiting(wait);
                self.phase = Phase::Queued;
                if !turns.goes_on(s) {
                    return Poll::Pending;
                }
            }
            if let Some(wait) = s.tasks[usize::from(s.current)].wait {
                // The executor runs a waiting task only when it can have the lock.
                let granted = s.try_take_queued(&wait);
                debug_assert!(granted);
            }
            Poll::Ready(())
        })
    }
}

impl State {
    fn try_take_queued(&mut self, wait: &Wait) -> bool {
        let task = self.current;
        self.stop_waiting();
        self.try_take(task, wait)
    }
}
