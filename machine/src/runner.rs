//! Who can run: tasks by their number in the case, the disk, and the look at rest.

/// A runner's number: a task's index in the case, [`DISK`], or 30 for the look at rest.
pub type RunnerIndex = u8;

/// The disk as a runner: each of its steps completes the oldest request. It holds the locks of pages that are being
/// read.
pub const DISK: RunnerIndex = 31;
/// The look at rest: every file once more, after the run.
pub(crate) const REST: RunnerIndex = 30;
/// Nobody: the holder of a lock that is free.
pub(crate) const NOBODY: RunnerIndex = RunnerIndex::MAX;
/// One more than the highest number of a runner.
pub(crate) const MAX_RUNNERS: usize = 32;
