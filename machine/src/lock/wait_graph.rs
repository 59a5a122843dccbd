//! The wait-for graph, looked at each time a task blocks: a cycle is a deadlock, reported at the step that closes it.

use super::NOBODY;
use super::{Held, Locks, Wait};
use crate::names::{LockKey, Mode, PageId, Site};
use oracle::{Deadlock, Link, Notation, OperationId, Stop, TaskId};
use schedule::DISK;
use schedule::bits::bits;

#[cfg(test)]
mod tests;

impl Locks {
    /// Whom a waiting task waits for.
    fn blockers(&self, task: u8, wait: &Wait) -> u32 {
        match wait.key {
            LockKey::Buffer(..) | LockKey::Writeback(_) => 1 << DISK,
            LockKey::Kmap | LockKey::KeepAway(_) => self.holders_of(wait.key),
            LockKey::Inode(file) => {
                let lock = self.inode_locks[file.index()];
                exclusive(lock.holder) | if wait.mode == Mode::Shared { 0 } else { lock.readers }
            }
            LockKey::MmapSem(_) | LockKey::Unpaging(_) | LockKey::Journal | LockKey::Cluster(_) => {
                let lock = self.fair_lock(wait.key);
                let readers = if wait.mode == Mode::Shared { 0 } else { lock.readers };
                exclusive(lock.holder) | readers | self.queued_before_mask(task, wait)
            }
            LockKey::Page(page) => exclusive(self.page_locks[page.index()].holder),
        }
    }

    fn queued_before_mask(&self, task: u8, wait: &Wait) -> u32 {
        let mut mask = 0;
        for other in self.waiting_tasks() {
            let queued = self.of_tasks[usize::from(other)].wait;
            let before = queued.is_some_and(|it| {
                it.key == wait.key && it.ticket < wait.ticket && (wait.mode != Mode::Shared || it.mode != Mode::Shared)
            });
            if other != task && before {
                mask |= 1 << other;
            }
        }
        mask
    }

    fn holders_of(&self, key: LockKey) -> u32 {
        let holds = |task: &u8| self.of_tasks[usize::from(*task)].held.iter().any(|held| held.key == key);
        bits(self.unfinished).filter(holds).map(|task| 1 << task).sum()
    }

    /// Those of the blocked tasks that can never go on: the complement of what can be reached by running everything
    /// that can run.
    fn deadlocked(&self) -> u32 {
        let mut free = (self.unfinished & !self.blocked) | 1 << DISK;
        loop {
            let before = free;
            for task in bits(self.blocked & !free) {
                let Some(wait) = &self.of_tasks[usize::from(task)].wait else { continue };
                let blockers = self.blockers(task, wait);
                // A slot can come from any of its holders, a lock only from all that hold it or are queued before.
                let can = if wait.key == LockKey::Kmap { blockers & free != 0 } else { blockers & !free == 0 };
                if can {
                    free |= 1 << task;
                }
            }
            if free == before {
                return self.blocked & !free;
            }
        }
    }

    /// Called when `task` has just blocked.
    pub(crate) fn find_deadlock(&mut self, task: u8) {
        if self.passes_deadlocks {
            return;
        }
        let stuck = self.deadlocked();
        if stuck & 1 << task == 0 {
            return;
        }
        let cycle = self.cycle_from(task, stuck);
        let links: Vec<Link> = (0..cycle.len()).map(|at| self.link(&cycle, at)).collect();
        let notation = self.notation(&cycle);
        let step = self.clock;
        self.stop(Stop::Deadlock(Deadlock { step, cycle: links, notation }));
    }

    fn cycle_from(&self, task: u8, stuck: u32) -> Vec<u8> {
        let mut path = vec![task];
        let mut at = task;
        while let Some(wait) = self.of_tasks[usize::from(at)].wait {
            let Some(next) = bits(self.blockers(at, &wait) & stuck).next() else { break };
            if let Some(start) = path.iter().position(|it| *it == next) {
                path.drain(..start);
                return path;
            }
            path.push(next);
            at = next;
        }
        path
    }

    /// How the task at `at` holds what its predecessor in the cycle wants; a queued writer holds it by being queued.
    fn held_for(&self, cycle: &[u8], at: usize) -> Option<Held> {
        let previous = cycle[(at + cycle.len() - 1) % cycle.len()];
        let wanted = self.of_tasks[usize::from(previous)].wait?.key;
        self.of_tasks[usize::from(cycle[at])].held.iter().copied().find(|held| held.key == wanted)
    }

    fn link(&self, cycle: &[u8], at: usize) -> Link {
        let task = cycle[at];
        let wait = self.of_tasks[usize::from(task)].wait;
        let held = self.held_for(cycle, at);
        let (key, site) = wait.map_or((LockKey::Kmap, Site::AtRest), |wait| (wait.key, wait.site));
        Link {
            task: TaskId(task),
            operation: self.operation_of(task).unwrap_or(OperationId(0)),
            holds: self.lock_name(held.map_or(key, |held| held.key)),
            taken_at: held.map_or("queued for it as a writer", |held| held.site.as_str()).into(),
            taken_step: held.map_or(self.clock, |held| held.step),
            wants: self.lock_name(key),
            waits_at: site.as_str().into(),
        }
    }

    /// The listing's lines of what each task of the cycle holds and wants, matched with the three that the thread
    /// names.
    fn notation(&self, cycle: &[u8]) -> Notation {
        let line = |at: usize| {
            let wait = self.of_tasks[usize::from(cycle[at])].wait?;
            Some((self.held_for(cycle, at)?.site.line()?, wait.site.line()?))
        };
        let lines: Option<Vec<(char, char)>> = (0..cycle.len()).map(line).collect();
        match lines.as_deref() {
            Some([('2', '8')]) => Notation::SamePage,
            Some([('2', '8'), ('2', '8')]) => Notation::Crosswise,
            Some([('2', '6'), ('b', 'f')] | [('b', 'f'), ('2', '6')]) => Notation::MmapSem,
            _ => Notation::Other,
        }
    }

    /// A lock's name for people: `PL(0:1)` is the lock of page 1 of the first file.
    pub(crate) fn lock_name(&self, key: LockKey) -> String {
        let page_name = |page: PageId| match self.page(page).mapping {
            Some((file, index)) => format!("{}:{index}", file.0),
            None => format!("frame {}", page.0),
        };
        match key {
            LockKey::Inode(file) => format!("IM({})", file.0),
            LockKey::MmapSem(mm) => format!("MS({mm})"),
            LockKey::Page(page) => format!("PL({})", page_name(page)),
            LockKey::Buffer(page, block) => format!("BL({} block {block})", page_name(page)),
            LockKey::Writeback(page) => format!("writeback({})", page_name(page)),
            LockKey::KeepAway(page) => format!("keep-away({})", page_name(page)),
            LockKey::Unpaging(lock) => format!("unpaging({lock})"),
            LockKey::Journal => "JH".to_owned(),
            LockKey::Cluster(file) => format!("GL({})", file.0),
            LockKey::Kmap => "kmap".to_owned(),
        }
    }
}

const fn exclusive(holder: u8) -> u32 {
    if holder == NOBODY { 0 } else { 1 << holder }
}
