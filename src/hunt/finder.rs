//! Makes findings of sightings: looks whether the cause is one that is known of such a symptom, and if not makes the
//! case small, asks for the cause, and tells it. What is explained is told once for each cause and symptom, what is not
//! once for each signature.

use super::causes::{Attributed, Causes, symptom};
use super::panic::caught;
use super::search::{Seen, Sighting};
use super::shared::{Claim, Shared};
use super::{Event, Field, Finding, Hunt, Trouble, TroubleKind};
use crate::cause::{Cause, Inquiry, Stay, is_known_finding, mend_too, needs};
use crate::judge::{Judge, Signature};
use crate::reduce::{Effort, Irreducible, pin, reduce_while};
use crate::report;
use crate::under_test::UnderTest;
use crate::witness::{is_for, is_met_by};
use case::{Case, Expectation, Slice};
use machine::DefectSet;
use oracle::Verdict;
use std::sync::mpsc::Sender;
use std::time::Instant;

/// Runs that are spent on making a case smaller before its cause is asked for: a small one is told sooner from what
/// only looks like it.
const RUNS_FOR_A_CAUSE: u64 = 150;

/// Runs that are spent on making a case smaller that is bred from.
const RUNS_FOR_A_PARENT: u64 = 50;

/// One for each thread.
pub(super) struct Finder<'w> {
    hunt: &'w Hunt,
    shared: &'w Shared<'w>,
    sender: &'w Sender<Event>,
    judge: Judge,
    inquiry: Inquiry,
    /// What the runs mend now.
    pub mends: DefectSet,
    pub causes: Causes,
    /// What to breed from, since the last batch.
    pub parents: Vec<(UnderTest, Case)>,
}

/// A run that shows something, as a case.
struct Shown {
    /// With the form, the mends and the schedule.
    case: Case,
    tested: UnderTest,
    signature: Signature,
    hash: u64,
    at_case: u64,
}

impl<'w> Finder<'w> {
    pub fn new(hunt: &'w Hunt, shared: &'w Shared<'w>, sender: &'w Sender<Event>) -> Self {
        let profile = hunt.field.profile;
        Self {
            hunt,
            shared,
            sender,
            judge: Judge::new(profile),
            inquiry: Inquiry::new(profile),
            mends: DefectSet::NONE,
            causes: Causes::default(),
            parents: Vec::new(),
        }
    }

    pub fn look_at(&mut self, sighting: Sighting<'_>) {
        let Sighting { at_case, case, tested, seen } = sighting;
        match seen {
            Seen::Panic { message, schedule } => self.panicked(case, tested, schedule, message, at_case),
            Seen::Verdicts(judgement) => {
                let run = (judgement.run.schedule, judgement.run.hash);
                for verdict in judgement.verdicts {
                    self.judged(case, tested, run, verdict, at_case);
                }
            }
        }
    }

    fn judged(
        &mut self,
        case: &Case,
        tested: UnderTest,
        (schedule, hash): (&[Slice], u64),
        verdict: &Verdict,
        at_case: u64,
    ) {
        let signature = Signature::of(case, tested, verdict);
        if self.mends != DefectSet::ALL && !self.causes.is_due(signature) {
            return;
        }
        let mut case = Case { form: tested.pinned(signature.form), schedule: schedule.to_vec(), ..case.clone() };
        mend_too(&mut case, self.mends);
        let shown = Shown { case, tested, signature, hash, at_case };
        let start = Instant::now();
        let attributed = caught(|| self.attribute(&shown));
        self.shared.add_attribution(start.elapsed());
        match attributed {
            Ok(Attributed::Recognised) => {}
            Ok(Attributed::Unknown) => self.explain(shown),
            Ok(Attributed::Unexplained(stay)) => self.unexplained(shown, stay),
            Err(message) => self.broke(shown, message),
        }
    }

    fn attribute(&mut self, shown: &Shown) -> Attributed {
        let Shown { case, tested, signature, .. } = shown;
        let is_shown_by = |it: UnderTest| {
            it.refusal(case).is_none() && self.inquiry.is_shown_under(case, it, signature.class, signature.rule)
        };
        if self.hunt.field.against.is_some_and(is_shown_by) {
            return Attributed::Recognised;
        }
        // In a subject there is nothing to mend: whatever it shows stays.
        if self.mends == DefectSet::ALL || tested.is_subject() {
            let stay = Stay { signature: *signature, schedule: case.schedule.clone(), hash: shown.hash };
            return Attributed::Unexplained(stay);
        }
        self.causes.attribute(&mut self.inquiry, case, *tested, signature)
    }

    /// Of what goes when all is mended: asks for the cause, and tells it. Mostly the run as it is says which single
    /// defects it is. Otherwise it is made somewhat smaller first.
    fn explain(&mut self, shown: Shown) {
        match self.ask(&shown, Inquiry::single_cause) {
            Ok(Ok(Some(single))) if single.is_plain || is_known_finding(&single.cause, &shown.signature) => {
                return self.explained(shown, single.cause);
            }
            Ok(Ok(_)) => {}
            Ok(Err(stay)) => return self.unexplained(shown, stay),
            Err(message) => return self.broke(shown, message),
        }
        let tested = shown.tested;
        let smaller = match caught(|| self.made_small(&shown, Effort::Runs(RUNS_FOR_A_CAUSE), &[DefectSet::ALL])) {
            Ok(Ok(case)) => Shown { hash: self.judge.replay(&case, tested).run.hash, case, ..shown },
            Ok(Err(why)) => return self.irreducible(shown, why),
            Err(message) => return self.broke(shown, message),
        };
        match self.ask(&smaller, Inquiry::explained) {
            Ok(Ok(cause)) => self.explained(smaller, cause),
            Ok(Err(stay)) => self.unexplained(smaller, stay),
            Err(message) => self.broke(smaller, message),
        }
    }

    /// Asks for the cause of what goes when all is mended, and counts the time that it takes: the answer, or the run
    /// that shows that it stays after all; or the message of a panic.
    fn ask<T>(
        &mut self,
        Shown { case, tested, signature, .. }: &Shown,
        question: fn(&mut Inquiry, &Case, UnderTest, &Signature) -> T,
    ) -> Result<Result<T, Stay>, String> {
        let start = Instant::now();
        let inquiry = &mut self.inquiry;
        let answer = caught(|| match inquiry.stays(case, *tested, signature) {
            Some(stay) => Err(stay),
            None => Ok(question(inquiry, case, *tested, signature)),
        });
        self.shared.add_attribution(start.elapsed());
        answer
    }

    /// Tells of this cause and symptom, unless another thread has. What is new, and the first of each defect, is made
    /// as small as it goes before; the rest is told as it ran, so that it costs little. The first of a cause under
    /// a strategy is bred from, somewhat smaller. What is bred from must not depend on what other threads have
    /// told.
    fn explained(&mut self, shown: Shown, cause: Cause) {
        let signature = shown.signature;
        if !self.causes.learn(&cause, signature) {
            return;
        }
        let is_known = is_known_finding(&cause, &signature);
        if self.causes.is_first_under(&cause, shown.tested) || !is_known {
            match self.made_smaller(&shown) {
                Ok(case) => self.parents.push((shown.tested, case)),
                Err(message) => return self.broke(shown, message),
            }
        }
        if !self.shared.claim(Claim::Explained(cause.clone(), symptom(&signature))) {
            return;
        }
        if is_known && !self.shared.claim(Claim::First(cause.headword())) {
            return self.tell_as_it_is(shown, cause);
        }
        if let Some(small) = self.made_small_with(shown, &cause) {
            let case = small.case.clone();
            self.tell(&small, case, cause);
        }
    }

    /// A smaller case that still shows it, whatever its cause, to breed from.
    fn made_smaller(&mut self, Shown { case, tested, signature, .. }: &Shown) -> Result<Case, String> {
        let judge = &mut self.judge;
        caught(|| case::shrink_within(RUNS_FOR_A_PARENT, case, &mut |it| judge.shows(it, *tested, signature)))
    }

    /// Tells of a run as it is, after it ran a second time.
    fn tell_as_it_is(&mut self, shown: Shown, cause: Cause) {
        match caught(|| self.made_small(&shown, Effort::Runs(0), &[])) {
            Ok(Ok(case)) => self.tell(&shown, case, cause),
            Ok(Err(why)) => self.irreducible(shown, why),
            Err(message) => self.broke(shown, message),
        }
    }

    /// The same as the smallest case with this cause, or as it is if what is smaller has another. `None` if that could
    /// not be done at all, which is told.
    fn made_small_with(&mut self, shown: Shown, cause: &Cause) -> Option<Shown> {
        let (tested, signature) = (shown.tested, shown.signature);
        // It has to stay what it is: each of its alternatives makes it go.
        let goes: Vec<DefectSet> = [DefectSet::ALL].into_iter().chain(cause.sets().iter().copied()).collect();
        let small = caught(|| {
            let case = self.made_small(&shown, Effort::All, &goes)?;
            let stays = self.inquiry.explained(&case, tested, &signature) == *cause
                && self.inquiry.stays(&case, tested, &signature).is_none();
            // A cause that is not plain can depend on how the schedule is written: then the case stays as it ran.
            let case = if stays { case } else { self.made_small(&shown, Effort::Runs(0), &[])? };
            Ok((self.judge.replay(&case, tested).run.hash, case))
        });
        match small {
            Ok(Ok((hash, case))) => return Some(Shown { case, hash, ..shown }),
            Ok(Err(why)) => self.irreducible(shown, why),
            Err(message) => self.broke(shown, message),
        }
        None
    }

    /// Of what stays with every defect mended: makes it small with all of them mended, and tells it. What a subject
    /// shows that was witnessed before is told as it ran, so that it costs little.
    fn unexplained(&mut self, shown: Shown, Stay { signature, schedule, hash }: Stay) {
        if !self.causes.learn(&Cause::UNEXPLAINED, signature) {
            return;
        }
        let mut case = Case { schedule, ..shown.case };
        let is_of_subject = shown.tested.is_subject();
        if !is_of_subject {
            mend_too(&mut case, DefectSet::ALL);
        }
        let shown = Shown { case, signature, hash, ..shown };
        let parent = if is_of_subject { self.made_smaller(&shown) } else { Ok(shown.case.clone()) };
        match parent {
            Ok(case) => self.parents.push((shown.tested, case)),
            Err(message) => return self.broke(shown, message),
        }
        if !self.shared.claim(Claim::Unexplained(signature)) {
            return;
        }
        if is_of_subject && !self.is_new(&Cause::UNEXPLAINED, &signature) {
            return self.tell_as_it_is(shown, Cause::UNEXPLAINED);
        }
        match caught(|| self.made_small(&shown, Effort::All, &[])) {
            Ok(Ok(small)) => self.tell(&shown, small, Cause::UNEXPLAINED),
            Ok(Err(why)) => self.irreducible(shown, why),
            Err(message) => self.broke(shown, message),
        }
    }

    /// A smaller case that shows it, that goes with each of these mends, and that is not shown by what the hunt is
    /// against.
    fn made_small(&mut self, shown: &Shown, effort: Effort, goes_with: &[DefectSet]) -> Result<Case, Irreducible> {
        let Shown { case, tested, signature, hash, .. } = shown;
        let Field { against, .. } = self.hunt.field;
        let (judge, inquiry) = (&mut self.judge, &mut self.inquiry);
        let pinned = pin(judge, case, *tested, (&case.schedule, *hash), signature, effort)?;
        let mut keeps = |case: &Case| {
            goes_with.iter().all(|it| inquiry.goes_with(*it, case, *tested, signature))
                && !against.is_some_and(|it| {
                    it.refusal(case).is_none() && inquiry.is_shown_under(case, it, signature.class, signature.rule)
                })
        };
        reduce_while(judge, &pinned, *tested, signature, effort, &mut keeps, &mut |_| {})
    }

    fn irreducible(&self, shown: Shown, why: Irreducible) {
        let mut case = shown.case;
        case.schedule.truncate(Case::MAX_SLICES);
        self.trouble(shown.tested, TroubleKind::Irreducible(shown.signature, why), case, shown.at_case);
    }

    fn tell(&mut self, shown: &Shown, mut small: Case, cause: Cause) {
        let Shown { tested, signature, at_case, .. } = shown;
        let verdicts = self.judge.replay(&small, *tested).verdicts;
        let same = verdicts.iter().find(|it| Signature::of(&small, *tested, it) == *signature);
        let sentence = same.map_or_else(String::new, |it| report::sentence(&small, it));
        let sentence = sentence.replace('\n', " ").trim_end().to_owned();
        let mut lines = vec![signature.to_string(), format!("Cause: {cause}."), sentence.clone()];
        if signature.in_subject {
            // Nobody can name a defect of a subject.
            lines.remove(1);
        }
        small.comments = self.comments(lines, *at_case);
        let finding = Finding {
            signature: *signature,
            new: self.is_new(&cause, signature),
            needs: needs(&small),
            cause,
            case: small,
            sentence,
            at_case: *at_case,
            seconds: 0.0,
        };
        self.send(Event::Finding(Box::new(finding)));
    }

    /// Whether nobody knows it: in a strategy the registry knows causes, in a subject its witnesses know findings.
    fn is_new(&self, cause: &Cause, signature: &Signature) -> bool {
        let is_witnessed = |it: &Expectation| is_for(it, signature.strategy) && is_met_by(it, signature);
        if signature.in_subject {
            !self.hunt.field.witnessed.iter().any(is_witnessed)
        } else {
            !is_known_finding(cause, signature)
        }
    }

    /// Something of ours panicked while it looked at a run. Nobody knows in what state that left the machines.
    fn broke(&mut self, shown: Shown, message: String) {
        let profile = self.hunt.field.profile;
        (self.judge, self.inquiry) = (Judge::new(profile), Inquiry::new(profile));
        if self.shared.claim(Claim::Panic(shown.tested.id(), place(&message).to_owned())) {
            let mut case = shown.case;
            case.schedule.truncate(Case::MAX_SLICES);
            self.trouble(shown.tested, TroubleKind::Panic(message), case, shown.at_case);
        }
    }

    /// A panic is made small like a finding, as long as its message and place stay the same.
    fn panicked(&mut self, case: &Case, tested: UnderTest, schedule: &[Slice], message: String, at_case: u64) {
        if !self.shared.claim(Claim::Panic(tested.id(), place(&message).to_owned())) {
            return;
        }
        let profile = self.hunt.field.profile;
        let mut pinned = Case { form: tested.form_for(case), schedule: schedule.to_vec(), ..case.clone() };
        mend_too(&mut pinned, self.mends);
        pinned.schedule.truncate(Case::MAX_SLICES);
        let panics = &mut |case: &Case| {
            tested.refusal(case).is_none()
                && caught(|| Judge::new(profile).replay(case, tested).verdicts.len())
                    .is_err_and(|it| place(&it) == place(&message))
        };
        let small = case::shrink(&pinned, panics, &mut |_| {}).case;
        self.trouble(tested, TroubleKind::Panic(message), small, at_case);
    }

    fn trouble(&self, tested: UnderTest, kind: TroubleKind, mut case: Case, at_case: u64) {
        let id = tested.id();
        let what = match &kind {
            TroubleKind::Panic(message) => format!("{message}, under {id}"),
            TroubleKind::Irreducible(signature, why) => format!("{signature}: {why}"),
            TroubleKind::Control(name, _) => format!("the control {name} is not silent under {id}"),
        };
        case.comments = self.comments(vec![what], at_case);
        self.send(Event::Trouble(Box::new(Trouble { strategy: id, kind, case, at_case })));
    }

    fn comments(&self, mut lines: Vec<String>, at_case: u64) -> Vec<String> {
        lines.iter_mut().for_each(|it| it.truncate(it.trim_end().len()));
        lines.push(format!("Found by hunting with seed {}, at case {at_case}.", self.hunt.field.seed));
        lines
    }

    /// Nobody listens any more only when the hunt is over: then there is nothing to tell.
    fn send(&self, event: Event) {
        let _ = self.sender.send(event);
    }
}

/// The place in a panic's message: the rest may contain values that shrinking changes.
fn place(message: &str) -> &str {
    message.split_once(": ").map_or(message, |(place, _)| place)
}
