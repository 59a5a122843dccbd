//! Schedules for a case from which something was removed: its steps are missing from the turns, but it is not known
//! from which.

use super::{Shrinker, is_of};
use crate::{Case, Slice};

/// Schedules tried for one removal.
const MOST: usize = 96;

impl Shrinker<'_> {
    /// Attempts the candidate as it is, then with other schedules: something of this task (or a task as a whole:
    /// `None`) is gone.
    pub(super) fn attempt_rescheduled(&mut self, candidate: &Case, lost: Option<usize>) -> bool {
        if self.attempt(candidate.clone()) {
            return true;
        }
        let schedules = schedules(&candidate.schedule, lost);
        schedules.into_iter().any(|schedule| self.attempt(Case { schedule, ..candidate.clone() }))
    }
}

/// Other schedules, the likely ones first.
fn schedules(schedule: &[Slice], lost: Option<usize>) -> Vec<Vec<Slice>> {
    let mut found = Vec::new();
    if schedule.is_empty() {
        return found;
    }
    found.push(Vec::new());
    if let Some(task) = lost {
        of_task(schedule, task, &mut found);
    } else {
        of_others(schedule, &mut found);
    }
    found.truncate(MOST);
    found
}

/// Schedules in which the task has fewer steps, from one of its turns on.
fn of_task(schedule: &[Slice], task: usize, found: &mut Vec<Vec<Slice>>) {
    let turns: Vec<usize> = (0..schedule.len()).filter(|index| is_of(schedule[*index].runner, task)).collect();
    let mut whole = schedule.to_vec();
    turns.iter().for_each(|turn| whole[*turn].steps = None);
    found.push(whole);
    for (nth, turn) in turns.iter().enumerate().take(6) {
        let mut dropped = schedule.to_vec();
        dropped.remove(*turn);
        found.push(dropped);
        let mut whole = schedule.to_vec();
        whole[*turn].steps = None;
        found.push(whole);
        // An operation takes some 10 to 30 steps; later turns are tried with less of them.
        for missing in 1..=(if nth == 0 { 32 } else { 12 }) {
            let Some(shorter) = without_steps(schedule, task, *turn, missing) else { break };
            found.push(shorter);
        }
    }
    for turn in turns.iter().take(3) {
        let mut longer = schedule.to_vec();
        if let Some(steps) = &mut longer[*turn].steps {
            *steps += 1;
            found.push(longer);
        }
    }
}

/// The schedule with so many steps of the task missing, from this turn on; `None` if there are not so many.
fn without_steps(schedule: &[Slice], task: usize, turn: usize, missing: u32) -> Option<Vec<Slice>> {
    let mut rest = missing;
    let mut shorter = schedule.to_vec();
    for slice in shorter[turn..].iter_mut().filter(|slice| is_of(slice.runner, task)) {
        if let Some(steps) = &mut slice.steps {
            let taken = rest.min(*steps);
            *steps -= taken;
            rest -= taken;
        }
    }
    shorter.retain(|slice| slice.steps != Some(0));
    (rest == 0).then_some(shorter)
}

/// Another task is gone: each turn of the others may last a little more or less.
fn of_others(schedule: &[Slice], found: &mut Vec<Vec<Slice>>) {
    for index in 0..schedule.len() {
        let Some(steps) = schedule[index].steps else { continue };
        let changed = [None, Some(steps + 1), Some(steps - 1), Some(steps + 2), steps.checked_sub(2)];
        for steps in changed.into_iter().filter(|steps| *steps != Some(0)) {
            let mut other = schedule.to_vec();
            other[index].steps = steps;
            found.push(other);
        }
    }
}
