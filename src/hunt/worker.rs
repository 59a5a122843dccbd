//! One of the threads of a hunt: takes batches, and shows a finder what they show.

use super::finder::Finder;
use super::pool::Pool;
use super::search::{BATCH, Search};
use super::shared::Shared;
use super::{Event, Field, Hunt};
use machine::DefectSet;
use std::ops::ControlFlow;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;

/// One turn of a strategy of so many runs with everything mended. No multiple of how often cases are generated: some of
/// these turns are bred. In a subject there is nothing to mend.
const TURNS: u64 = 5;

/// Takes each `jobs`th batch until the hunt is over: each thread breeds from what it has found itself, so that no
/// thread's luck is another's.
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
        search.breed_from_firsts(&mut pool);
        finder.parents.drain(..).for_each(|(tested, case)| pool.add(tested, case));
        number += hunt.threads() as u64;
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
        let (tested, turn) = self.turn(batch);
        match tested.is_subject() {
            true => DefectSet::NONE,
            false if turn % TURNS == TURNS - 1 => DefectSet::ALL,
            false => self.mends,
        }
    }
}
