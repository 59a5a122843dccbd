//! Which defects' places the runs of a thread have come by, and the first case that came by each: what shows a defect
//! is bred from what comes by its place.

use crate::judge::Run;
use crate::under_test::UnderTest;
use case::{Case, Slice};
use machine::DefectSet;
use std::collections::BTreeMap;

/// What the runs of a thread came by.
#[derive(Debug, Default)]
pub(super) struct Passed {
    places: BTreeMap<&'static str, DefectSet>,
    /// The first cases, until somebody takes them. They stay as large as they are: made small, they did not help the
    /// search.
    pub firsts: Vec<(UnderTest, Case)>,
}

impl Passed {
    /// Looks at a run. A subject has no such places.
    pub fn add(&mut self, case: &Case, tested: UnderTest, run: &Run<'_>) {
        if tested.is_subject() {
            return;
        }
        let before = self.places.entry(tested.id()).or_insert(DefectSet::NONE);
        if run.asked.is_within(*before) {
            return;
        }
        *before = before.union(run.asked);
        let schedule: Vec<Slice> = run.schedule.iter().take(Case::MAX_SLICES).copied().collect();
        self.firsts.push((tested, Case { schedule, ..case.clone() }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use machine::Machine;
    use schedule::CaseGiven;

    #[test]
    fn the_first_case_that_comes_by_a_place_is_kept() {
        let parse = |tasks: &str| {
            let text = format!("shortcopy case 1\nfs block\nfile a size 64\nmemory m pages 1\n{tasks}\n");
            Case::parse("here", &text).expect("it is a case")
        };
        let (read, write) = (parse("task r read a 0..64"), parse("task w write a 0 [m 0..40]"));
        let baseline = strategies::find("baseline").expect("it is registered");
        let (mut passed, mut machine) = (Passed::default(), Machine::new());
        let mut kept = |case: &Case| {
            let mut given = CaseGiven::default();
            given.set(&case.schedule);
            passed.add(case, baseline.into(), &machine.run(case, baseline, &mut given).into());
            passed.firsts.drain(..).count()
        };
        assert_eq!((kept(&read), kept(&write), kept(&write), kept(&read)), (1, 1, 0, 0));
    }
}
