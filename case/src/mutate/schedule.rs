//! Mutations of the schedule: preemptions come, go, and happen earlier or later. Only where the weights want
//! schedules at all.

use super::Mutator;
use crate::{Runner, Slice};

type M<'c, 'a, 'b> = Mutator<'c, 'a, 'b>;

/// Slices that a mutated schedule may have.
pub(super) const MOST: usize = 64;

/// Inserts a turn between two others, or into the middle of one, which then continues after it.
pub(super) fn add(m: &mut M<'_, '_, '_>) -> bool {
    if !m.weights.schedule || m.case.schedule.len() >= MOST {
        return false;
    }
    let runner = match m.choices.index(m.case.tasks.len() * 8 + 1) {
        disk if disk == m.case.tasks.len() * 8 => Runner::Disk,
        task => Runner::Task(task / 8),
    };
    let steps = if m.choices.chance(64) { None } else { Some(m.choices.within(1, 12)) };
    let at = m.choices.index(m.case.schedule.len() + 1);
    let inside = m.choices.chance(128);
    if let Some(&Slice { runner: preempted, steps: Some(all @ 2..) }) = m.case.schedule.get(at).filter(|_| inside) {
        let first = m.choices.within(1, all - 1);
        m.case.schedule[at].steps = Some(first);
        m.case.schedule.insert(at + 1, Slice { runner: preempted, steps: Some(all - first) });
        m.case.schedule.insert(at + 1, Slice { runner, steps });
        return true;
    }
    m.case.schedule.insert(at, Slice { runner, steps });
    true
}

/// A turn that ends earlier or later, or two that change places.
pub(super) fn shift(m: &mut M<'_, '_, '_>) -> bool {
    let drawn = m.choices.index(m.case.schedule.len());
    let Some(slice) = m.case.schedule.get_mut(drawn) else { return false };
    match m.choices.below(6) {
        0 => slice.steps = None,
        1 => slice.steps = Some(m.choices.within(1, 24)),
        2 | 3 => slice.steps = Some(slice.steps.unwrap_or(4) + m.choices.within(1, 2)),
        4 => slice.steps = Some(slice.steps.unwrap_or(4).saturating_sub(1).max(1)),
        _ => {
            let other = m.choices.index(m.case.schedule.len());
            m.case.schedule.swap(drawn, other);
        }
    }
    true
}

pub(super) fn drop(m: &mut M<'_, '_, '_>) -> bool {
    let drawn = m.choices.index(m.case.schedule.len());
    if drawn >= m.case.schedule.len() {
        return false;
    }
    m.case.schedule.remove(drawn);
    true
}
