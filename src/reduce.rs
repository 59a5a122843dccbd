//! From a run that shows something to the smallest case that shows it, with the schedule and the form written down, run
//! twice.

use crate::judge::{Judge, Signature};
use crate::under_test::{self, UnderTest};
use crate::witness::{Comparison, compare, is_for};
use case::{Case, Expectation, Progress, Slice};

/// Schedules longer than this are left to the shrinker, which halves: simplifying one tries each turn alone.
const MOST_TURNS_TO_SIMPLIFY: usize = 200;

/// Why a run could not be made a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Irreducible {
    /// The schedule that was recorded does not show it again, and is longer than a case can hold.
    #[error("its schedule is longer than a case can hold")]
    TooLong,
    /// The same case ran differently: the machine is not deterministic.
    #[error("the same case ran differently: trace hash {first:016x}, then {second:016x}")]
    Nondeterministic {
        /// The trace's hash, once.
        first: u64,
        /// And again.
        second: u64,
    },
    /// The case does not show it at all.
    #[error("the case does not show it")]
    NotShown,
}

/// A recorded run as a case that replays it: the same form, and the schedule as turns. It runs once more. With all
/// effort the schedule is written as plainly as it goes.
///
/// # Errors
/// If it does not run the same way again.
pub fn pin(
    judge: &mut Judge,
    case: &Case,
    tested: impl Into<UnderTest>,
    (schedule, hash): (&[Slice], u64),
    wanted: &Signature,
    effort: Effort,
) -> Result<Case, Irreducible> {
    let tested = tested.into();
    let mut pinned = Case { form: tested.pinned(wanted.form), schedule: schedule.to_vec(), ..case.clone() };
    if schedule.len() > Case::MAX_SLICES {
        pinned.schedule.truncate(Case::MAX_SLICES);
        return if judge.shows(&pinned, tested, wanted) { Ok(pinned) } else { Err(Irreducible::TooLong) };
    }
    let again = judge.replay(&pinned, tested);
    let second = again.run.hash;
    if second != hash {
        return Err(Irreducible::Nondeterministic { first: hash, second });
    }
    if !again.verdicts.iter().any(|it| Signature::of(&pinned, tested, it) == *wanted) {
        return Err(Irreducible::NotShown);
    }
    if effort == Effort::All && schedule.len() <= MOST_TURNS_TO_SIMPLIFY {
        let mut candidate = pinned.clone();
        pinned.schedule = case::simplify_schedule(schedule, &mut |schedule| {
            candidate.schedule.clear();
            candidate.schedule.extend_from_slice(schedule);
            judge.replay(&candidate, tested).run.hash == hash
        });
    }
    Ok(pinned)
}

/// The smallest case that still shows this, with what it shows as its expectations. A candidate counts only if
/// strategy, filesystem, class, rule, persistence and cycle are the same.
///
/// # Errors
/// If the case does not show it to begin with, or does not run the same way twice.
pub fn reduce(
    judge: &mut Judge,
    case: &Case,
    tested: impl Into<UnderTest>,
    wanted: &Signature,
    progress: &mut dyn FnMut(&Progress),
) -> Result<Case, Irreducible> {
    reduce_while(judge, case, tested, wanted, Effort::All, &mut |_| true, progress)
}

/// How much is done to make a case smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// All there is, with the proof that nothing more can go.
    All,
    /// So many runs; with none, the case stays as it is.
    Runs(u64),
}

/// The same, where a candidate counts only if this is true of it, too: that its cause stays, for example.
///
/// # Errors
/// Those of [`reduce`].
pub fn reduce_while(
    judge: &mut Judge,
    case: &Case,
    tested: impl Into<UnderTest>,
    wanted: &Signature,
    effort: Effort,
    also: &mut dyn FnMut(&Case) -> bool,
    progress: &mut dyn FnMut(&Progress),
) -> Result<Case, Irreducible> {
    let tested = tested.into();
    let pinned = Case { form: tested.pinned(wanted.form), ..case.clone() };
    if !judge.shows(&pinned, tested, wanted) {
        return Err(Irreducible::NotShown);
    }
    let mut still_shows = |case: &Case| judge.shows(case, tested, wanted) && also(case);
    let smallest = match effort {
        Effort::All => match tested {
            UnderTest::Strategy(_) => case::shrink(&pinned, &mut still_shows, progress).case,
            UnderTest::Subject(it) => case::shrink_for(&it.abilities, &pinned, &mut still_shows, progress).case,
        },
        Effort::Runs(runs) => case::shrink_within(runs, &pinned, &mut still_shows),
    };
    with_expectations(judge, smallest, tested, wanted)
}

/// The case with what it shows as its expectations, run once more by a machine that has run nothing else: what one run
/// leaves behind must not matter to the next.
fn with_expectations(
    judge: &mut Judge,
    mut case: Case,
    tested: UnderTest,
    wanted: &Signature,
) -> Result<Case, Irreducible> {
    let first = judge.replay(&case, tested);
    let hash = first.run.hash;
    // All that the case shows is expected of it, what it is for before the rest.
    let mut shown: Vec<Signature> = first.verdicts.iter().map(|it| Signature::of(&case, tested, it)).collect();
    shown.sort_by_key(|it| it != wanted);
    let second = Judge::new(judge.profile()).replay(&case, tested).run.hash;
    if hash != second {
        return Err(Irreducible::Nondeterministic { first: hash, second });
    }
    let before = std::mem::replace(&mut case.expectations, expectations(&shown));
    let of_others = before.into_iter().filter(|it| !is_for(it, tested.id()) && still_holds(judge, &case, it));
    let of_others: Vec<Expectation> = of_others.collect();
    case.expectations.extend(of_others);
    case.expectations.truncate(Case::MAX_EXPECTATIONS);
    Ok(case)
}

/// Whether what the larger case expected of something else is true of the smaller one.
fn still_holds(judge: &mut Judge, case: &Case, expectation: &Expectation) -> bool {
    let other = under_test::find(&expectation.strategy).filter(|it| it.refusal(case).is_none());
    other.is_some_and(|other| {
        let verdicts = judge.replay(case, other).verdicts;
        let found: Vec<Signature> = verdicts.iter().map(|it| Signature::of(case, other, it)).collect();
        compare(std::slice::from_ref(expectation), other.id(), &found) != Comparison::Unmet
    })
}

/// Findings as a case expects them, each once.
#[must_use]
pub fn expectations(found: &[Signature]) -> Vec<Expectation> {
    let mut expectations = Vec::new();
    for it in found {
        let finding = Some((it.class.to_string(), it.detail().map(str::to_owned)));
        let expectation = Expectation { strategy: it.strategy.to_owned(), finding };
        if !expectations.contains(&expectation) {
            expectations.push(expectation);
        }
    }
    expectations
}
