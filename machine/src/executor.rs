//! The executor: polls one task at a time, as a scheduler says, until all have finished or the machine stops.

use crate::kernel::Kernel;
use crate::lock::DISK;
use crate::scheduler::{CaseGiven, Runnable, RunnerIndex, Scheduler};
use case::{Runner, Slice};
use oracle::{OperationId, Stop};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};

pub(crate) type TaskFuture<'k> = Pin<Box<dyn Future<Output = ()> + 'k>>;

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

/// Runs the tasks. Returns the number of steps.
pub(crate) fn drive(
    kernel: &Kernel,
    tasks: &mut [TaskFuture<'_>],
    scheduler: &mut dyn Scheduler,
    recorder: &mut Recorder,
    work: u32,
) -> u32 {
    recorder.reset();
    let mut fair = CaseGiven::new(&[]);
    let mut context = Context::from_waker(Waker::noop());
    let wants_footprints = scheduler.wants_footprints();
    let (disturbed, limit) = (DISTURBED_STEPS + 32 * work, step_limit(work));
    let mut previous = None;
    let mut steps = 0;
    loop {
        let (runnable, unfinished, stopped) = kernel.with(|s| (Runnable(s.runnable()), s.unfinished, s.stopped));
        if stopped || unfinished == 0 {
            recorder.close(runnable);
            return steps;
        }
        if runnable.is_empty() {
            kernel.oops("every task waits, and nothing that they wait for is held");
            return steps;
        }
        if steps == disturbed {
            kernel.with(|s| s.plan.healed = true);
        }
        let runner =
            if steps < disturbed { scheduler.pick(runnable, previous) } else { fair.pick(runnable, previous) };
        debug_assert!(runnable.contains(runner));
        recorder.step(runner, runnable);
        steps += 1;
        if steps > limit {
            give_up(kernel);
            return steps;
        }
        make_step(kernel, tasks, runner, &mut context);
        previous = Some(runner);
        if wants_footprints {
            let footprint = kernel.with(|s| std::mem::take(&mut s.trace.footprint));
            scheduler.stepped(runner, footprint);
        }
    }
}

fn make_step(kernel: &Kernel, tasks: &mut [TaskFuture<'_>], runner: RunnerIndex, context: &mut Context<'_>) {
    kernel.with(|s| {
        s.clock += 1;
        s.current = runner;
        s.trace.mix(u64::from(runner));
        if runner == DISK {
            s.complete_oldest_request();
        }
    });
    if runner != DISK && tasks[usize::from(runner)].as_mut().poll(context).is_ready() {
        kernel.with(|s| s.unfinished &= !(1 << runner));
    }
}

/// Nothing disturbs any more, everybody had turns, and still a task does not finish: a livelock (L2).
fn give_up(kernel: &Kernel) {
    kernel.with(|s| {
        let task = s.unfinished.trailing_zeros() as u8;
        let operation = s.operation_of(task).unwrap_or(OperationId(0));
        let step = s.clock;
        s.stop(Stop::Livelock { operation, step });
    });
}
