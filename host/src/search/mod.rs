//! The search on a real kernel: generated cases, run and judged, and what they show made small.

mod cases;
mod finer;

pub use cases::{Cases, cache_everything};
pub use finer::make_finer;

use crate::executor::{Executor, Ran};
use crate::limits::{Limit, Limits};
use crate::manner::Manner;
use crate::power::LosePower;
use case::Case;
use oracle::{Checker, Class, Exercised, History, Notation, Persistence, Profile, Quirk, Rule, Verdict};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// How often a finding is run again, to see whether it repeats.
pub const REPEATS: u32 = 10;

/// What makes two findings on one filesystem the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signature {
    /// What was seen.
    pub class: Class,
    /// Whether it was still there at rest.
    pub persistence: Option<Persistence>,
    /// The rule that it breaks.
    pub rule: Rule,
    /// For a deadlock, its notation.
    pub cycle: Option<Notation>,
}

impl From<&Verdict> for Signature {
    fn from(verdict: &Verdict) -> Self {
        let Verdict { class, persistence, rule, notation, .. } = *verdict;
        Self { class, persistence, rule, cycle: notation }
    }
}

impl Signature {
    /// Whether it shows what memory or another file held: on a real kernel that is a security report.
    #[must_use]
    pub const fn is_sensitive(&self) -> bool {
        matches!(self.class, Class::Uninit | Class::StaleBlock | Class::ForeignFile)
    }
}

/// What is wrong with a run, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What it is.
    pub signature: Signature,
    /// In one sentence.
    pub message: String,
    /// Where, with which operations, and cell by cell what was seen and what was expected: lines.
    pub details: String,
}

/// Puts a verdict into words: lines.
pub type Describe = fn(&Case, &History, &Verdict) -> String;

/// Something found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What it is.
    pub wrong: Wrong,
    /// The smallest case that shows it.
    pub case: Case,
    /// How it has to be run.
    pub manner: Manner,
    /// How often it showed itself again, of [`REPEATS`].
    pub repeats: u32,
    /// At which run it was seen first, from 1.
    pub at_case: u64,
    /// What the kernel says of the tasks, if they hang.
    pub hang: Vec<String>,
}

/// So far.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Cases run, those for making others small included.
    pub runs: u64,
    /// Generated cases.
    pub cases: u64,
    /// System calls of the cases' operations.
    pub calls: u64,
    /// Stops of operations at pages that were not there.
    pub stops: u64,
    /// What could not be had.
    pub limits: Limits,
}

/// Searches in one directory.
#[derive(Debug)]
pub struct Search {
    executor: Executor,
    checker: Checker,
    cases: Cases,
    profile: Profile,
    describe: Describe,
    seen: BTreeSet<Signature>,
    /// So far.
    pub totals: Totals,
}

/// What one run showed.
struct Shown {
    wrongs: Vec<Wrong>,
    hang: Vec<String>,
}

impl Search {
    /// A search in this directory, whose randomness comes from the seed.
    ///
    /// # Errors
    /// As [`Executor::new`].
    pub fn new(directory: &Path, seed: u64, profile: Profile, describe: Describe) -> io::Result<Self> {
        Ok(Self {
            executor: Executor::new(directory, seed)?,
            checker: Checker::new(),
            cases: Cases::new(seed),
            profile,
            describe,
            seen: BTreeSet::new(),
            totals: Totals::default(),
        })
    }

    /// Cases lose power from now on, most of them; see [`Executor::power_is_lost_by`].
    pub fn power_is_lost_by(&mut self, lose: LosePower, unordered: bool) {
        self.executor.power_is_lost_by(lose, unordered);
        self.cases.crash();
    }

    /// Runs the next case; what nobody has seen yet is made small.
    ///
    /// # Errors
    /// If a case cannot be run: the directory is gone, the disk is full, a task hangs (then the finding is the error's last word, and
    /// nothing else can be run).
    pub fn step(&mut self) -> io::Result<Vec<Finding>> {
        let (case, manner) = self.cases.draw();
        self.totals.cases += 1;
        self.look_at(&case, manner)
    }

    /// Runs a case, and makes small what it shows that has not been seen.
    ///
    /// # Errors
    /// As [`Search::step`].
    pub fn look_at(&mut self, case: &Case, manner: Manner) -> io::Result<Vec<Finding>> {
        let shown = self.run(case, manner)?;
        let at_case = self.totals.cases;
        let mut findings = Vec::new();
        for wrong in shown.wrongs {
            let signature = wrong.signature;
            if !self.seen.insert(signature) {
                continue;
            }
            let hang = shown.hang.clone();
            let mut finding = Finding { wrong, case: case.clone(), manner, repeats: 0, at_case, hang };
            if finding.hang.is_empty() {
                self.make_small(&mut finding)?;
            }
            if finding.repeats == 0 && finding.hang.is_empty() {
                // Once is perhaps a coincidence of patterns: the next time it counts again.
                self.seen.remove(&signature);
                continue;
            }
            findings.push(finding);
        }
        Ok(findings)
    }

    /// Runs a case once: all that it shows.
    ///
    /// # Errors
    /// As [`Search::step`].
    pub fn wrongs(&mut self, case: &Case, manner: Manner) -> io::Result<Vec<Wrong>> {
        Ok(self.run(case, manner)?.wrongs)
    }

    fn run(&mut self, case: &Case, manner: Manner) -> io::Result<Shown> {
        let Ran { history, limits, stops, calls, hang } = self.executor.run(case, manner)?;
        self.totals.runs += 1;
        self.totals.calls += calls;
        self.totals.stops += stops;
        self.totals.limits.merge(&limits);
        let content_is_told = !limits.has(Limit::DeepCopies);
        let verdicts = self.checker.check(history, self.profile);
        // Who hangs and how long a file is can be told all the same.
        let told = verdicts.iter().filter(|it| content_is_told || it.seen.is_empty());
        let wrongs = told.map(|it| Wrong {
            signature: it.into(),
            message: it.message.clone(),
            details: (self.describe)(case, history, it),
        });
        let mut wrongs: Vec<Wrong> = wrongs.collect();
        if !wrongs.is_empty() {
            let (checker, profile) = (&mut self.checker, self.profile);
            self.executor.is_in_all_readings(case, |history| {
                let other = checker.check(history, profile);
                wrongs.retain(|wrong| other.iter().any(|it| Signature::from(it) == wrong.signature));
                !wrongs.is_empty()
            });
        }
        let hang = hang.into_iter().flat_map(|it| it.tasks).map(|(task, sleeper)| {
            let name = case.tasks[task].name;
            format!("task {name} is in state {} in {}\n{}", sleeper.state, sleeper.waits_in, sleeper.stack)
        });
        Ok(Shown { wrongs, hang: hang.collect() })
    }

    fn shows(&mut self, case: &Case, manner: Manner, wanted: Signature) -> io::Result<bool> {
        Ok(self.run(case, manner)?.wrongs.iter().any(|it| it.signature == wanted))
    }

    /// Makes the case of a finding as small as it goes, and counts how often that repeats.
    fn make_small(&mut self, finding: &mut Finding) -> io::Result<()> {
        let (manner, wanted) = (finding.manner, finding.wrong.signature);
        // Patterns differ from run to run: what is a coincidence does not come twice.
        let tries = if manner.racing { 8 } else { 2 };
        let mut trouble = None;
        let mut still_fails = |case: &Case| {
            let mut failed = 0;
            for number in 0..tries {
                match self.shows(case, manner, wanted) {
                    Ok(shows) => failed += u32::from(shows),
                    Err(error) => {
                        trouble = Some(error);
                        return false;
                    }
                }
                if manner.racing && failed > 0 || !manner.racing && failed <= number {
                    break;
                }
            }
            failed == if manner.racing { 1 } else { tries }
        };
        let small = case::shrink(&finding.case, &mut still_fails, &mut |_| {});
        if let Some(error) = trouble {
            return Err(error);
        }
        finding.case = small.case;
        finding.case.minimal = false;
        for _ in 0..REPEATS {
            finding.repeats += u32::from(self.shows(&finding.case, manner, wanted)?);
        }
        Ok(())
    }

    /// How often each rule was put to the test, and each quirk seen.
    #[must_use]
    pub const fn exercised(&self) -> &Exercised {
        self.checker.exercised()
    }

    /// The quirks that were seen, by name.
    pub fn quirks(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let count = |it: &Quirk| (it.as_str(), self.exercised().quirk(*it));
        Quirk::ALL.iter().map(count).filter(|(_, count)| *count > 0)
    }
}
