//! How long a run may take: from which step on nothing disturbs it, the turns are fair, and nobody believes any more
//! that it ends.

use case::{Case, TaskOperation};

/// Steps after which no fault is injected any more and the scheduler becomes fair: from here on every task has to
/// finish.
const DISTURBED_STEPS: u32 = 3_000;

/// The limits of a run.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The step from which on no fault is injected and the turns are fair.
    pub(crate) disturbed: u32,
    /// The step that is the last.
    pub(crate) steps: u32,
    /// The most segments that a write has.
    pub(crate) segments: usize,
}

impl Limits {
    /// The limits for a case: enough for its largest write to go cell by cell, and then as much again.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        let work = work_of(case);
        Self {
            disturbed: DISTURBED_STEPS + 32 * work,
            steps: DISTURBED_STEPS + 2_000 + 64 * work,
            segments: segments_of(case),
        }
    }
}

/// The most segments that a write has.
fn segments_of(case: &Case) -> usize {
    let operations = case.tasks.iter().flat_map(|task| &task.operations);
    let segments = operations.map(|it| match it {
        TaskOperation::Write { segments, .. } | TaskOperation::Append { segments, .. } => segments.len(),
        _ => 0,
    });
    segments.max().unwrap_or(0)
}

/// A measure of how much there is to do: segments and pages of all operations.
fn work_of(case: &Case) -> u32 {
    let mut work = 0;
    for operation in case.tasks.iter().flat_map(|task| &task.operations) {
        work += 1;
        if let TaskOperation::Write { segments, .. } | TaskOperation::Append { segments, .. } = operation {
            work += segments.len() as u32;
        }
    }
    work
}
