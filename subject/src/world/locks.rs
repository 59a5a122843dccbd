//! Locks as they are: who holds them, who waits, and who waits for ever.

use super::World;
use super::trace::Kind;
use oracle::{Clock, Deadlock, Link, Notation, OperationId, Stop, TaskId};
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where in the subject's code something is done.
pub(crate) type Place = &'static Location<'static>;

/// What a lock is known by. It gets its number when it is first used in a run, so that equal runs have equal numbers;
/// what it was in an earlier run is forgotten.
#[derive(Debug)]
pub(crate) struct LockId(AtomicU64);

/// How a lock is taken, or waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Exclusive,
    Shared,
    /// A condition: until somebody notifies.
    Notified,
}

/// What a task waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait {
    lock: u32,
    mode: Mode,
    at: Place,
    /// Order of arrival.
    ticket: u32,
}

/// A lock in this run.
#[derive(Clone, Copy, Debug)]
struct Lock {
    kind: &'static str,
    exclusive: bool,
    shared: u16,
}

/// A lock that a task holds.
#[derive(Clone, Copy, Debug)]
struct Held {
    lock: u32,
    task: u8,
    at: Place,
    step: Clock,
}

/// All locks.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    list: Vec<Lock>,
    held: Vec<Held>,
    tickets: u32,
}

impl LockId {
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Its number in this run.
    pub fn number(&self, w: &mut World, kind: &'static str) -> u32 {
        let known = self.0.load(Ordering::Relaxed);
        if known >> 32 == u64::from(w.run) {
            return known as u32;
        }
        let number = w.locks.list.len() as u32;
        w.locks.list.push(Lock { kind, exclusive: false, shared: 0 });
        self.0.store(u64::from(w.run) << 32 | u64::from(number), Ordering::Relaxed);
        number
    }
}

impl Locks {
    pub fn reset(&mut self) {
        self.list.clear();
        self.held.clear();
        self.tickets = 0;
    }

    pub const fn is_free(&self, lock: u32, mode: Mode) -> bool {
        let it = &self.list.as_slice()[lock as usize];
        match mode {
            Mode::Exclusive => !it.exclusive && it.shared == 0,
            Mode::Shared => !it.exclusive,
            Mode::Notified => false,
        }
    }

    fn name(&self, lock: u32) -> String {
        format!("{} {lock}", self.list[lock as usize].kind)
    }
}

impl World {
    pub fn try_take(&mut self, lock: u32, mode: Mode, at: Place) -> bool {
        if !self.locks.is_free(lock, mode) {
            return false;
        }
        let it = &mut self.locks.list[lock as usize];
        match mode {
            Mode::Exclusive => it.exclusive = true,
            _ => it.shared += 1,
        }
        self.counts.locks += 1;
        self.locks.held.push(Held { lock, task: self.current, at, step: self.clock });
        self.note(Kind::Take, u64::from(lock) << 1 | u64::from(mode == Mode::Shared), |w| {
            format!("takes {}{}, {}", w.locks.name(lock), if mode == Mode::Shared { " shared" } else { "" }, place(at))
        });
        true
    }

    /// The running task waits; it stays so until somebody wakes it.
    pub fn wait(&mut self, lock: u32, mode: Mode, at: Place) {
        let ticket = self.locks.tickets;
        self.locks.tickets += 1;
        let task = self.current;
        self.tasks[usize::from(task)].wait = Some(Wait { lock, mode, at, ticket });
        self.blocked |= 1 << task;
        self.note(Kind::Wait, u64::from(lock), |w| format!("waits for {}, {}", w.locks.name(lock), place(at)));
        if mode != Mode::Notified
            && let Some(cycle) = self.cycle_from(task)
        {
            let deadlock = Deadlock { step: self.clock, cycle, notation: Notation::Other };
            self.stop(Stop::Deadlock(deadlock));
        }
    }

    pub fn release(&mut self, lock: u32) {
        let of_mine = |it: &Held| it.lock == lock && it.task == self.current;
        let held = &self.locks.held;
        // A guard may have been given to another task.
        let at = held.iter().rposition(of_mine).or_else(|| held.iter().rposition(|it| it.lock == lock));
        if let Some(at) = at {
            self.locks.held.swap_remove(at);
        }
        let it = &mut self.locks.list[lock as usize];
        if it.exclusive {
            it.exclusive = false;
        } else {
            it.shared = it.shared.saturating_sub(1);
        }
        self.note(Kind::Release, u64::from(lock), |w| format!("releases {}", w.locks.name(lock)));
        for task in schedule::bits::bits(self.blocked) {
            let wait = self.tasks[usize::from(task)].wait;
            if wait.is_some_and(|it| it.lock == lock && self.locks.is_free(lock, it.mode)) {
                self.wake(task);
            }
        }
    }

    pub fn wake(&mut self, task: u8) {
        self.tasks[usize::from(task)].wait = None;
        self.blocked &= !(1 << task);
    }

    /// The first of those that wait for a condition; all of them.
    pub fn notify(&mut self, lock: u32, all: bool) {
        let mut waiting: Vec<(u32, u8)> = schedule::bits::bits(self.blocked)
            .filter_map(|task| Some((self.tasks[usize::from(task)].wait.filter(|it| it.lock == lock)?.ticket, task)))
            .collect();
        waiting.sort_unstable();
        waiting.truncate(if all { usize::MAX } else { 1 });
        self.note(Kind::Note, u64::from(lock) << 1 | u64::from(all), |w| format!("notifies {}", w.locks.name(lock)));
        for (_, task) in waiting {
            self.wake(task);
        }
    }

    /// Whether the running task holds a lock.
    pub fn holds_any(&self) -> bool {
        self.locks.held.iter().any(|it| it.task == self.current)
    }

    /// The tasks that wait for one another in a circle through this one.
    fn cycle_from(&self, task: u8) -> Option<Vec<Link>> {
        let mut path = Vec::new();
        self.reaches(task, task, &mut path).then(|| path.into_iter().map(|it| self.link(it)).collect())
    }

    /// Whether what `from` waits for is held, in the end, by `goal`; `path` are the waiting tasks and what the one
    /// before each wants of it.
    fn reaches(&self, from: u8, goal: u8, path: &mut Vec<(u8, Option<Held>)>) -> bool {
        let Some(wait) = self.tasks[usize::from(from)].wait else { return false };
        for held in self.locks.held.iter().filter(|it| it.lock == wait.lock) {
            if path.iter().any(|(it, _)| *it == held.task) {
                continue;
            }
            path.push((held.task, Some(*held)));
            if held.task == goal || self.reaches(held.task, goal, path) {
                return true;
            }
            path.pop();
        }
        false
    }

    /// Everybody waits, though not in a circle: for a condition that nobody makes true, for a lock that was left taken.
    pub fn all_that_wait(&self) -> Deadlock {
        let waiting = schedule::bits::bits(self.unfinished & self.blocked);
        let cycle = waiting.map(|task| self.link((task, None))).collect();
        Deadlock { step: self.clock, cycle, notation: Notation::Other }
    }

    fn link(&self, (task, held): (u8, Option<Held>)) -> Link {
        let of_task = &self.tasks[usize::from(task)];
        let name = |lock| self.locks.name(lock);
        Link {
            task: TaskId(task),
            operation: of_task.operation.unwrap_or(OperationId(0)),
            holds: held.map_or_else(|| "nothing".to_owned(), |it| name(it.lock)),
            taken_at: held.map_or_else(String::new, |it| place(it.at)).into(),
            taken_step: held.map_or(0, |it| it.step),
            wants: of_task.wait.map_or_else(|| "the disk".to_owned(), |it| name(it.lock)),
            waits_at: of_task.wait.map_or_else(String::new, |it| place(it.at)).into(),
        }
    }
}

/// File and line.
pub(crate) fn place(at: Place) -> String {
    format!("{}:{}", at.file(), at.line())
}
