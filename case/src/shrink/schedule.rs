//! Fewer and plainer turns: runs of turns go, one is given to its neighbours, `w:9` becomes `w`, step counts become
//! smaller.

use super::Shrinker;
use crate::Slice;

impl Shrinker<'_> {
    /// Fewer turns, then shorter ones.
    pub(super) fn shrink_schedule(&mut self) {
        self.remove_runs(|case| case.schedule.len(), |case, run| drop(case.schedule.drain(run)));
        for turn in (0..self.best.schedule.len()).rev() {
            if turn < self.best.schedule.len() && !self.join_turn(turn) {
                self.fewer_steps(turn);
            }
        }
    }

    /// Gives the turn to the next, or the last, of the same runner: one preemption less.
    fn join_turn(&mut self, turn: usize) -> bool {
        let schedule = &self.best.schedule;
        joined(schedule, turn).into_iter().any(|schedule| self.change(|case| case.schedule = schedule))
    }

    fn fewer_steps(&mut self, turn: usize) {
        let Some(steps) = self.best.schedule[turn].steps else { return };
        if self.change(|case| case.schedule[turn].steps = None) {
            return;
        }
        let mut least = 1;
        let mut fails = steps;
        // Failing need not be monotonous in the steps: halving finds a small number, the loop after it one below
        // which none works.
        while least < fails {
            let middle = least + (fails - least) / 2;
            if self.change(|case| case.schedule[turn].steps = Some(middle)) {
                fails = middle;
            } else {
                least = middle + 1;
            }
        }
        for steps in 1..fails.min(17) {
            if self.change(|case| case.schedule[turn].steps = Some(steps)) {
                break;
            }
        }
    }
}

/// The schedules in which this turn is part of the next, or the last, of the same runner.
fn joined(schedule: &[Slice], turn: usize) -> Vec<Vec<Slice>> {
    let slice = schedule[turn];
    let same = |index: &usize| schedule[*index].runner == slice.runner;
    let next = (turn + 1..schedule.len()).find(same);
    let last = (0..turn).rev().find(same);
    let mut found = Vec::new();
    for neighbour in [next, last].into_iter().flatten() {
        let mut joined = schedule.to_vec();
        let steps = joined[neighbour].steps.zip(slice.steps).map(|(one, other)| one + other);
        joined[neighbour].steps = steps;
        joined.remove(turn);
        found.push(joined);
    }
    found
}

/// The schedule with fewer turns and with `w` for `w:9`, each change only where `same` says that the run stays the
/// same.
pub fn simplify_schedule(schedule: &[Slice], same: &mut dyn FnMut(&[Slice]) -> bool) -> Vec<Slice> {
    let mut best = schedule.to_vec();
    for turn in (0..schedule.len()).rev() {
        let mut without = best.clone();
        without.remove(turn);
        let mut candidates = vec![without];
        if best.get(turn + 1).is_some_and(|next| next.runner == best[turn].runner) {
            candidates.extend(joined(&best, turn));
        }
        let mut whole = best.clone();
        whole[turn].steps = None;
        candidates.push(whole);
        if let Some(simpler) = candidates.into_iter().find(|candidate| *candidate != best && same(candidate)) {
            best = simpler;
        }
    }
    best
}
