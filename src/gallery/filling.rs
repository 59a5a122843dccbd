//! Fills niches that have no witness, or not a plain one: with what is shown elsewhere, moved there, and by searching
//! with all other defects mended.

use super::{Gathering, Niche};
use crate::hunt::{Field, Pool, Search, Seen};
use crate::under_test::UnderTest;
use case::Case;
use machine::{Defect, DefectSet, Machine, Strategy};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// In which company a defect is searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Company {
    /// With all others mended, wherever there is no plain witness.
    Alone,
    /// With nothing mended, wherever there is no witness at all: some defects show only where another one leads to
    /// them.
    Others,
}

/// Plain candidates that are enough for a niche.
const ENOUGH: usize = 4;

/// Cases of the same defect from which a search is bred, at most.
const PARENTS: usize = 24;

/// Niches without a plain witness.
fn wanting(gathering: &mut Gathering, defect: Defect) -> Vec<Niche> {
    let all = Niche::all().into_iter().filter(|it| it.defect == defect);
    all.filter(|it| gathering.standing(*it).is_none_or(|(rank, _)| !rank.is_plain())).collect()
}

/// The witnesses of a defect, the smallest first.
fn witnesses(gathering: &mut Gathering, defect: Defect) -> Vec<Case> {
    let niches = Niche::all().into_iter().filter(|it| it.defect == defect);
    let mut all: Vec<_> = niches.filter_map(|it| gathering.standing(it)).collect();
    all.sort_by_key(|(rank, _)| *rank);
    all.into_iter().map(|(_, case)| case).collect()
}

/// The same case in another place, if that can be.
fn moved(case: &Case, niche: Niche, strategy: &'static Strategy) -> Option<Case> {
    let Niche { filesystem, form, .. } = niche;
    let moved = Case { filesystem, form: Some(form), expectations: Vec::new(), ..case.clone() };
    (moved.validate().is_ok() && Machine::refusal(&moved, strategy).is_none()).then_some(moved)
}

/// Tries the witnesses of a defect in the places where it has no plain one. How many places those are.
pub fn spread(gathering: &mut Gathering, defect: Defect) -> usize {
    let sources = witnesses(gathering, defect);
    let niches = wanting(gathering, defect);
    for niche in &niches {
        let mut plain = 0;
        let tries = sources.iter().flat_map(|case| niche.strategies().map(move |strategy| (case, strategy)));
        for (case, strategy) in tries {
            if plain == ENOUGH {
                break;
            }
            let Some(moved) = moved(case, *niche, strategy) else { continue };
            let ranks = gathering.look_at(&moved, strategy);
            plain += ranks.iter().filter(|(it, rank)| it == niche && rank.is_plain()).count();
        }
    }
    niches.len()
}

/// Searches for a defect: so many runs for each strategy. In the company of others a few findings are asked for their
/// cause that go if it is mended.
pub fn search(gathering: &mut Gathering, defect: Defect, company: Company, runs: u64, seed: u64) {
    let mut groups: BTreeMap<Option<&'static str>, Vec<Niche>> = BTreeMap::new();
    for niche in wanting(gathering, defect) {
        if company == Company::Alone || gathering.standing(niche).is_none() {
            groups.entry(niche.strategy).or_default().push(niche);
        }
    }
    let parents = witnesses(gathering, defect);
    for niches in groups.values() {
        search_group(gathering, company, niches, &parents, (runs, seed));
    }
}

fn search_group(
    gathering: &mut Gathering,
    company: Company,
    niches: &[Niche],
    parents: &[Case],
    (runs, seed): (u64, u64),
) {
    let Some(defect) = niches.first().map(|it| it.defect) else { return };
    let mut pool = Pool::default();
    for niche in niches {
        for strategy in niche.strategies() {
            let fitting = parents.iter().filter_map(|it| moved(it, *niche, strategy)).take(PARENTS);
            fitting.for_each(|it| pool.add(strategy, it));
        }
    }
    let filesystems: BTreeSet<_> = niches.iter().map(|it| it.filesystem).collect();
    let fits = |it: &&Strategy| niches.iter().any(|niche| niche.strategies().any(|other| other.id == it.id));
    let field = Field {
        tested: strategies::ALL.iter().filter(fits).map(UnderTest::Strategy).collect(),
        filesystems: filesystems.into_iter().collect(),
        ..Field::everything(seed)
    };
    let mut search = Search::new(&field);
    if company == Company::Alone {
        search.mend(DefectSet::ALL.without(DefectSet::of(defect)));
    }
    // How much was found for each: plain, and not.
    let mut found: BTreeMap<Niche, [usize; 2]> = niches.iter().map(|it| (*it, [0, 0])).collect();
    let (mut done, mut batch) = (0, 0);
    while done < runs && found.values().any(|it| it[0] < ENOUGH) {
        let work = search.batch(batch, runs - done, &pool, &mut |sighting| {
            let Some(sighting) = sighting else { return ControlFlow::Continue(()) };
            let Seen::Verdicts(judgement) = &sighting.seen else { return ControlFlow::Continue(()) };
            let Some(strategy) = sighting.tested.strategy() else { return ControlFlow::Continue(()) };
            if judgement.run.schedule.len() > Case::MAX_SLICES {
                return ControlFlow::Continue(());
            }
            let form = strategy.form_for(sighting.case);
            let case = Case { form, schedule: judgement.run.schedule.to_vec(), ..sighting.case.clone() };
            let is_here = |it: &Niche| {
                it.filesystem == case.filesystem
                    && Some(it.form) == form
                    && it.strategy.is_none_or(|id| id == strategy.id)
            };
            let Some(counts) = found.iter_mut().find(|(it, _)| is_here(it)).map(|(_, counts)| counts) else {
                return ControlFlow::Continue(());
            };
            let looks_plain = !crate::cause::needs(&case).iter().any(|it| it.is_a_fault());
            if counts[0] >= ENOUGH || counts[1] >= ENOUGH && !looks_plain {
                return ControlFlow::Continue(());
            }
            if company == Company::Others && !gathering.curator.is_cured_by(defect, &case, strategy) {
                return ControlFlow::Continue(());
            }
            for (niche, rank) in gathering.look_at(&case, strategy) {
                if let Some(counts) = found.get_mut(&niche) {
                    counts[usize::from(!rank.is_plain())] += 1;
                }
            }
            ControlFlow::Continue(())
        });
        done += work.cases;
        batch += 1;
    }
}
