//! The executor: polls one task at a time, as a scheduler says, until all have finished or the machine stops.

use crate::kernel::Kernel;
use crate::lock::DISK;
use crate::scheduler::{CaseGiven, Runnable, RunnerIndex, Scheduler};
use crate::state::State;
use case::{Runner, Slice};
use oracle::{OperationId, Stop};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};

/// Steps after which no fault is injected any more and the scheduler becomes fair: from here on every task has to finish.
const DISTURBED_STEPS: u32 = 3_000;

/// Records who ran for how long, as a schedule that replays the run.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    pub slices: Vec<Slice>,
    last: Option<RunnerIndex>,
    steps: u32,
}

impl Recorder {
    fn reset(&mut self) {
        self.slices.clear();
        self.last = None;
        self.steps = 0;
    }

    fn step(&mut self, runner: RunnerIndex, runnable: Runnable) {
        if self.last != Some(runner) {
            self.close(runnable);
            self.last = Some(runner);
        }
        self.steps += 1;
    }

    /// Ends the current turn: it was cut short if its runner could have gone on.
    fn close(&mut self, runnable: Runnable) {
        if let Some(last) = self.last.take() {
            let runner = if last == DISK { Runner::Disk } else { Runner::Task(usize::from(last)) };
            let steps = runnable.contains(last).then_some(self.steps);
            self.slices.push(Slice { runner, steps });
        }
        self.steps = 0;
    }
}

/// Steps that a machine may take in all: enough for the largest write to go cell by cell, and then as much again.
const fn step_limit(work: u32) -> u32 {
    DISTURBED_STEPS + 2_000 + 64 * work
}

/// Says who runs, step by step.
struct Turns<'a> {
    scheduler: &'a mut dyn Scheduler,
    fair: CaseGiven,
    recorder: &'a mut Recorder,
    previous: Option<RunnerIndex>,
    steps: u32,
    /// The step from which on the fair scheduler decides, and nothing disturbs.
    disturbed: u32,
    limit: u32,
}

impl Turns<'_> {
    /// Begins a step: whose it is, or `None` if there is none any more. The disk's step is made at once.
    fn begin(&mut self, s: &mut State) -> Option<RunnerIndex> {
        let runnable = Runnable(s.runnable());
        if s.stopped || s.unfinished == 0 {
            self.recorder.close(runnable);
            return None;
        }
        if runnable.is_empty() {
            self.recorder.close(runnable);
            s.oops("every task waits, and nothing that they wait for is held");
            return None;
        }
        if self.steps == self.disturbed {
            s.plan.healed = true;
        }
        let runner = if self.steps < self.disturbed {
            self.scheduler.pick(runnable, self.previous)
        } else {
            self.fair.pick(runnable, self.previous)
        };
        debug_assert!(runnable.contains(runner));
        self.recorder.step(runner, runnable);
        self.steps += 1;
        self.previous = Some(runner);
        if self.steps > self.limit {
            self.recorder.close(runnable);
            give_up(s);
            return None;
        }
        s.clock += 1;
        s.current = runner;
        s.trace.mix(u64::from(runner));
        if runner == DISK {
            s.complete_oldest_request();
        }
        Some(runner)
    }
}

/// Runs the tasks. Returns the number of steps. (The tasks are all of one type, so that what drives them can contain them.)
pub(crate) fn drive<F: Future<Output = ()>>(
    kernel: &Kernel,
    tasks: &mut [Pin<Box<F>>],
    scheduler: &mut dyn Scheduler,
    recorder: &mut Recorder,
    work: u32,
) -> u32 {
    recorder.reset();
    let mut context = Context::from_waker(Waker::noop());
    let wants_footprints = scheduler.wants_footprints();
    let mut turns = Turns {
        scheduler,
        fair: CaseGiven::new(&[]),
        recorder,
        previous: None,
        steps: 0,
        disturbed: DISTURBED_STEPS + 32 * work,
        limit: step_limit(work),
    };
    while let Some(runner) = kernel.with(|s| turns.begin(s)) {
        if runner != DISK && tasks[usize::from(runner)].as_mut().poll(&mut context).is_ready() {
            kernel.with(|s| s.unfinished &= !(1 << runner));
        }
        if wants_footprints {
            let footprint = kernel.with(|s| std::mem::take(&mut s.trace.footprint));
            turns.scheduler.stepped(runner, footprint);
        }
    }
    turns.steps
}

/// Nothing disturbs any more, everybody had turns, and still a task does not finish: a livelock (L2).
fn give_up(s: &mut State) {
    let task = s.unfinished.trailing_zeros() as u8;
    let operation = s.operation_of(task).unwrap_or(OperationId(0));
    s.stop(Stop::Livelock { operation, step: s.clock });
}
