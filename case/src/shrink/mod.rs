//! The shrinker. It removes tasks, operations, segments, faults and turns; then memories and files; then special
//! properties of the files, the memory and the machine; then it makes operations plainer and numbers smaller. It
//! repeats all of this until nothing changes, and finally proves that no single operation, segment, fault or turn can
//! be removed.
//!
//! A candidate is accepted only if it still fails *and* is smaller by [`measure`]. So shrinking terminates, and
//! always gives the same case.

mod cut;
mod measure;
mod numbers;
mod plainer;
mod prove;
mod remove;
mod reschedule;
mod schedule;
mod state;
#[cfg(test)]
mod tests;

pub use schedule::simplify_schedule;

use crate::generate::role;
use crate::mutate::{fix, rename};
use crate::parts::remove_task;
use crate::{Abilities, Case, Runner};
pub use measure::{Measure, measure};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The result of shrinking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// The smallest case found that still fails.
    pub case: Case,
    /// How many cases were run.
    pub tried: u64,
    /// Whether it is proved that no operation, segment, fault or turn can be removed; false only if the case did not
    /// fail in the first place.
    pub minimal: bool,
}

/// The progress of shrinking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Cases run so far.
    pub tried: u64,
    /// Operations left.
    pub operations: usize,
    /// Turns in the schedule left.
    pub slices: usize,
}

/// Runs that may be spent before the proof.
const BUDGET: u64 = 8000;

/// Makes the case as small as possible while `still_fails` returns true. That must be a pure function and mean the
/// same failure: the same strategy, class and rule. `progress` is called after every accepted step.
pub fn shrink(case: &Case, still_fails: &mut dyn FnMut(&Case) -> bool, progress: &mut dyn FnMut(&Progress)) -> Shrunk {
    let Some(mut shrinker) = Shrinker::new(case, BUDGET, still_fails, progress) else {
        return Shrunk { case: Case { minimal: false, ..case.clone() }, tried: 1, minimal: false };
    };
    loop {
        shrinker.reach_fixed_point();
        // In another order a shorter schedule may do.
        if !shrinker.canonical() && shrinker.prove() {
            break;
        }
    }
    shrinker.best.minimal = true;
    Shrunk { case: shrinker.best, tried: shrinker.tried, minimal: true }
}

/// The same within a budget of runs and without the proof: for reducing many cases when none has to be minimal.
pub fn shrink_within(budget: u64, case: &Case, still_fails: &mut dyn FnMut(&Case) -> bool) -> Case {
    let mut progress = |_: &Progress| {};
    match Shrinker::new(case, budget, still_fails, &mut progress) {
        Some(mut shrinker) => {
            shrinker.reach_fixed_point();
            shrinker.best
        }
        None => Case { minimal: false, ..case.clone() },
    }
}

/// [`shrink`] for whoever has these abilities: what they know nothing of is taken away first, and no candidate is run
/// that they cannot run. A case that does not fail without what they know nothing of stays as it is.
pub fn shrink_for(
    abilities: &Abilities,
    case: &Case,
    still_fails: &mut dyn FnMut(&Case) -> bool,
    progress: &mut dyn FnMut(&Progress),
) -> Shrunk {
    let mut narrowed = case.clone();
    abilities.narrow(&mut narrowed);
    let mut still_fails = |candidate: &Case| abilities.refusal(candidate).is_none() && still_fails(candidate);
    let shrunk = shrink(&narrowed, &mut still_fails, progress);
    if shrunk.minimal {
        return shrunk;
    }
    Shrunk { case: Case { minimal: false, ..case.clone() }, ..shrunk }
}

/// A case getting smaller.
struct Shrinker<'f> {
    best: Case,
    least: Measure,
    still_fails: &'f mut dyn FnMut(&Case) -> bool,
    progress: &'f mut dyn FnMut(&Progress),
    tried: u64,
    /// Runs that may be spent before the proof.
    budget: u64,
    /// Hashes of the cases that did not fail: passes try them again in every round.
    refused: BTreeSet<u64>,
}

impl<'f> Shrinker<'f> {
    /// `None` if the case does not fail to begin with.
    fn new(
        case: &Case,
        budget: u64,
        still_fails: &'f mut dyn FnMut(&Case) -> bool,
        progress: &'f mut dyn FnMut(&Progress),
    ) -> Option<Self> {
        let best = Case { minimal: false, ..case.clone() };
        let least = measure(&best);
        still_fails(&best).then_some(Self {
            best,
            least,
            still_fails,
            progress,
            tried: 1,
            budget,
            refused: BTreeSet::new(),
        })
    }

    /// All passes, until a whole round of them changes nothing.
    fn reach_fixed_point(&mut self) {
        loop {
            let before = self.least;
            self.remove_tasks();
            self.remove_operations();
            self.remove_segments();
            self.remove_faults();
            self.shrink_schedule();
            self.remove_memories();
            self.remove_files();
            self.plain_files();
            self.plain_memories();
            self.plain_machine();
            self.plainer_operations();
            self.cut_pages();
            self.smaller_numbers();
            if self.least == before {
                break;
            }
        }
    }

    /// Accepts the candidate if it is smaller and still fails.
    fn attempt(&mut self, candidate: Case) -> bool {
        self.tried < self.budget && self.consider(candidate)
    }

    /// [`Shrinker::attempt`] without a budget.
    fn consider(&mut self, mut candidate: Case) -> bool {
        if !tidy(&mut candidate) {
            return false;
        }
        let size = measure(&candidate);
        if size >= self.least {
            return false;
        }
        let mut hasher = DefaultHasher::new();
        candidate.hash(&mut hasher);
        let hash = hasher.finish();
        if self.refused.contains(&hash) {
            return false;
        }
        self.tried += 1;
        if !(self.still_fails)(&candidate) {
            self.refused.insert(hash);
            return false;
        }
        self.best = candidate;
        self.least = size;
        let operations = self.best.tasks.iter().map(|task| task.operations.len()).sum();
        (self.progress)(&Progress { tried: self.tried, operations, slices: self.best.schedule.len() });
        true
    }

    /// Accepts the best case with a change applied, if that is smaller and still fails.
    fn change(&mut self, change: impl FnOnce(&mut Case)) -> bool {
        let mut candidate = self.best.clone();
        change(&mut candidate);
        self.attempt(candidate)
    }

    /// Puts writers first and names everything by role. This should make no difference to the run; if it does, the
    /// case keeps its order and names. True if tasks changed places.
    fn canonical(&mut self) -> bool {
        let mut sorted = self.best.clone();
        sort_tasks(&mut sorted);
        let moves = sorted.tasks != self.best.tasks;
        let mut renamed = self.best.clone();
        for candidate in [&mut sorted, &mut renamed] {
            rename(candidate);
        }
        if moves && self.keep(sorted) {
            return true;
        }
        self.keep(renamed);
        false
    }

    /// Accepts a case that is not smaller, but easier to read.
    fn keep(&mut self, candidate: Case) -> bool {
        if candidate == self.best {
            return false;
        }
        self.tried += 1;
        let fails = (self.still_fails)(&candidate);
        if fails {
            self.best = candidate;
        }
        fails
    }
}

/// Puts the tasks into the order of their roles: writers, readers, others.
fn sort_tasks(case: &mut Case) {
    let mut order: Vec<usize> = (0..case.tasks.len()).collect();
    order.sort_by_key(|task| match role(&case.tasks[*task]) {
        'w' => 0,
        'r' => 1,
        _ => 2,
    });
    case.tasks = order.iter().map(|task| case.tasks[*task].clone()).collect();
    for slice in &mut case.schedule {
        if let Runner::Task(task) = &mut slice.runner {
            *task = order.iter().position(|from| from == task).unwrap_or(*task);
        }
    }
}

/// Makes a candidate valid, without tasks that do nothing; false if nothing is left of it.
fn tidy(case: &mut Case) -> bool {
    if !fix(case) {
        return false;
    }
    for task in (0..case.tasks.len()).rev() {
        if case.tasks[task].operations.is_empty() {
            remove_task(case, task);
        }
    }
    !case.tasks.is_empty()
}

/// Whether the turn is one of this task's.
fn is_of(runner: Runner, task: usize) -> bool {
    runner == Runner::Task(task)
}
