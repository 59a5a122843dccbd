//! The judge: runs one case with one strategy or subject and one scheduler, and holds what was seen against the oracle.

pub use crate::runner::{Events, Run};

use crate::judged::Judged;
use crate::runner::Runner;
use crate::under_test::UnderTest;
use case::{Case, Filesystem, Form};
use machine::DefectSet;
use oracle::{Checker, Class, Exercised, Notation, Persistence, Profile, QuirkSeen, Rule, Verdict};
use schedule::{CaseGiven, Scheduler};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use std::fmt;

/// A machine and a checker, both used again and again: a run with nothing wrong costs them no allocation. For a
/// subject, its backend too.
#[derive(Debug)]
pub struct Judge {
    runner: Runner,
    checker: Checker,
    profile: Profile,
    given: CaseGiven,
    /// What was judged already, if that is kept.
    judged: Option<Judged>,
    /// The last run's verdicts, where some are accepted.
    sorted: Vec<Verdict>,
}

/// What came of one run.
#[derive(Clone, Copy, Debug)]
pub struct Judgement<'j> {
    /// The run.
    pub run: Run<'j>,
    /// What was wrong with it, worst class first.
    pub verdicts: &'j [Verdict],
    /// What is accepted of what was run: see [`UnderTest::accepts`].
    pub accepted: &'j [Verdict],
}

impl Judge {
    /// What it holds runs against.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// A judge that holds runs against this profile.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self::with(Runner::default(), profile)
    }

    /// A judge whose runs keep every event.
    #[must_use]
    pub fn recording(profile: Profile) -> Self {
        Self::with(Runner::recording(), profile)
    }

    fn with(runner: Runner, profile: Profile) -> Self {
        Self { runner, checker: Checker::new(), profile, given: CaseGiven::default(), judged: None, sorted: Vec::new() }
    }

    /// From now on runs of strategies mend these defects, beside those that a case names.
    pub const fn mend(&mut self, defects: DefectSet) {
        self.runner.mend(defects);
    }

    /// From now on judges equal histories once, until [`Judge::forget`].
    #[must_use]
    pub fn remembering(mut self) -> Self {
        self.judged = Some(Judged::default());
        self
    }

    /// Forgets which histories were judged.
    pub const fn forget(&mut self) {
        if let Some(judged) = &mut self.judged {
            judged.clear();
        }
    }

    /// Runs a case that [`UnderTest::refusal`] does not refuse.
    pub fn judge(&mut self, case: &Case, tested: impl Into<UnderTest>, scheduler: &mut dyn Scheduler) -> Judgement<'_> {
        let tested = tested.into();
        let run = self.runner.run(case, tested, scheduler);
        let verdicts = self.checker.check(run.history, self.profile);
        sort_out(tested.accepts(), run, verdicts, &mut self.sorted)
    }

    /// Runs such a case with the schedule that it gives.
    pub fn replay(&mut self, case: &Case, tested: impl Into<UnderTest>) -> Judgement<'_> {
        let tested = tested.into();
        self.given.set(&case.schedule);
        let run = self.runner.run(case, tested, &mut self.given);
        let verdicts = match &mut self.judged {
            Some(judged) => judged.check(run, &mut self.checker, self.profile),
            None => self.checker.check(run.history, self.profile),
        };
        sort_out(tested.accepts(), run, verdicts, &mut self.sorted)
    }

    /// Whether the case, with its schedule, shows exactly this; no if it cannot run.
    pub fn shows(&mut self, case: &Case, tested: impl Into<UnderTest>, wanted: &Signature) -> bool {
        let tested = tested.into();
        place(case, tested) == (wanted.filesystem, wanted.form)
            && tested.refusal(case).is_none()
            && self.replay(case, tested).verdicts.iter().any(|it| Signature::of(case, tested, it) == *wanted)
    }

    /// What the last history that was judged showed, and the profile forgives.
    #[must_use]
    pub fn quirks(&self) -> &[QuirkSeen] {
        self.checker.quirks()
    }

    /// How often each rule was put to the test by this judge.
    #[must_use]
    pub const fn exercised(&self) -> &Exercised {
        self.checker.exercised()
    }
}

/// Tells what is wrong from what is accepted.
fn sort_out<'j>(
    accepts: &[Class],
    run: Run<'j>,
    verdicts: &'j [Verdict],
    sorted: &'j mut Vec<Verdict>,
) -> Judgement<'j> {
    if accepts.is_empty() || verdicts.is_empty() {
        return Judgement { run, verdicts, accepted: &[] };
    }
    sorted.clear();
    sorted.extend_from_slice(verdicts);
    let is_accepted = |verdict: &Verdict| accepts.contains(&verdict.class);
    sorted.sort_by_key(is_accepted);
    let (verdicts, accepted) = sorted.split_at(sorted.partition_point(|it| !is_accepted(it)));
    Judgement { run, verdicts, accepted }
}

/// The filesystem and the form that a case means. Where they mean nothing, to a subject, it is always the same form.
fn place(case: &Case, tested: UnderTest) -> (Filesystem, Form) {
    (case.filesystem, tested.form_for(case).unwrap_or(Form::PrepareWrite))
}

/// What makes two findings the same: where it was found and what was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signature {
    /// The strategy's id, or the subject's name.
    pub strategy: &'static str,
    /// The filesystem. Of a subject it says nothing.
    pub filesystem: Filesystem,
    /// Its form. Of a subject it says nothing.
    pub form: Form,
    /// What was seen.
    pub class: Class,
    /// Whether it was still there at rest.
    pub persistence: Option<Persistence>,
    /// The rule that it breaks.
    pub rule: Rule,
    /// For a deadlock, its notation.
    pub cycle: Option<Notation>,
    /// Whether it was found in a subject.
    pub in_subject: bool,
}

impl Signature {
    /// The signature of a verdict on this case under this strategy or subject.
    #[must_use]
    pub fn of(case: &Case, tested: impl Into<UnderTest>, verdict: &Verdict) -> Self {
        let tested = tested.into();
        let (filesystem, form) = place(case, tested);
        Self {
            strategy: tested.id(),
            filesystem,
            form,
            class: verdict.class,
            persistence: verdict.persistence,
            rule: verdict.rule,
            cycle: verdict.notation,
            in_subject: tested.is_subject(),
        }
    }

    /// The filesystem and its form, in words; none of a subject.
    #[must_use]
    pub fn place(&self) -> Option<(&'static str, &'static str)> {
        (!self.in_subject).then(|| (self.filesystem.word(), self.form.word()))
    }

    /// What a case's `expect` line can say beside the class: a deadlock's notation, or the persistence.
    #[must_use]
    pub fn detail(&self) -> Option<&'static str> {
        self.cycle.map(Notation::as_str).or_else(|| self.persistence.map(Persistence::as_str))
    }

    /// The same as part of a file's name: the thread's own notation has a semicolon in it, which no shell likes.
    #[must_use]
    pub fn detail_in_a_name(&self) -> Option<&'static str> {
        match self.cycle {
            Some(Notation::SamePage) => Some("same-page"),
            Some(Notation::Crosswise) => Some("crosswise"),
            Some(Notation::MmapSem) => Some("mmap-sem"),
            Some(Notation::Other) => Some("other"),
            None => self.detail(),
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { strategy, class, rule, .. } = self;
        write!(f, "{class}")?;
        if let Some(detail) = self.detail() {
            write!(f, " {detail}")?;
        }
        write!(f, " ({rule}) under {strategy}")?;
        self.place().map_or(Ok(()), |(filesystem, form)| write!(f, " on {filesystem} {form}"))
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Signature", 7)?;
        fields.serialize_field("strategy", self.strategy)?;
        fields.serialize_field("fs", &self.place().map(|(filesystem, _)| filesystem))?;
        fields.serialize_field("form", &self.place().map(|(_, form)| form))?;
        fields.serialize_field("class", self.class.as_str())?;
        fields.serialize_field("persistence", &self.persistence.map(Persistence::as_str))?;
        fields.serialize_field("rule", self.rule.as_str())?;
        fields.serialize_field("cycle", &self.cycle.map(Notation::as_str))?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arbitrary::Unstructured;
    use case::{Weights, generate};
    use machine::Machine;
    use schedule::{Sticky, Tape};

    const CASE: &str = "shortcopy case 1\ngeometry page 64 block 16\nfs block\nfile a size 64 disk 0..64 cached -\n\
        memory m pages 2 resident 1\ntask w write a 0 [m 0..40, m 60..84]\ntask r read a 0..64\n";

    const SHOWS_ZEROES: &str = "shortcopy case 1\ngeometry page 64 block 16\nfs block prepare-write\n\
        file a size 64 disk 0..64 cached -\nmemory m pages 2 resident 0\ntask w write a 0 [m 0..16, m 64..112]\n\
        task r read a 0..64\nschedule w:10 r\n";

    #[test]
    fn a_tape_replays_what_it_heard() {
        let mut case = Case::parse("it", CASE).expect("a case");
        let strategy = &strategies::ALL[0];
        let mut judge = Judge::new(Profile::Linux);
        for seed in 0..50 {
            let mut sticky = Sticky::new(seed);
            let mut tape = Tape::new(&mut sticky);
            let hash = judge.judge(&case, strategy, &mut tape).run.hash;
            case.schedule = tape.schedule().to_vec();
            assert_eq!(judge.replay(&case, strategy).run.hash, hash, "{case}");
        }
    }

    #[test]
    fn what_is_wrong_is_found_behind_and_before_what_is_accepted() {
        let case = Case::parse("it", SHOWS_ZEROES).expect("a case");
        let strategy = strategies::find("zero-tail-retry").expect("it is registered");
        let mut judge = Judge::new(Profile::Linux);
        let Judgement { run, verdicts, accepted } = judge.replay(&case, strategy);
        assert!(accepted.is_empty());
        let with = |class| Verdict { class, ..verdicts[0].clone() };
        let order = [Class::Size, Class::Zero, Class::Torn, Class::LostWrite].map(with);
        let mut sorted = Vec::new();
        let classes = |verdicts: &[Verdict]| verdicts.iter().map(|it| it.class).collect::<Vec<_>>();
        let Judgement { verdicts, accepted, .. } = sort_out(&[Class::Torn, Class::Size], run, &order, &mut sorted);
        assert_eq!(classes(verdicts), [Class::Zero, Class::LostWrite], "in the order in which they came");
        assert_eq!(classes(accepted), [Class::Size, Class::Torn]);
        // Where nothing is accepted all is wrong.
        let Judgement { verdicts, accepted, .. } = sort_out(&[], run, &order, &mut sorted);
        assert_eq!((verdicts.len(), accepted.len()), (4, 0));
    }

    #[test]
    fn a_judge_that_remembers_says_the_same() {
        let weights = Weights { schedule: true, ..Weights::default() };
        let mut random = fastrand::Rng::with_seed(1);
        let (mut forgetful, mut judge) = (Judge::new(Profile::Linux), Judge::new(Profile::Linux).remembering());
        for _ in 0..150 {
            let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(256).collect();
            let case = generate(&mut Unstructured::new(&bytes), &weights);
            judge.forget();
            for strategy in strategies::ALL.iter().filter(|it| Machine::refusal(&case, it).is_none()) {
                let wanted = forgetful.replay(&case, strategy).verdicts.to_vec();
                assert_eq!(judge.replay(&case, strategy).verdicts, wanted, "{}\n{case}", strategy.id);
            }
        }
    }
}
