//! Whose turn it is: what every backend that runs cases step by step has in common.
//!
//! A backend (the simulated kernel, somebody else's cache) is a [`Stage`]: it says who can run, and makes their steps.
//! [`Turns`] asks a [`Scheduler`] before each step, writes down what it says as a schedule that replays the run, and
//! ends the run: when all have finished, when one goes in circles for ever, or at a limit of steps. What a case says of
//! the beginning of a history is [`start::begin_history`].
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod bits;
mod fault_plan;
mod limits;
mod livelock;
mod portfolio;
mod recorder;
mod runnable;
mod runner;
mod scheduler;
mod stage;
pub mod start;
mod tape;
mod turns;

pub use fault_plan::FaultPlan;
pub use limits::Limits;
pub use livelock::CycleDetector;
pub use portfolio::{Portfolio, Way};
pub use recorder::Recorder;
pub use runnable::Runnable;
pub use runner::{DISK, MAX_RUNNERS, REST, RunnerIndex};
pub use scheduler::{CaseGiven, Nonpreemptive, Pct, Scheduler, Sticky, Uniform, UniformRandomWalk};
pub use stage::Stage;
pub use tape::Tape;
pub use turns::Turns;
