//! On which processors the threads of a run are: all on one, unless they are to race. A hand-over from task to task is then a switch and no
//! call across, and what a file's pages are queued on is that processor's alone, so that dropping them waits for no other.

use rustix::thread::{CpuSet, Pid, sched_getaffinity, sched_setaffinity};

/// The processors of this process.
#[derive(Debug)]
pub(crate) struct Affinity {
    all: CpuSet,
    one: CpuSet,
    /// Where threads are now, and how many of them have been told.
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

    /// Puts the calling thread and these where they belong.
    pub fn place(&mut self, racing: bool, threads: impl ExactSizeIterator<Item = u32>) {
        if self.now == (racing, threads.len()) {
            return;
        }
        self.now = (racing, threads.len());
        let set = if racing { &self.all } else { &self.one };
        let numbers = threads.filter_map(|it| Pid::from_raw(it.cast_signed())).map(Some).chain([None]);
        for thread in numbers {
            // Where it may not, a run is slower and nothing else.
            let _ = sched_setaffinity(thread, set);
        }
    }
}
