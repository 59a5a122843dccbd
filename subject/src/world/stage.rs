//! A subject as a stage: what whoever decides whose turn it is knows of it, and does to it.

use super::World;
use super::trace::Kind;
use oracle::{OperationId, Stop};
use schedule::{DISK, Runnable, RunnerIndex, Stage};

impl Stage for World {
    #[inline]
    fn runnable(&self) -> Runnable {
        Runnable::from_mask(self.unfinished & !self.blocked | u32::from(self.disk.is_busy()) << DISK)
    }

    #[inline]
    fn unfinished(&self) -> u32 {
        self.unfinished
    }

    #[inline]
    fn has_stopped(&self) -> bool {
        self.stopped
    }

    #[inline]
    fn current(&self) -> RunnerIndex {
        self.current
    }

    #[inline]
    fn begin_step(&mut self, runner: RunnerIndex) {
        self.clock += 1;
        self.current = runner;
        self.trace.mix(Kind::Step, u64::from(runner));
    }

    fn step_disk(&mut self) {
        self.complete_oldest_request();
    }

    fn cut(&mut self) -> u64 {
        self.trace.cut()
    }

    fn chances(&self) -> u32 {
        self.plan.chances_of_what_may_strike()
    }

    fn heal(&mut self) {
        self.plan.healed = true;
    }

    fn all_wait(&mut self) {
        let deadlock = self.all_that_wait();
        self.stop(Stop::Deadlock(deadlock));
    }

    fn goes_on_for_ever(&mut self, task: RunnerIndex) {
        let operation = self.tasks[usize::from(task)].operation.unwrap_or(OperationId(0));
        let step = self.clock;
        self.stop(Stop::Livelock { operation, step });
    }
}
