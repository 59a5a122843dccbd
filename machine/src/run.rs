//! One run: a case and a strategy in, a history out. The machine is used again and again, and keeps its memory.

use crate::base::has_disk;
use crate::counters::Counters;
use crate::defect::{DefectSet, mended_in, mends_of};
use crate::executor::drive;
use crate::filesystem::BUILT;
use crate::kernel::Kernel;
use crate::state::State;
use crate::strategy::Strategy;
use crate::syscall::run_task;
use crate::trace::TracedEvent;
use case::{Case, Slice};
use oracle::History;
use schedule::{CycleDetector, Limits, Recorder, Scheduler, Turns};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

/// A simulated kernel.
#[derive(Debug)]
pub struct Machine {
    state: Box<State>,
    /// What every run mends, beside what its case says.
    mends: DefectSet,
    recorder: Recorder,
    cycles: CycleDetector,
    operations: Vec<u32>,
}

/// What a run left behind.
#[derive(Clone, Copy, Debug)]
pub struct Run<'m> {
    /// What the tasks called and saw.
    pub history: &'m History,
    /// How many steps the tasks and the disk made.
    pub steps: u32,
    /// The hash of everything that happened, in order: equal for equal runs.
    pub hash: u64,
    /// The schedule that replays it.
    pub schedule: &'m [Slice],
    /// Every event, if [`Machine::record`] was asked for.
    pub events: &'m [TracedEvent],
    /// What it cost.
    pub counters: Counters,
    /// The defects that the code was asked about: no other switch can change this run.
    pub asked: DefectSet,
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

impl Machine {
    /// A machine.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: Box::new(State::new()),
            mends: DefectSet::NONE,
            recorder: Recorder::default(),
            cycles: CycleDetector::new(),
            operations: Vec::new(),
        }
    }

    /// Whether runs keep every event from now on.
    pub fn record(&mut self, on: bool) {
        self.state.trace.recording = on;
    }

    /// From now on runs mend these defects, beside those that a case names.
    pub const fn mend(&mut self, defects: DefectSet) {
        self.mends = defects;
    }

    /// Whether runs stop at a deadlock (as they do unless told otherwise), or go on with the tasks that are not part of
    /// it until nobody can run: what the detection is tested against.
    #[doc(hidden)]
    pub fn stop_at_deadlocks(&mut self, stop: bool) {
        self.state.passes_deadlocks = !stop;
    }

    /// Whether runs stop as soon as a task is proved to go in circles (as they do unless told otherwise), or only at
    /// the step limit: what the proof is tested against.
    #[doc(hidden)]
    pub const fn stop_at_circles(&mut self, stop: bool) {
        self.cycles.stop_at_circles(stop);
    }

    /// Why this machine cannot run the case under the strategy; `None` if it can.
    #[must_use]
    pub fn refusal(case: &Case, strategy: &Strategy) -> Option<String> {
        let filesystem = case.filesystem;
        if let Err(name) = mended_in(case) {
            return Some(format!("there is no defect `{name}`"));
        }
        if !BUILT.iter().any(|(built, _)| *built == filesystem) {
            return Some(format!("the machine has no filesystem {} yet", filesystem.word()));
        }
        if strategy.form_for(case).is_none() {
            return Some(format!("{} does not run on this form of {}", strategy.id, filesystem.word()));
        }
        if !case.crashes() {
            return None;
        }
        if !has_disk(filesystem) {
            return Some(format!("nothing of {} outlives a crash", filesystem.word()));
        }
        case.begins_dirty().then(|| "a case that crashes begins with nothing dirty".to_owned())
    }

    /// Runs a valid case that [`Machine::refusal`] does not refuse.
    pub fn run(&mut self, case: &Case, strategy: &Strategy, scheduler: &mut dyn Scheduler) -> Run<'_> {
        let form = strategy.form_for(case).unwrap_or(case::Form::PrepareWrite);
        self.operations.clear();
        self.operations.extend(case.tasks.iter().map(|task| task.operations.len() as u32));
        scheduler.start(&self.operations);
        self.state.mends = mends_of(case).union(self.mends);
        self.state.asked = DefectSet::NONE;
        self.state.unmap_lock = strategy.unmap_lock;
        self.state.start(case, form);
        let (steps, hash) = self.run_tasks(case, strategy, scheduler);
        Run {
            history: &self.state.history,
            steps,
            hash,
            schedule: self.recorder.schedule(),
            events: &self.state.trace.events,
            counters: self.state.counters,
            asked: self.state.asked,
        }
    }

    fn run_tasks(&mut self, case: &Case, strategy: &Strategy, scheduler: &mut dyn Scheduler) -> (u32, u64) {
        let turns = Turns::new(scheduler, &mut self.recorder, &mut self.cycles, Limits::of(case));
        let kernel = &Kernel::new(&mut self.state, turns);
        let mut first = 0_u8;
        let mut tasks = Vec::with_capacity(case.tasks.len());
        for task in &case.tasks {
            tasks.push(Box::pin(run_task(kernel, &task.operations, first, strategy)));
            first += task.operations.len() as u8;
        }
        let steps = drive(kernel, &mut tasks);
        let hash = kernel.with(|s| s.trace.hash());
        look_at_rest(kernel);
        (steps, hash)
    }
}

/// Looks at every file once more, unless the machine has stopped.
fn look_at_rest(kernel: &Kernel<'_>) {
    if kernel.with(|s| s.stopped) {
        return;
    }
    if kernel.with(|s| s.crashed) {
        return kernel.look_after_crash();
    }
    // What the look costs is not the case's; its events are nobody's.
    let (recording, counters) = kernel.with(|s| (std::mem::replace(&mut s.trace.recording, false), s.counters));
    kernel.set_quiet();
    let look = pin!(kernel.look_at_rest());
    let finished = look.poll(&mut Context::from_waker(Waker::noop())).is_ready();
    kernel.with(|s| {
        s.trace.recording = recording;
        s.counters = counters;
        if !finished {
            s.oops("the look at rest could not go on");
        }
    });
}
