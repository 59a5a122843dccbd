//! Who can run: tasks by their number in the case, the disk, and the look at rest.

use case::Runner;

/// A runner's number: a task's index in the case, [`DISK`], or [`REST`].
pub type RunnerIndex = u8;

/// The disk as a runner: each of its steps completes the oldest request. It holds the locks of pages that are being
/// read.
pub const DISK: RunnerIndex = 31;
/// The look at rest: every file once more, after the run.
pub const REST: RunnerIndex = 30;
/// One more than the highest number of a runner.
pub const MAX_RUNNERS: usize = 32;

/// A runner as a schedule names it.
pub(crate) fn named(runner: RunnerIndex) -> Runner {
    if runner == DISK { Runner::Disk } else { Runner::Task(usize::from(runner)) }
}
