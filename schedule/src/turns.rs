//! Whose turn it is: asks the scheduler step by step, makes the steps of the disk, records the schedule, and ends the
//! run.

use crate::limits::Limits;
use crate::livelock::CycleDetector;
use crate::recorder::Recorder;
use crate::runnable::Runnable;
use crate::runner::{DISK, RunnerIndex};
use crate::scheduler::{CaseGiven, Scheduler};
use crate::stage::Stage;

/// Steps in a row of one who goes in circles, after which the scheduler becomes fair: longer than the turns that a fair
/// one gives.
const STARVED_STEPS: u32 = 512;

/// Says who runs, step by step.
pub struct Turns<'r> {
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
    /// The turns of a run that begins: of a case's tasks, with so many operations each.
    pub fn new(
        scheduler: &'r mut dyn Scheduler,
        recorder: &'r mut Recorder,
        cycles: &'r mut CycleDetector,
        limits: Limits,
    ) -> Self {
        recorder.reset();
        cycles.reset(limits.segments);
        Self {
            scheduler,
            fair: CaseGiven::new(&[]),
            recorder,
            cycles,
            previous: None,
            turn: Turn::Undecided,
            steps: 0,
            chances: 0,
            fair_from: limits.disturbed,
            disturbed: limits.disturbed,
            limit: limits.steps,
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
    pub fn end_turn(&mut self, s: &mut impl Stage, finished: bool) {
        if finished || self.turn == Turn::Undecided {
            self.decide(s);
        }
    }

    /// How many steps were made.
    #[must_use]
    pub const fn steps(&self) -> u32 {
        self.steps
    }

    /// The running task's step ends here: true if the next one is its own as well. Then it need not find its way back
    /// to where it is.
    #[inline]
    pub fn goes_on(&mut self, s: &mut impl Stage) -> bool {
        let task = s.current();
        self.decide(s) == Turn::Of(task)
    }

    /// Decides who runs first.
    pub fn begin_run(&mut self, s: &mut impl Stage) {
        self.decide(s);
    }

    /// Decides whose turn is next. The disk's steps are made at once.
    fn decide(&mut self, s: &mut impl Stage) -> Turn {
        self.turn = loop {
            match self.begin(s) {
                Turn::Of(DISK) => s.step_disk(),
                turn => break turn,
            }
        };
        self.turn
    }

    /// Begins a step: whose it is.
    #[inline]
    fn begin(&mut self, s: &mut impl Stage) -> Turn {
        let runnable = s.runnable();
        if s.has_stopped() || s.unfinished() == 0 || runnable.is_empty() {
            return self.end(s, runnable);
        }
        if CycleDetector::is_due(self.steps) && self.goes_in_circles(s) {
            if self.cycles.all_circle(runnable) {
                give_up(s, runnable);
                return self.end(s, runnable);
            }
            // The others have to have their turns before that is a livelock.
            if self.recorder.in_a_row() >= STARVED_STEPS {
                self.fair_from = self.fair_from.min(self.steps);
            }
        }
        let runner = if self.steps < self.fair_from {
            self.scheduler.pick(runnable, self.previous)
        } else if self.steps < self.limit {
            if self.steps >= self.disturbed {
                s.heal();
            }
            self.fair.pick(runnable, self.previous)
        } else {
            give_up(s, runnable);
            return self.end(s, runnable);
        };
        debug_assert!(runnable.contains(runner));
        self.recorder.step(runner, runnable);
        self.steps += 1;
        self.previous = Some(runner);
        s.begin_step(runner);
        Turn::Of(runner)
    }

    /// Whether the runner of the last step repeats itself, and brings no fault nearer that could end it.
    #[cold]
    fn goes_in_circles(&mut self, s: &mut impl Stage) -> bool {
        let step = s.cut();
        let chances = s.chances();
        if chances != std::mem::replace(&mut self.chances, chances) {
            self.cycles.forget();
            return false;
        }
        self.previous.is_some_and(|runner| self.cycles.closes(runner, self.steps, step))
    }

    #[cold]
    fn end(&mut self, s: &mut impl Stage, runnable: Runnable) -> Turn {
        self.recorder.close(runnable);
        if !s.has_stopped() && s.unfinished() != 0 {
            s.all_wait();
        }
        Turn::Over
    }
}

/// Nothing disturbs any more, everybody had turns, and still a task does not finish. It is one that runs, not one that
/// waits for it.
fn give_up(s: &mut impl Stage, runnable: Runnable) {
    let running = s.unfinished() & runnable.mask();
    let task = if running == 0 { s.unfinished() } else { running }.trailing_zeros();
    s.goes_on_for_ever(task as RunnerIndex);
}
