//! What the threads of a hunt share: when to stop, how far they are, and who makes which finding small.

use super::causes::Symptom;
use super::search::Work;
use super::{Hunt, Reached, is_set};
use crate::cause::Cause;
use crate::judge::Signature;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What the threads of a hunt share.
#[derive(Debug)]
pub(super) struct Shared<'h> {
    /// Set from outside.
    interrupted: &'h AtomicBool,
    /// A limit is reached.
    finished: AtomicBool,
    pub next_thread: AtomicU64,
    pub last_case: u64,
    cases: AtomicU64,
    steps: AtomicU64,
    unanswered: AtomicU64,
    claimed: Mutex<BTreeSet<Claim>>,
    /// Nanoseconds.
    attribution: AtomicU64,
    pub reached: Mutex<Reached>,
}

/// Ends a hunt when it is dropped.
pub(super) struct StopsWhenDropped<'s, 'h>(pub &'s Shared<'h>);

impl Drop for StopsWhenDropped<'_, '_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// What only one thread makes small, and only once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    /// Something explained, once for each symptom of a cause.
    Explained(Cause, Symptom),
    /// The first under the headword of its cause.
    First(&'static str),
    /// Something unexplained.
    Unexplained(Signature),
    /// A panic under a strategy or in a subject, by its message.
    Panic(&'static str, String),
}

impl<'h> Shared<'h> {
    pub fn new(hunt: &Hunt, interrupted: &'h AtomicBool) -> Self {
        Self {
            interrupted,
            finished: AtomicBool::new(false),
            next_thread: AtomicU64::new(0),
            last_case: hunt.limits.cases.unwrap_or(u64::MAX),
            cases: AtomicU64::new(0),
            steps: AtomicU64::new(0),
            unanswered: AtomicU64::new(0),
            claimed: Mutex::default(),
            attribution: AtomicU64::new(0),
            reached: Mutex::default(),
        }
    }

    pub fn stop(&self) {
        self.finished.store(true, Ordering::Relaxed);
    }

    pub fn work(&self) -> Work {
        let load = |it: &AtomicU64| it.load(Ordering::Relaxed);
        Work { cases: load(&self.cases), steps: load(&self.steps), unanswered: load(&self.unanswered) }
    }

    /// Where the runs were, once all threads are done.
    pub fn reached(self) -> Reached {
        self.reached.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn is_over(&self) -> bool {
        is_set(self.interrupted) || is_set(&self.finished)
    }

    pub fn add(&self, work: Work) {
        self.cases.fetch_add(work.cases, Ordering::Relaxed);
        self.steps.fetch_add(work.steps, Ordering::Relaxed);
        self.unanswered.fetch_add(work.unanswered, Ordering::Relaxed);
    }

    pub fn add_attribution(&self, time: Duration) {
        self.attribution.fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
    }

    pub fn attribution(&self) -> Duration {
        Duration::from_nanos(self.attribution.load(Ordering::Relaxed))
    }

    /// Whether nobody has claimed this before.
    pub fn claim(&self, claim: Claim) -> bool {
        self.claimed.lock().unwrap_or_else(PoisonError::into_inner).insert(claim)
    }
}
