//! What is run step by step: the simulated kernel, or somebody else's cache.

use crate::runnable::Runnable;
use crate::runner::RunnerIndex;

/// What [`crate::Turns`] has to know of what runs, and does to it.
pub trait Stage {
    /// Who can make a step now.
    fn runnable(&self) -> Runnable;

    /// The tasks that have not finished, as a bit mask.
    fn unfinished(&self) -> u32;

    /// Whether something has ended the run.
    fn has_stopped(&self) -> bool;

    /// Who made the last step.
    fn current(&self) -> RunnerIndex;

    /// A step of this runner begins.
    fn begin_step(&mut self, runner: RunnerIndex);

    /// Makes the step of the disk: its oldest request completes.
    fn step_disk(&mut self);

    /// A hash of what happened since this was asked the last time.
    fn cut(&mut self) -> u64;

    /// How many chances there were for the injected faults that are still to come.
    fn chances(&self) -> u32;

    /// From here on no fault is injected.
    fn heal(&mut self);

    /// Nobody can run, and not all have finished.
    fn all_wait(&mut self);

    /// This task never finishes, although nothing is in its way: a livelock (L2).
    fn goes_on_for_ever(&mut self, task: RunnerIndex);
}
