//! The proof that a case is minimal: each operation, segment, fault and turn removed alone, and none of these cases
//! fails.

use super::Shrinker;
use super::remove::places;
use crate::Case;
use crate::targets::segments_mut;

impl Shrinker<'_> {
    /// True if nothing can be removed; otherwise something was removed, and the passes have to run again.
    pub(super) fn prove(&mut self) -> bool {
        // What was refused under its former name counts as well: the proof runs everything itself.
        self.refused.clear();
        !removals(&self.best).into_iter().any(|candidate| self.consider(candidate))
    }
}

/// The case without one operation, segment, fault or turn, in all ways.
pub(super) fn removals(case: &Case) -> Vec<Case> {
    let mut found = Vec::new();
    for (task, operation) in places(case) {
        let mut candidate = case.clone();
        candidate.tasks[task].operations.remove(operation);
        found.push(candidate);
        for segment in 0..case.tasks[task].operations[operation].segments().len() {
            let mut candidate = case.clone();
            if let Some(segments) = segments_mut(&mut candidate.tasks[task].operations[operation]) {
                segments.remove(segment);
            }
            found.push(candidate);
        }
    }
    for fault in 0..case.faults.len() {
        let mut candidate = case.clone();
        candidate.faults.remove(fault);
        found.push(candidate);
    }
    for turn in 0..case.schedule.len() {
        let mut candidate = case.clone();
        candidate.schedule.remove(turn);
        found.push(candidate);
    }
    found
}
