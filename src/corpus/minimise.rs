//! The fewest and smallest cases that together still make everything happen.

use super::features::{Feature, Features};
use case::{Case, measure, shrink_within};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// A case that stays, and what it adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Its number among those that were given.
    pub number: usize,
    /// The case, made smaller as long as it adds the same.
    pub case: Case,
    /// How many features no smaller case has.
    pub adds: usize,
}

/// What happens while cases are chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many of so many cases are looked at.
    Looked {
        /// So many.
        done: usize,
        /// Of so many.
        total: usize,
    },
    /// This one stays.
    Chose(Box<Chosen>),
}

/// Chooses among cases, from the smallest to the largest: one stays if it makes something happen that none of `base`,
/// and none before it, does. Whoever calls is told how many of how many are looked at, and of each case that stays at
/// once, and may stop at any time.
pub fn minimise(cases: &[Case], base: &[Case], visitor: &mut dyn FnMut(Progress) -> ControlFlow<()>) {
    let mut features = Features::default();
    let mut seen: BTreeSet<Feature> = BTreeSet::new();
    let total = base.len() + cases.len();
    for (number, case) in base.iter().enumerate() {
        if visitor(Progress::Looked { done: number, total }).is_break() {
            return;
        }
        seen.extend(features.of(case));
    }
    let mut order: Vec<usize> = (0..cases.len()).collect();
    order.sort_by_cached_key(|&number| (measure(&cases[number]), cases[number].print()));
    for (done, number) in order.into_iter().enumerate() {
        if visitor(Progress::Looked { done: base.len() + done, total }).is_break() {
            return;
        }
        let adds = added(&mut features, &cases[number], &seen);
        if !adds.is_empty() {
            let case = smaller(&mut features, &cases[number], &adds);
            seen.extend(features.of(&case));
            if visitor(Progress::Chose(Box::new(Chosen { number, case, adds: adds.len() }))).is_break() {
                return;
            }
        }
    }
}

fn added(features: &mut Features, case: &Case, seen: &BTreeSet<Feature>) -> Vec<Feature> {
    let mut adds = features.of(case);
    adds.retain(|it| !seen.contains(it));
    adds
}

/// Runs of a candidate that may be spent on a case: thousands of cases may stay, and none has to be the smallest.
const BUDGET: u64 = 500;

/// The case without what it does not need to make all of this happen. A candidate is run under those strategies only
/// that bring it.
fn smaller(features: &mut Features, case: &Case, adds: &[Feature]) -> Case {
    let bringers = features.bringers(case, adds);
    shrink_within(BUDGET, case, &mut |candidate| {
        let has = features.under(candidate, &mut bringers.iter().copied());
        adds.iter().all(|it| has.binary_search(it).is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::{Chosen, Features, Progress, minimise};
    use case::Case;
    use std::ops::ControlFlow;

    fn case(tasks: &str) -> Case {
        let text = format!("shortcopy case 1\nfs block\nfile a size 64 disk 0..64 cached -\nmemory m pages 1\n{tasks}");
        Case::parse("it", &text).expect("a case")
    }

    fn chosen(cases: &[Case], base: &[Case]) -> Vec<Chosen> {
        let mut chosen = Vec::new();
        minimise(cases, base, &mut |progress| {
            if let Progress::Chose(it) = progress {
                chosen.push(*it);
            }
            ControlFlow::Continue(())
        });
        chosen
    }

    #[test]
    fn what_adds_nothing_goes_and_nothing_is_lost() {
        let write = case("task w write a 0 [m 0..40]\n");
        let both = case("task w write a 0 [m 0..40]\ntask r read a 0..64\n");
        let cases = [both.clone(), write.clone(), write.clone()];
        let chosen = self::chosen(&cases, &[]);
        assert_eq!(chosen.iter().map(|it| it.number).collect::<Vec<_>>(), [1, 0]);
        let mut features = Features::default();
        let all: Vec<u32> = chosen.iter().flat_map(|it| features.of(&it.case)).collect();
        assert!(features.of(&both).iter().all(|it| all.contains(it)));
        assert!(self::chosen(&cases, &cases).is_empty());
    }
}
