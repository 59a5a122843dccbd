//! What a case comes to on one kernel and filesystem.

use super::told::{Found, Told};
use crate::witness::REAL_KERNEL;
use case::Expectation;
use std::path::PathBuf;

/// What it comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It shows what it expects; if it expects nothing, it shows something.
    Shown,
    /// It does not.
    NotShown,
    /// Something that it asks for could not be done, so that it says nothing.
    Inconclusive,
    /// There is no such filesystem, or the kernel does not boot.
    CannotRun,
    /// The kernel came to no end, or to a sudden one.
    Hung,
}

impl Outcome {
    /// Its word for machines.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::NotShown => "not-shown",
            Self::Inconclusive => "inconclusive",
            Self::CannotRun => "cannot-run",
            Self::Hung => "hung",
        }
    }
}

/// The outcome, with what led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    pub outcome: Outcome,
    /// In how many runs it was shown, if that is known.
    pub shown: Option<u32>,
    /// How often it was run.
    pub times: u32,
    /// All that was found.
    pub findings: Vec<Found>,
    /// What could not be done.
    pub why: Vec<String>,
    /// Where the console of a kernel that hung is kept.
    pub console: Option<PathBuf>,
}

impl Judged {
    /// Of what `host` has told of a case with these expectations.
    pub fn of(told: Told, expectations: &[Expectation], times: u32) -> Self {
        let Told { findings, limits, inconclusive, times: told_times, .. } = told;
        let times = told_times.unwrap_or(times);
        let is_it = |it: &&Found| expected(expectations).next().is_none() || is_expected(it, expectations);
        let matching: Vec<&Found> = findings.iter().filter(is_it).collect();
        let counts = matching.iter().map(|it| it.times).collect::<Option<Vec<u32>>>();
        let shown = counts.map(|it| it.into_iter().max().unwrap_or(0));
        // If only some are mute, the others have said that it is not there. Where it is not told which are, what was
        // left out may be what the case is about.
        let is_mute = inconclusive.as_ref().map_or(!limits.is_empty(), |it| it.times >= times);
        let mut why = inconclusive.map_or_else(Vec::new, |it| it.why);
        let outcome = if !matching.is_empty() {
            Outcome::Shown
        } else if is_mute {
            Outcome::Inconclusive
        } else {
            Outcome::NotShown
        };
        why.extend(limits.into_iter().filter(|it| !why.contains(it)).collect::<Vec<_>>());
        Self { outcome, shown, times, findings: findings.into_iter().map(Found::public).collect(), why, console: None }
    }

    /// Of what could not be run.
    pub fn cannot_run(why: impl Into<String>) -> Self {
        Self::without_result(Outcome::CannotRun, why.into(), None)
    }

    /// Of what a kernel did not get over.
    pub fn hung(why: impl Into<String>, console: Option<PathBuf>) -> Self {
        Self::without_result(Outcome::Hung, why.into(), console)
    }

    fn without_result(outcome: Outcome, why: String, console: Option<PathBuf>) -> Self {
        Self { outcome, shown: Some(0), times: 0, findings: Vec::new(), why: vec![why], console }
    }

    /// What was found that the expectations do not name.
    pub fn others<'j>(&'j self, expectations: &'j [Expectation]) -> impl Iterator<Item = &'j Found> {
        self.findings.iter().filter(|it| !is_expected(it, expectations))
    }

    /// Whether its kernel does not boot: of what cannot run, only that has a console.
    pub fn does_not_boot(&self) -> bool {
        self.outcome == Outcome::CannotRun && self.console.is_some()
    }

    /// Whether it breaks an expectation by itself: `expect host silent`, and something was found.
    pub fn is_not_silent(&self, expectations: &[Expectation]) -> bool {
        !self.findings.is_empty() && of_host(expectations).any(|it| it.finding.is_none())
    }
}

fn of_host(expectations: &[Expectation]) -> impl Iterator<Item = &Expectation> {
    expectations.iter().filter(|it| it.strategy == REAL_KERNEL)
}

/// The findings that a case expects of a real kernel.
pub fn expected(expectations: &[Expectation]) -> impl Iterator<Item = &Expectation> {
    of_host(expectations).filter(|it| it.finding.is_some())
}

fn is_expected(found: &Found, expectations: &[Expectation]) -> bool {
    expected(expectations).any(|it| found.is(it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::kernels::told::Inconclusive;

    fn expectations(lines: &str) -> Vec<Expectation> {
        let text = format!("shortcopy case 1\nfs block\nfile a size 0 disk - cached -\n{lines}");
        case::repair::decode(text.as_bytes()).case.expectations
    }

    fn found(class: &str, times: Option<u32>) -> Found {
        let (persistence, rule) = (Some("persistent".to_owned()), Some("S1".to_owned()));
        Found { class: class.to_owned(), persistence, rule, cycle: None, times, cause: None }
    }

    fn judged(findings: Vec<Found>, inconclusive: u32, limits: &[&str], lines: &str) -> Judged {
        let why = vec!["madvise: EINVAL".to_owned()];
        let inconclusive = (inconclusive > 0).then_some(Inconclusive { times: inconclusive, why });
        let limits = limits.iter().map(|it| (*it).to_owned()).collect();
        let told = Told { case: String::new(), times: None, findings, limits, inconclusive };
        Judged::of(told, &expectations(lines), 10)
    }

    #[test]
    fn what_is_expected_counts_and_without_an_expectation_anything_does() {
        use Outcome::{Inconclusive, NotShown, Shown};
        let size = || vec![found("SIZE", Some(7))];
        let table = [
            (judged(size(), 0, &[], ""), Shown),
            (judged(size(), 0, &[], "expect host SIZE"), Shown),
            (judged(size(), 0, &[], "expect host SIZE persistent"), Shown),
            (judged(size(), 0, &[], "expect host SIZE transient"), NotShown),
            (judged(size(), 0, &[], "expect host ZERO"), NotShown),
            (judged(size(), 0, &[], "expect baseline ZERO"), Shown),
            (judged(size(), 10, &[], "expect host ZERO"), Inconclusive),
            (judged(Vec::new(), 10, &[], ""), Inconclusive),
            (judged(Vec::new(), 4, &[], ""), NotShown),
            (judged(Vec::new(), 0, &["faults: left out"], ""), Inconclusive),
            (judged(Vec::new(), 1, &["faults: left out"], ""), NotShown),
            (judged(Vec::new(), 0, &[], "expect host silent"), NotShown),
        ];
        for (judged, outcome) in &table {
            assert_eq!(judged.outcome, *outcome, "{judged:?}");
        }
        assert_eq!(judged(size(), 0, &[], "").shown, Some(7));
        assert_eq!(judged(Vec::new(), 0, &[], "").shown, Some(0));
        assert_eq!(judged(vec![found("SIZE", None)], 0, &[], "").shown, None);
    }

    #[test]
    fn what_is_not_named_is_another_finding() {
        let lines = "expect host SIZE\n";
        let it = judged(vec![found("SIZE", Some(1)), found("UNINIT", Some(1))], 0, &[], lines);
        let expectations_of_it = expectations(lines);
        let others: Vec<&Found> = it.others(&expectations_of_it).collect();
        assert_eq!(others.len(), 1);
        assert_eq!((others[0].class.as_str(), &others[0].rule), ("UNINIT", &None));
        let silent = judged(vec![found("SIZE", Some(1))], 0, &[], "expect host silent");
        assert!(silent.is_not_silent(&expectations("expect host silent")));
    }
}
