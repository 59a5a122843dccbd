//! Locks: who holds them, and who waits for them.
//!
//! `queue` says who may have a lock next; `acquire` and `release` take it and give it back; `wait_graph` says who waits
//! for whom, and finds deadlocks. What a lock is called, and where it is taken, is in `names`; how a task waits, in
//! `kernel`.

mod acquire;
mod queue;
mod release;
mod wait_graph;

use crate::floor::stands_on;
use crate::names::{LockKey, Mode, PageId, Site};
use crate::pages::Pages;
use case::Case;
use oracle::Clock;
use schedule::{MAX_RUNNERS, RunnerIndex};

/// Nobody: the holder of a lock that is free.
const NOBODY: RunnerIndex = RunnerIndex::MAX;

/// The most address spaces.
const MAX_MMS: usize = 8;
/// Unpaging locks: one for each address space or vma.
const UNPAGING_LOCKS: usize = Case::MAX_MEMORIES;

/// A lock's state.
#[derive(Clone, Copy, Debug)]
struct Lock {
    /// Who has it alone, or [`NOBODY`].
    holder: u8,
    /// Who has it shared.
    readers: u32,
}

impl Lock {
    const FREE: Self = Self { holder: NOBODY, readers: 0 };

    const fn is_free(self) -> bool {
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
struct Wait {
    key: LockKey,
    mode: Mode,
    site: Site,
    /// Order of arrival: fair locks serve the smaller first.
    ticket: u32,
}

/// A lock that a task holds.
#[derive(Clone, Copy, Debug)]
struct Held {
    key: LockKey,
    site: Site,
    step: Clock,
}

/// The locks of a task.
#[derive(Debug, Default)]
struct OfTask {
    wait: Option<Wait>,
    held: Vec<Held>,
}

/// The part of the state that locks are in, but for the bits of pages and buffers that can be waited for.
#[derive(Debug)]
pub(crate) struct Locks {
    below: Pages,
    /// Deadlocks are not looked for.
    pub passes_deadlocks: bool,
    of_tasks: Vec<OfTask>,
    /// Tasks that wait for a lock.
    waiting: u32,
    /// Those of them that cannot have it now.
    blocked: u32,
    next_ticket: u32,
    inode_locks: [Lock; Case::MAX_FILES],
    mmap_sems: [Lock; MAX_MMS],
    unpaging_locks: [Lock; UNPAGING_LOCKS],
    journal: Lock,
    cluster_locks: [Lock; Case::MAX_FILES],
    /// By the page's number.
    page_locks: Vec<Lock>,
    kmap_used: u32,
}

stands_on!(Locks, Pages);

impl Locks {
    pub fn new() -> Self {
        Self {
            below: Pages::new(),
            passes_deadlocks: false,
            of_tasks: (0..MAX_RUNNERS).map(|_| OfTask::default()).collect(),
            waiting: 0,
            blocked: 0,
            next_ticket: 0,
            inode_locks: [Lock::FREE; Case::MAX_FILES],
            mmap_sems: [Lock::FREE; MAX_MMS],
            unpaging_locks: [Lock::FREE; UNPAGING_LOCKS],
            journal: Lock::FREE,
            cluster_locks: [Lock::FREE; Case::MAX_FILES],
            page_locks: Vec::new(),
            kmap_used: 0,
        }
    }

    /// A run begins: nobody holds anything or waits. (A page's lock is freed when its frame is handed out.)
    pub fn start_locks(&mut self) {
        self.waiting = 0;
        self.blocked = 0;
        self.next_ticket = 0;
        self.inode_locks = [Lock::FREE; Case::MAX_FILES];
        self.mmap_sems = [Lock::FREE; MAX_MMS];
        self.unpaging_locks = [Lock::FREE; UNPAGING_LOCKS];
        self.journal = Lock::FREE;
        self.cluster_locks = [Lock::FREE; Case::MAX_FILES];
        self.kmap_used = 0;
        for task in &mut self.of_tasks {
            task.wait = None;
            task.held.clear();
        }
    }

    /// The lock of a page in a frame that was just handed out.
    pub fn free_page_lock(&mut self, page: PageId) {
        if self.page_locks.len() <= page.index() {
            self.page_locks.resize(page.index() + 1, Lock::FREE);
        }
        self.page_locks[page.index()] = Lock::FREE;
    }

    /// Tasks that could make a step now, as a mask.
    #[inline]
    pub fn runnable_tasks(&self) -> u32 {
        self.unfinished & !self.blocked
    }

    /// Whether somebody has a page locked.
    pub fn is_page_locked(&self, page: PageId) -> bool {
        !self.page_locks[page.index()].is_free()
    }

    /// Whether nobody has an unpaging lock.
    pub fn is_unpaging_lock_free(&self, lock: u8) -> bool {
        self.unpaging_locks[usize::from(lock)].is_free()
    }

    /// Whether the running task has a lock.
    pub fn holds(&self, key: LockKey) -> bool {
        self.of_tasks[usize::from(self.current)].held.iter().any(|held| held.key == key)
    }

    /// Whether the running task has any lock.
    pub fn holds_any(&self) -> bool {
        !self.of_tasks[usize::from(self.current)].held.is_empty()
    }

    fn lock_mut(&mut self, key: LockKey) -> &mut Lock {
        match key {
            LockKey::Inode(file) => &mut self.inode_locks[file.index()],
            LockKey::MmapSem(mm) => &mut self.mmap_sems[usize::from(mm)],
            LockKey::Unpaging(lock) => &mut self.unpaging_locks[usize::from(lock)],
            LockKey::Journal => &mut self.journal,
            LockKey::Cluster(file) => &mut self.cluster_locks[file.index()],
            LockKey::Page(page) => &mut self.page_locks[page.index()],
            LockKey::Buffer(..) | LockKey::Writeback(_) | LockKey::KeepAway(_) | LockKey::Kmap => {
                unreachable!("not a lock of its own")
            }
        }
    }

    /// A lock that serves those who wait for it in the order in which they came.
    fn fair_lock(&self, key: LockKey) -> Lock {
        match key {
            LockKey::MmapSem(mm) => self.mmap_sems[usize::from(mm)],
            LockKey::Unpaging(lock) => self.unpaging_locks[usize::from(lock)],
            LockKey::Journal => self.journal,
            LockKey::Cluster(file) => self.cluster_locks[file.index()],
            _ => unreachable!("not a fair lock"),
        }
    }

    fn kmap_free(&self) -> bool {
        self.options.kmap_slots.is_none_or(|slots| self.kmap_used < u32::from(slots))
    }
}
