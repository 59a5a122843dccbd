//! Schedulers: who runs next. One a file, all on one trait.

mod case_given;
mod nonpreemptive;
mod pct;
mod sticky;
mod uniform;
mod urw;

pub use case_given::CaseGiven;
pub use nonpreemptive::Nonpreemptive;
pub use pct::Pct;
pub use sticky::Sticky;
pub use uniform::Uniform;
pub use urw::UniformRandomWalk;

use crate::runnable::Runnable;
use crate::runner::RunnerIndex;

/// Decides who runs next. The same scheduler is used for many runs: everything that it needs to know of one comes by
/// [`Scheduler::start`].
pub trait Scheduler {
    /// A run begins: how many operations each task has.
    fn start(&mut self, operations: &[u32]);

    /// Who runs next. `runnable` is not empty, and the answer is one of it; `previous` ran last.
    fn pick(&mut self, runnable: Runnable, previous: Option<RunnerIndex>) -> RunnerIndex;
}
