//! What a thread knows of causes: which it has found for which symptom, how often each was seen, and what it has told.

use crate::cause::{Cause, Inquiry, Stay};
use crate::judge::Signature;
use crate::under_test::UnderTest;
use case::{Case, Filesystem, Form};
use oracle::{Class, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// Behind the first few, each run of so many that show a signature is asked for its cause: what is rare is not hidden
/// by what looks the same.
const SAMPLED: u64 = 16;

/// A signature without what changes with the schedule.
pub(super) type Symptom = (&'static str, Filesystem, Form, Class, Rule);

/// The causes of one thread.
#[derive(Debug, Default)]
pub(super) struct Causes {
    /// Each cause once, with the runs that showed it.
    list: Vec<(Cause, u64)>,
    /// Those of a symptom.
    of_symptom: BTreeMap<Symptom, Vec<usize>>,
    /// How often a signature was seen, and its cause the last time that somebody asked.
    seen: BTreeMap<Signature, (u64, Option<usize>)>,
    /// Each with the strategies under which it was found.
    under: BTreeSet<(usize, &'static str)>,
    /// What stays with every defect mended.
    unexplained: BTreeSet<Signature>,
}

/// What a look at a run came to.
#[derive(Debug)]
pub(super) enum Attributed {
    /// It stays with every defect mended, or is a subject's: the run that shows it.
    Unexplained(Stay),
    /// It goes with what was found to be the cause of another run that looked like it.
    Recognised,
    /// It goes when all is mended, and not by what is known of it.
    Unknown,
}

impl Causes {
    /// Counts a run that shows this. Whether its cause is to be asked for: it is for the first few, and more and more
    /// rarely, since another defect can look the same. What was not asked for counts as what it was the last time.
    pub fn is_due(&mut self, signature: Signature) -> bool {
        let (times, last) = self.seen.entry(signature).or_default();
        *times += 1;
        let is_due = *times == 1 || times.is_power_of_two() && times.ilog2() % 2 == 1 || times.is_multiple_of(SAMPLED);
        if let Some(last) = last.filter(|_| !is_due) {
            self.list[last].1 += 1;
        }
        is_due
    }

    /// Looks at what a case shows, with its schedule: in a run or two.
    pub fn attribute(
        &mut self,
        inquiry: &mut Inquiry,
        case: &Case,
        tested: UnderTest,
        signature: &Signature,
    ) -> Attributed {
        if let Some(stay) = inquiry.stays_here(case, tested, signature) {
            return Attributed::Unexplained(stay);
        }
        let known = self.of_symptom.get(&symptom(signature)).map_or(&[][..], Vec::as_slice);
        let goes = |it: &&usize| {
            let first = self.list[**it].0.sets().first();
            first.is_some_and(|set| inquiry.goes_with(*set, case, tested, signature))
        };
        let Some(index) = known.iter().find(goes).copied() else { return Attributed::Unknown };
        self.count(index, *signature);
        Attributed::Recognised
    }

    /// Learns the cause of a run. Whether this is the first of this cause that looks like that: of what is explained
    /// the symptom counts, of what is not the whole signature.
    pub fn learn(&mut self, cause: &Cause, signature: Signature) -> bool {
        let index = self.list.iter().position(|(it, _)| it == cause).unwrap_or_else(|| {
            self.list.push((cause.clone(), 0));
            self.list.len() - 1
        });
        self.count(index, signature);
        if cause.is_unexplained() {
            return self.unexplained.insert(signature);
        }
        let known = self.of_symptom.entry(symptom(&signature)).or_default();
        let is_first = !known.contains(&index);
        if is_first {
            known.push(index);
        }
        is_first
    }

    /// Whether nobody asked before for this cause, which was learned, under this strategy.
    pub fn is_first_under(&mut self, cause: &Cause, tested: UnderTest) -> bool {
        let index = self.list.iter().position(|(it, _)| it == cause).expect("it was learned");
        self.under.insert((index, tested.id()))
    }

    fn count(&mut self, index: usize, signature: Signature) {
        self.list[index].1 += 1;
        self.seen.entry(signature).or_default().1 = Some(index);
    }

    /// How many runs showed something of each cause.
    pub fn sightings(&self) -> &[(Cause, u64)] {
        &self.list
    }
}

/// What makes two explained findings of one cause the same.
pub(super) const fn symptom(it: &Signature) -> Symptom {
    (it.strategy, it.filesystem, it.form, it.class, it.rule)
}
