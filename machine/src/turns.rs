//! Whose turn it is: asks the scheduler step by step, makes the steps of the disk, records the schedule, and ends the
//! run.

use crate::livelock::CycleDetector;
use crate::runner::{DISK, RunnerIndex};
use crate::scheduler::{CaseGiven, Runnable, Scheduler};
use crate::state::State;
use case::{Runner, Slice};
use oracle::{OperationId, Stop};

/// Steps after which no fault is injected any more and the scheduler becomes fair: from here on every task has to
/// finish.
const DISTURBED_STEPS: u32 = 3_000;

/// Steps in a row of one who goes in circles, after which the scheduler becomes fair: longer than the turns that a fair
/// one gives.
const STARVED_STEPS: u32 = 512;

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

    #[inline]
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
pub(crate) struct Turns<'r> {
    scheduler: &'r mut dyn Scheduler,
    fair: CaseGiven,
    recorder: &'r mut Recorder,
    cycles: &'r mut CycleDetector,
    previous: Option<RunnerIndex>,
    /// Whose turn it is: decided where the last step ended, mostly deep inside the task that made it.
    turn: Turn,
    steps: u32,
    /// The chances that there were for faults that may still come.
    chances: u32,
    /// The step from which on the fair scheduler decides.
    fair_from: u32,
    /// The step from which on no fault is injected.
    disturbed: u32,
    limit: u32,
}

impl std::fmt::Debug for Turns<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Turns").field("turn", &self.turn).field("steps", &self.steps).finish_non_exhaustive()
    }
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Undecided,
    Of(RunnerIndex),
    /// Nobody's: the run is over.
    Over,
}

impl<'r> Turns<'r> {
    pub fn new(
        scheduler: &'r mut dyn Scheduler,
        recorder: &'r mut Recorder,
        cycles: &'r mut CycleDetector,
        work: u32,
    ) -> Self {
        recorder.reset();
        Self {
            scheduler,
            fair: CaseGiven::new(&[]),
            recorder,
            cycles,
            previous: None,
            turn: Turn::Undecided,
            steps: 0,
            chances: 0,
            fair_from: DISTURBED_STEPS + 32 * work,
            disturbed: DISTURBED_STEPS + 32 * work,
            limit: step_limit(work),
        }
    }

    /// Whose turn it is now; `None` once the run is over. From here on the turn is not decided again until a step ends.
    #[inline]
    pub fn begin_turn(&mut self) -> Option<RunnerIndex> {
        match std::mem::replace(&mut self.turn, Turn::Undecided) {
            Turn::Of(runner) => Some(runner),
            Turn::Undecided | Turn::Over => None,
        }
    }

    /// A task was polled. One that has ended, or that the end of the machine left where it was, has not decided whose
    /// turn is next.
    #[inline]
    pub fn end_turn(&mut self, s: &mut State, finished: bool) {
        if finished || self.turn == Turn::Undecided {
            self.decide(s);
        }
    }

    /// How many steps were made.
    pub const fn steps(&self) -> u32 {
        self.steps
    }

    /// The running task's step ends here: true if the next one is its own as well. Then it need not find its way back
    /// to where it is.
    #[inline]
    pub fn goes_on(&mut self, s: &mut State) -> bool {
        let task = s.current;
        self.decide(s) == Turn::Of(task)
    }

    /// Decides who runs first.
    pub fn begin_run(&mut self, s: &mut State) {
        self.decide(s);
    }

    /// Decides whose turn is next. The disk's steps are made at once.
    fn decide(&mut self, s: &mut State) -> Turn {
        self.turn = loop {
            match self.begin(s) {
                Turn::Of(DISK) => _ = s.complete_oldest_request(),
                turn => break turn,
            }
        };
        self.turn
    }

    /// Begins a step: whose it is.
    #[inline]
    fn begin(&mut self, s: &mut State) -> Turn {
        let runnable = Runnable(s.runnable());
        if s.stopped || s.unfinished == 0 || runnable.is_empty() {
            return self.end(s, runnable);
        }
        if CycleDetector::is_due(self.steps) && self.goes_in_circles(s) {
            if self.cycles.all_circle(runnable.0) {
                give_up(s, runnable);
                return self.end(s, runnable);
            }
            // The others have to have their turns before that is a livelock.
            if self.recorder.steps >= STARVED_STEPS {
                self.fair_from = self.fair_from.min(self.steps);
            }
        }
        let runner = if self.steps < self.fair_from {
            self.scheduler.pick(runnable, self.previous)
        } else if self.steps < self.limit {
            s.plan.healed |= self.steps >= self.disturbed;
            self.fair.pick(runnable, self.previous)
        } else {
            give_up(s, runnable);
            return self.end(s, runnable);
        };
        debug_assert!(runnable.contains(runner));
        self.recorder.step(runner, runnable);
        self.steps += 1;
        self.previous = Some(runner);
        s.clock += 1;
        s.current = runner;
        s.trace.mix(u64::from(runner));
        Turn::Of(runner)
    }

    /// Whether the runner of the last step repeats itself, and brings no fault nearer that could end it.
    #[cold]
    fn goes_in_circles(&mut self, s: &mut State) -> bool {
        let step = s.trace.cut();
        let chances = s.plan.chances_of_what_may_strike();
        if chances != std::mem::replace(&mut self.chances, chances) {
            self.cycles.forget();
            return false;
        }
        self.previous.is_some_and(|runner| self.cycles.closes(runner, self.steps, step))
    }

    #[cold]
    fn end(&mut self, s: &mut State, runnable: Runnable) -> Turn {
        self.recorder.close(runnable);
        if !s.stopped && s.unfinished != 0 {
            s.oops("every task waits, and nothing that they wait for is held");
        }
        Turn::Over
    }
}

/// Nothing disturbs any more, everybody had turns, and still a task does not finish: a livelock (L2). It is that of a
/// task that runs, not of one that waits for it.
fn give_up(s: &mut State, runnable: Runnable) {
    let running = s.unfinished & runnable.0;
    let task = if running == 0 { s.unfinished } else { running }.trailing_zeros() as u8;
    let operation = s.operation_of(task).unwrap_or(OperationId(0));
    let step = s.clock;
    s.stop(Stop::Livelock { operation, step });
}
