//! The schedule that a case gives; after its end the sequential run, fair in the long run.

use super::Scheduler;
use crate::runnable::Runnable;
use crate::runner::{DISK, RunnerIndex};
use case::{Runner, Slice};

/// Steps after which even the sequential run lets another task go on, so that two tasks that wait for each other's
/// progress make some.
const FAIR_TURN: u32 = 256;

/// Plays a case's schedule. When it ends, whoever runs goes on until it blocks; the disk answers when nobody else is
/// running; then the next task runs, in order.
#[derive(Debug, Default)]
pub struct CaseGiven {
    slices: Vec<Slice>,
    next: usize,
    /// Who has the turn, and how many steps of it are left.
    turn: Option<(RunnerIndex, u32)>,
    last_task: RunnerIndex,
    in_a_row: u32,
}

impl CaseGiven {
    /// A scheduler for this schedule.
    #[must_use]
    pub fn new(schedule: &[Slice]) -> Self {
        Self { slices: schedule.to_vec(), ..Self::default() }
    }

    /// Takes another schedule.
    pub fn set(&mut self, schedule: &[Slice]) {
        self.slices.clear();
        self.slices.extend_from_slice(schedule);
    }

    fn scheduled(&mut self, runnable: Runnable) -> Option<RunnerIndex> {
        loop {
            if let Some((runner, left)) = self.turn {
                if left > 0 && runnable.contains(runner) {
                    self.turn = Some((runner, left - 1));
                    return Some(runner);
                }
                self.turn = None;
            }
            let slice = self.slices.get(self.next)?;
            self.next += 1;
            let runner = match slice.runner {
                Runner::Task(task) => task as RunnerIndex,
                Runner::Disk => DISK,
            };
            self.turn = Some((runner, slice.steps.unwrap_or(u32::MAX)));
        }
    }

    fn sequential(&mut self, runnable: Runnable) -> RunnerIndex {
        self.in_a_row += 1;
        if runnable.contains(self.last_task) && self.in_a_row < FAIR_TURN {
            return self.last_task;
        }
        if runnable.contains(DISK) {
            return DISK;
        }
        self.in_a_row = 0;
        runnable.after(self.last_task)
    }
}

impl Scheduler for CaseGiven {
    fn start(&mut self, _operations: &[u32]) {
        self.next = 0;
        self.turn = None;
        self.last_task = 0;
        self.in_a_row = 0;
    }

    fn pick(&mut self, runnable: Runnable, _previous: Option<RunnerIndex>) -> RunnerIndex {
        let runner = self.scheduled(runnable).unwrap_or_else(|| self.sequential(runnable));
        if runner != DISK {
            self.last_task = runner;
        }
        runner
    }
}
