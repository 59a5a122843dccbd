//! The processors that the threads of a run use: a single one, unless they race. On a single one, switching from task
//! to task needs no interrupt to another processor, and a file's pages are queued on that processor alone, so that
//! dropping them waits for no other.

use rustix::thread::{CpuSet, Pid, sched_getaffinity, sched_setaffinity};

/// The processors of this process.
#[derive(Debug)]
pub(crate) struct Affinity {
    all: CpuSet,
    one: CpuSet,
    /// Whether threads use all processors now, and how many threads were placed.
    now: (bool, usize),
}

impl Affinity {
    /// The processors that this process may use; `number` chooses the one.
    pub fn new(number: u64) -> rustix::io::Result<Self> {
        let all = sched_getaffinity(None)?;
        let usable: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|cpu| all.is_set(*cpu)).collect();
        let mut one = CpuSet::new();
        one.set(usable[number as usize % usable.len().max(1)]);
        Ok(Self { all, one, now: (true, 0) })
    }

    /// Places the calling thread and these threads.
    pub fn place(&mut self, racing: bool, threads: impl ExactSizeIterator<Item = u32>) {
        if self.now == (racing, threads.len()) {
            return;
        }
        self.now = (racing, threads.len());
        let set = if racing { &self.all } else { &self.one };
        let numbers = threads.filter_map(|it| Pid::from_raw(it.cast_signed())).map(Some).chain([None]);
        for thread in numbers {
            // If this is not permitted, a run is slower, and nothing else changes.
            let _ = sched_setaffinity(thread, set);
        }
    }
}
