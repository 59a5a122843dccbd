//! The inquiry: a case is run again and again, with this and that mended, until it is clear without what its finding
//! does not come.

use super::Cause;
use crate::judge::{Judge, Judgement, Signature};
use crate::under_test::UnderTest;
use case::{Case, Slice};
use machine::defect::mends_of;
use machine::{Defect, DefectSet};
use oracle::{Class, Profile, Rule};
use schedule::{CaseGiven, Runnable, RunnerIndex, Scheduler};
use schedule::{Portfolio, Way};
use std::ops::ControlFlow;

/// Seeds of each way of scheduling that needs one. They are fixed: a cause must not depend on whose hunt asks.
const SEEDS: [u64; 3] = [1, 2, 3];

/// A mend moves what comes after it by some steps. So turns of the case's own schedule are made that much longer and
/// shorter, each for itself...
const SHIFTS: [i64; 4] = [-1, 1, -2, 2];
/// ...but only the last ones: those before are seldom what matters.
const SHIFTED_TURNS: usize = 4;

/// Of more defects that each suffice no pairs and triples are tried.
const MOST_TO_COMBINE: usize = 8;

/// Finds causes. A pure function of the case, of what runs it, and of the signature: the machine inside is only used
/// again and again.
#[derive(Debug)]
pub struct Inquiry {
    judge: Judge,
    portfolio: Portfolio,
    given: CaseGiven,
}

/// A finding that stays with every defect mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// What the mended run shows.
    pub signature: Signature,
    /// The schedule of that run.
    pub schedule: Vec<Slice>,
    /// Its hash.
    pub hash: u64,
}

/// A cause of single defects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SingleCause {
    /// The cause.
    pub cause: Cause,
    /// Whether the case's own schedule alone says so.
    pub is_plain: bool,
}

/// What single defects do to a finding.
struct Singles {
    /// Each of these alone, if mended, makes it go under the case's own schedule.
    cures: Vec<Defect>,
    /// Those of them that suffice for it.
    sufficient: Vec<Defect>,
    /// Whether they suffice under the case's own schedule.
    is_plain: bool,
}

/// What is asked about: a case under a strategy or a subject, and a symptom. What persists, and in which cycle, may
/// change with the schedule.
#[derive(Clone, Copy)]
struct Question<'q> {
    case: &'q Case,
    tested: UnderTest,
    class: Class,
    rule: Rule,
}

impl Question<'_> {
    fn is_shown_by(&self, judgement: &Judgement<'_>) -> bool {
        judgement.verdicts.iter().any(|it| it.class == self.class && it.rule == self.rule)
    }
}

impl Inquiry {
    /// An inquiry under this profile.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self { judge: Judge::new(profile), portfolio: Portfolio::default(), given: CaseGiven::default() }
    }

    /// The cause of what this case shows, with its own schedule, under this strategy. The case has to show it.
    /// In a subject nothing can be mended: it is unexplained, without a run.
    pub fn cause(&mut self, case: &Case, tested: impl Into<UnderTest>, signature: &Signature) -> Cause {
        let question = Question { case, tested: tested.into(), class: signature.class, rule: signature.rule };
        let stays = question.tested.is_subject() || self.shows(question, DefectSet::ALL);
        if stays { Cause::UNEXPLAINED } else { self.explained_by(question) }
    }

    /// The same for what is known to go when all is mended: see [`Inquiry::stays`].
    pub fn explained(&mut self, case: &Case, tested: impl Into<UnderTest>, signature: &Signature) -> Cause {
        self.explained_by(Question { case, tested: tested.into(), class: signature.class, rule: signature.rule })
    }

    /// The same, if single defects are the cause and each of them can be shown to suffice; `None` otherwise.
    pub fn single_cause(
        &mut self,
        case: &Case,
        tested: impl Into<UnderTest>,
        signature: &Signature,
    ) -> Option<SingleCause> {
        let question = Question { case, tested: tested.into(), class: signature.class, rule: signature.rule };
        let candidates = self.candidates(question);
        let Singles { sufficient, is_plain, .. } = self.sufficient(question, &candidates);
        let cause = || Cause::new(sufficient.iter().copied().map(DefectSet::of).collect());
        (!sufficient.is_empty()).then(|| SingleCause { cause: cause(), is_plain })
    }

    /// Whether the case shows this symptom under the strategy, with its own schedule or another one.
    pub fn is_shown_under(&mut self, case: &Case, tested: impl Into<UnderTest>, class: Class, rule: Rule) -> bool {
        self.shows(Question { case, tested: tested.into(), class, rule }, DefectSet::NONE)
    }

    /// The run that shows the same symptom with every defect mended, under the case's own schedule or another one;
    /// `None` if no run does.
    pub fn stays(&mut self, case: &Case, tested: impl Into<UnderTest>, signature: &Signature) -> Option<Stay> {
        let question = Question { case, tested: tested.into(), class: signature.class, rule: signature.rule };
        let mut found = None;
        let _ = self.runs(question, DefectSet::ALL, &mut |judgement| {
            found = stay(question, judgement);
            if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        found
    }

    /// The same under the case's own schedule alone: one run.
    pub fn stays_here(&mut self, case: &Case, tested: impl Into<UnderTest>, signature: &Signature) -> Option<Stay> {
        let question = Question { case, tested: tested.into(), class: signature.class, rule: signature.rule };
        self.judge.mend(DefectSet::ALL);
        stay(question, self.judge.replay(case, question.tested))
    }

    /// Whether mending these makes the symptom go under the case's own schedule: one run. No proof of a cause, but a
    /// way to recognise one.
    pub fn goes_with(
        &mut self,
        mends: DefectSet,
        case: &Case,
        tested: impl Into<UnderTest>,
        signature: &Signature,
    ) -> bool {
        let question = Question { case, tested: tested.into(), class: signature.class, rule: signature.rule };
        !self.shows_here(question, mends)
    }

    /// The cause of what goes when all is mended.
    fn explained_by(&mut self, question: Question<'_>) -> Cause {
        let candidates = self.candidates(question);
        let singles = self.singles(question, &candidates);
        if !singles.is_empty() {
            return Cause::new(singles.into_iter().map(DefectSet::of).collect());
        }
        let several = self.several(question, &candidates);
        if !several.is_empty() {
            return Cause::new(several);
        }
        Cause::new(vec![self.descend(question)])
    }

    /// What can change the run: the defects that its code was asked about, and that the case does not mend already.
    fn candidates(&mut self, Question { case, tested, .. }: Question<'_>) -> Vec<Defect> {
        self.judge.mend(DefectSet::NONE);
        let asked = self.judge.replay(case, tested).run.asked;
        asked.without(mends_of(case)).iter().collect()
    }

    /// The defects of which each alone is the cause: those that suffice; where none does, those without which the
    /// finding does not come under any other schedule either.
    fn singles(&mut self, question: Question<'_>, candidates: &[Defect]) -> Vec<Defect> {
        let Singles { mut cures, sufficient, .. } = self.sufficient(question, candidates);
        if !sufficient.is_empty() {
            return sufficient;
        }
        cures.retain(|it| !self.shows(question, DefectSet::of(*it)));
        cures
    }

    /// What goes when a defect is mended may only have moved to another schedule. So it also has to suffice, with all
    /// else mended: under the case's own schedule; where none does, under any.
    fn sufficient(&mut self, question: Question<'_>, candidates: &[Defect]) -> Singles {
        let mut cures = candidates.to_vec();
        cures.retain(|it| !self.shows_here(question, DefectSet::of(*it)));
        let mut sufficient = cures.clone();
        sufficient.retain(|it| self.shows_here(question, DefectSet::ALL.without(DefectSet::of(*it))));
        let is_plain = !sufficient.is_empty();
        if !is_plain {
            sufficient.clone_from(&cures);
            sufficient.retain(|it| self.suffices(question, *it));
        }
        Singles { cures, sufficient, is_plain }
    }

    /// The smallest sets of defects that each suffice, but of which no single one explains the finding.
    fn several(&mut self, question: Question<'_>, candidates: &[Defect]) -> Vec<DefectSet> {
        let mut sufficient = candidates.to_vec();
        sufficient.retain(|it| self.suffices(question, *it));
        sufficient.truncate(MOST_TO_COMBINE);
        for size in [2, 3] {
            let mut sets = subsets(&sufficient, size);
            sets.retain(|it| !self.shows_here(question, *it));
            if !sets.is_empty() {
                return sets;
            }
        }
        Vec::new()
    }

    /// One smallest set: all that the mended run asks about, without each that is not needed, one after the other.
    fn descend(&mut self, question: Question<'_>) -> DefectSet {
        let Question { case, tested, .. } = question;
        self.judge.mend(DefectSet::ALL);
        let asked = self.judge.replay(case, tested).run.asked;
        let mut set: DefectSet = asked.without(mends_of(case)).iter().collect();
        for defect in asked.iter() {
            let without = set.without(DefectSet::of(defect));
            if without != set && !self.shows_here(question, without) {
                set = without;
            }
        }
        set
    }

    /// Whether the symptom comes from this defect with all others mended.
    fn suffices(&mut self, question: Question<'_>, defect: Defect) -> bool {
        self.shows(question, DefectSet::ALL.without(DefectSet::of(defect)))
    }

    /// Whether the case shows it under its own schedule.
    fn shows_here(&mut self, question: Question<'_>, mends: DefectSet) -> bool {
        self.judge.mend(mends);
        question.is_shown_by(&self.judge.replay(question.case, question.tested))
    }

    /// Whether the case shows it under its own schedule or another one.
    fn shows(&mut self, question: Question<'_>, mends: DefectSet) -> bool {
        let flow = self.runs(question, mends, &mut |judgement| {
            if question.is_shown_by(&judgement) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        flow.is_break()
    }

    /// Runs the case under its own schedule, under ones that are close to it, and under a portfolio of others. Where
    /// there was nothing to choose in the first run, the others would be the same.
    fn runs(
        &mut self,
        Question { case, tested, .. }: Question<'_>,
        mends: DefectSet,
        visitor: &mut dyn FnMut(Judgement<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.judge.mend(mends);
        self.given.set(&case.schedule);
        let mut watched = Watched { inner: &mut self.given, had_choices: false };
        visitor(self.judge.judge(case, tested, &mut watched))?;
        if !watched.had_choices {
            return ControlFlow::Continue(());
        }
        for schedule in shifted(&case.schedule) {
            self.given.set(&schedule);
            visitor(self.judge.judge(case, tested, &mut self.given))?;
        }
        for (way, seed) in portfolio() {
            visitor(self.judge.judge(case, tested, self.portfolio.scheduler(way, seed)))?;
        }
        ControlFlow::Continue(())
    }
}

/// Notices whether there is anything to decide.
struct Watched<'s> {
    inner: &'s mut CaseGiven,
    had_choices: bool,
}

impl Scheduler for Watched<'_> {
    fn start(&mut self, operations: &[u32]) {
        self.had_choices = false;
        self.inner.start(operations);
    }

    fn pick(&mut self, runnable: Runnable, previous: Option<RunnerIndex>) -> RunnerIndex {
        self.had_choices |= runnable.len() > 1;
        self.inner.pick(runnable, previous)
    }
}

/// What of a mended run is the symptom that is asked about.
fn stay(question: Question<'_>, judgement: Judgement<'_>) -> Option<Stay> {
    let verdict = judgement.verdicts.iter().find(|it| it.class == question.class && it.rule == question.rule)?;
    let signature = Signature::of(question.case, question.tested, verdict);
    Some(Stay { signature, schedule: judgement.run.schedule.to_vec(), hash: judgement.run.hash })
}

/// Schedules that differ from this one in the length of one turn.
fn shifted(schedule: &[Slice]) -> impl Iterator<Item = Vec<Slice>> {
    let counted = (0..schedule.len()).rev().filter(|it| schedule[*it].steps.is_some());
    counted.take(SHIFTED_TURNS).flat_map(move |turn| {
        SHIFTS.into_iter().filter_map(move |shift| {
            let steps = i64::from(schedule[turn].steps?) + shift;
            let mut schedule = schedule.to_vec();
            schedule[turn].steps = u32::try_from(steps).ok().filter(|it| *it > 0);
            schedule[turn].steps.map(|_| schedule)
        })
    })
}

/// Ways of scheduling, each with its seed.
fn portfolio() -> impl Iterator<Item = (Way, u64)> {
    let by_chance = SEEDS
        .into_iter()
        .flat_map(|seed| [Way::Nonpreemptive].into_iter().chain(Way::RANDOM).map(move |way| (way, seed)));
    [(Way::Sequential, 0)].into_iter().chain(by_chance)
}

/// All sets of so many of these defects.
fn subsets(defects: &[Defect], size: usize) -> Vec<DefectSet> {
    let Some((first, rest)) = defects.split_first().filter(|_| size > 0) else {
        return if size == 0 { vec![DefectSet::NONE] } else { Vec::new() };
    };
    let with_first = subsets(rest, size - 1).into_iter().map(|it| it.union(DefectSet::of(*first)));
    with_first.chain(subsets(rest, size)).collect()
}
