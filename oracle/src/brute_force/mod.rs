//! The reference for the checker: the same rules, decided by trying every order of the operations. Slow, short and
//! plain.
//!
//! It knows what small histories need, file by file: writes from untouched anonymous memory or from a mapping of a
//! file's first page (whole, short or failed), truncates, punches inside the file, reads, stats, fsyncs, invalidations
//! of a moment, failed transfers to and from the disk, a crash at the end, and looks at rest by `read(2)` or after the
//! crash. It decides R1 with S2, S5 and S6, R2, the pairs of R4, S1, S3, S4 and S9 for these.
//!
//! An operation has a beginning and an end; an order of all beginnings and ends is possible if it respects the clock. A
//! write takes effect at its end; between the two, a reader may see any part of it. Every read is tried on its own,
//! cell by cell, but for R2, where all reads of a cell must fit one order. Of each cell the disk may hold any value
//! that the cell had since it was last synchronised; a crash or an invalidation takes one of them. What the disk
//! refused leaves anything behind until it is written over.

mod agree;
mod cells;
mod events;
mod reasons;
mod sizes;
pub mod small;

pub use agree::{Disagreement, compare};

use crate::{FileId, History};
use cells::Copies;
use events::{Event, Look};
use std::collections::BTreeSet;

/// Whether a correct kernel could have produced a small history: at most 12 operations that change a file.
#[must_use]
pub fn is_legal(history: &History) -> bool {
    let looks = events::looks(history);
    let files = || (0..history.files.len()).map(|index| FileId(index as u8));
    let events: Vec<Vec<Event>> = files().map(|file| events::events(history, file)).collect();
    let copies = Copies::new(history, &events);
    reasons::errors_have_reasons(history)
        && files().all(|file| {
            let looks: Vec<&Look> = looks.iter().filter(|it| it.file == file).collect();
            looks.iter().all(|look| sizes::length_is_legal(history, file, &events[file.index()], look))
                && looks.iter().all(|look| cells::cells_are_legal(&copies, look))
                && cells::one_order_fits(&copies, file, &looks)
                && cells::pairs_are_serial(&copies, file, &looks)
        })
}

fn covers(start: u32, end: u32, cell: u32) -> bool {
    (start..end).contains(&cell)
}

/// What an event makes of a state, given what has happened: the states that may come next; none if it cannot happen
/// there.
type Step<'a, S> = &'a dyn Fn(usize, u32, S, &mut Vec<S>);

/// Whether some order reaches the goal, which is asked about the set of events that have happened. `before` says which
/// of two events must come first.
fn reaches<S: Copy + Ord>(
    events: &[Event],
    start: S,
    before: &dyn Fn(&Event, &Event) -> bool,
    step: Step<'_, S>,
    goal: &dyn Fn(u32) -> bool,
) -> bool {
    let predecessors = |index: usize| {
        let first = |other: &usize| *other != index && before(&events[*other], &events[index]);
        (0..events.len()).filter(first).fold(0_u32, |set, other| set | 1 << other)
    };
    let predecessors: Vec<u32> = (0..events.len()).map(predecessors).collect();
    let mut todo = vec![(0_u32, start)];
    let mut known = BTreeSet::from([(0_u32, start)]);
    let mut next = Vec::new();
    while let Some((happened, state)) = todo.pop() {
        if goal(happened) {
            return true;
        }
        for index in (0..events.len()).filter(|index| happened >> index & 1 == 0) {
            if predecessors[index] & !happened == 0 {
                step(index, happened, state, &mut next);
            }
            for state in next.drain(..) {
                let next = (happened | 1 << index, state);
                if known.insert(next) {
                    todo.push(next);
                }
            }
        }
    }
    false
}
