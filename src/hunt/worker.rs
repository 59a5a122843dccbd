//! One of the threads of a hunt: takes batches, and shows a finder what they show.

use super::causes::Symptom;
use super::finder::Finder;
use super::pool::Pool;
use super::search::{BATCH, Search, Work};
use super::{Event, Field, Hunt, Reached, is_set};
use crate::cause::Cause;
use crate::judge::Signature;
use machine::DefectSet;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// One turn of a strategy of so many runs with everything mended. No multiple of how often cases are generated: some of these turns are bred.
const TURNS: u64 = 5;

/// What the threads of a hunt share.
#[derive(Debug)]
pub(super) struct Shared<'h> {
    /// Set from outside.
    interrupted: &'h AtomicBool,
    /// A limit is reached.
    finished: AtomicBool,
    next_thread: AtomicU64,
    last_case: u64,
    cases: AtomicU64,
    steps: AtomicU64,
    claimed: Mutex<BTreeSet<Claim>>,
    /// Nanoseconds.
    attribution: AtomicU64,
    reached: Mutex<Reached>,
}

/// What only one thread makes small, and only once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    /// Something explained, once for each symptom of a cause.
    Explained(Cause, Symptom),
    /// The first of a cause.
    First(Cause),
    /// Something unexplained.
    Unexplained(Signature),
    /// A panic under a strategy, by its message.
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
            claimed: Mutex::default(),
            attribution: AtomicU64::new(0),
            reached: Mutex::default(),
        }
    }

    pub fn stop(&self) {
        self.finished.store(true, Ordering::Relaxed);
    }

    pub fn work(&self) -> (u64, u64) {
        (self.cases.load(Ordering::Relaxed), self.steps.load(Ordering::Relaxed))
    }

    /// Where the runs were, once all threads are done.
    pub fn reached(self) -> Reached {
        self.reached.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        is_set(self.interrupted) || is_set(&self.finished)
    }

    fn add(&self, work: Work) {
        self.cases.fetch_add(work.cases, Ordering::Relaxed);
        self.steps.fetch_add(work.steps, Ordering::Relaxed);
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

/// Takes each `jobs`th batch until the hunt is over: each thread breeds from what it has found itself, so that no thread's luck is another's.
pub(super) fn work(hunt: &Hunt, shared: &Shared<'_>, sender: &Sender<Event>) {
    let mut search = Search::new(&hunt.field);
    let mut finder = Finder::new(hunt, shared, sender);
    let mut pool = Pool::default();
    let mut number = shared.next_thread.fetch_add(1, Ordering::Relaxed);
    while !shared.is_over() {
        let runs = shared.last_case.saturating_sub(number.saturating_mul(BATCH));
        if runs == 0 {
            break;
        }
        finder.mends = hunt.field.mends_of(number);
        search.mend(finder.mends);
        let work = search.batch(number, runs, &pool, &mut |sighting| {
            if let Some(sighting) = sighting {
                finder.look_at(sighting);
            }
            if shared.is_over() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        shared.add(work);
        finder.parents.drain(..).for_each(|(strategy, case)| pool.add(strategy, case));
        number += hunt.jobs.max(1) as u64;
    }
    let mut reached = shared.reached.lock().unwrap_or_else(PoisonError::into_inner);
    reached.searched.merge(&search.searched);
    for (cause, times) in finder.causes.sightings() {
        *reached.sightings.entry(cause.clone()).or_default() += times;
    }
    if let Some(coverage) = search.reached() {
        reached.coverage.get_or_insert_default().merge(&coverage);
    }
}

impl Field {
    /// What the runs of a batch mend: in one turn of each strategy of so many, everything.
    fn mends_of(&self, batch: u64) -> DefectSet {
        let turn = batch / self.strategies.len() as u64;
        if turn % TURNS == TURNS - 1 { DefectSet::ALL } else { self.mends }
    }
}
