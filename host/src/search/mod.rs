//! The search on a real kernel: runs and judges generated cases, and shrinks what they show.

mod cases;
mod late_crash;
mod prefixes;
mod resolution;

pub use cases::{Cases, cache_everything};
pub use resolution::raise_resolution;

use prefixes::{Prefixes, Share};

use crate::executor::{Executor, Ran};
use crate::limits::{Limit, Limits};
use crate::manner::Manner;
use crate::power_supply::Medium;
use case::Case;
use oracle::{Checker, Class, Exercised, History, Notation, Persistence, Profile, Quirk, Rule, Verdict};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a finding is run again, to see whether it repeats.
pub const REPEATS: u32 = 10;

/// How long to shrink a case whose runs take seconds each.
const PATIENCE_WITH_PREFIXES: Duration = Duration::from_secs(120);

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
    /// Whether it shows what memory or another file held: on a real kernel that needs a security report.
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
    /// Lines that say where, with which operations, and cell by cell what was seen and what was expected.
    pub details: String,
    /// The change of the disk before which power was lost, if that was not where the case says.
    pub change: Option<usize>,
}

/// Describes a verdict in lines of text.
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
    /// How often it came again, of [`REPEATS`].
    pub repeats: u32,
    /// How often the same case showed uninitialised memory when free memory was sprayed just before, of [`REPEATS`].
    /// The old content of a freed page may look like anything, most of all like an older version of the same file.
    pub uninit_if_sprayed: u32,
    /// At which run it was seen first, from 1.
    pub at_case: u64,
    /// What the kernel says of the tasks, if they hang.
    pub hang: Vec<String>,
}

impl Finding {
    /// Whether only the people who mend it may read it, because of its class or because it turned out to be
    /// uninitialised memory.
    #[must_use]
    pub const fn is_sensitive(&self) -> bool {
        self.uninit_if_sprayed > 0 || self.wrong.signature.is_sensitive()
    }
}

/// The counts so far.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Cases run, including those for shrinking others.
    pub runs: u64,
    /// Generated cases.
    pub cases: u64,
    /// System calls of the cases' operations.
    pub calls: u64,
    /// Stops of operations at pages that were not there.
    pub stops: u64,
    /// States of a disk before a write to it whose files were looked at.
    pub prefixes: u64,
    /// Such states that were left out because there were too many.
    pub prefixes_left_out: u64,
    /// Histories that are wrong in the first reading, but right, or wrong in another way, in another reading of bytes
    /// that fit two writes. They are not reported.
    pub read_otherwise: u64,
    /// What was not possible.
    pub limits: Limits,
}

/// Searches in one directory.
#[derive(Debug)]
pub struct Search {
    executor: Executor,
    checker: Checker,
    cases: Cases,
    prefixes: Prefixes,
    profile: Profile,
    describe: Describe,
    seen: BTreeSet<Signature>,
    stop: Arc<AtomicBool>,
    /// The counts so far.
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
            prefixes: Prefixes::new(seed),
            profile,
            describe,
            seen: BTreeSet::new(),
            stop: Arc::default(),
            totals: Totals::default(),
        })
    }

    /// Once this is set, findings are not shrunk any more, because the user waits.
    pub fn stops_at(&mut self, stop: &Arc<AtomicBool>) {
        self.stop = Arc::clone(stop);
    }

    /// From now on most cases lose power; see [`Executor::is_on`].
    pub fn is_on(&mut self, medium: Box<dyn Medium>, unordered: bool) {
        self.cases.crash(medium.is_logged());
        self.executor.is_on(medium, unordered);
    }

    /// Runs the next case and shrinks its new findings.
    ///
    /// # Errors
    /// If a case cannot be run: the directory is gone, the disk is full, a task hangs (its finding is then the last
    /// one, because nothing else can be run).
    pub fn step(&mut self) -> io::Result<Vec<Finding>> {
        let (case, manner) = self.cases.draw();
        self.totals.cases += 1;
        self.look_at(&case, manner)
    }

    /// Runs a case and shrinks its new findings.
    ///
    /// # Errors
    /// As [`Search::step`].
    pub fn look_at(&mut self, case: &Case, manner: Manner) -> io::Result<Vec<Finding>> {
        let shown = self.run(case, manner, None)?;
        let at_case = self.totals.cases;
        let mut findings = Vec::new();
        for wrong in shown.wrongs {
            let signature = wrong.signature;
            if !self.seen.insert(signature) {
                continue;
            }
            let hang = shown.hang.clone();
            let manner = Manner { prefixes: wrong.change.is_some(), ..manner };
            let mut finding =
                Finding { wrong, case: case.clone(), manner, repeats: 0, uninit_if_sprayed: 0, at_case, hang };
            if finding.hang.is_empty() {
                self.make_small(&mut finding)?;
            }
            if finding.repeats == 0 && finding.hang.is_empty() {
                // Seen once, it may be a coincidence of patterns; the next time it counts as new again.
                self.seen.remove(&signature);
                continue;
            }
            if finding.hang.is_empty() && !manner.prefixes {
                self.spray_before(&mut finding)?;
            }
            findings.push(finding);
        }
        Ok(findings)
    }

    /// Runs a case once and returns everything that it shows.
    ///
    /// # Errors
    /// As [`Search::step`].
    pub fn wrongs(&mut self, case: &Case, manner: Manner) -> io::Result<Vec<Wrong>> {
        Ok(self.run(case, manner, None)?.wrongs)
    }

    /// Runs a case once and judges it: with power lost where the case says, and then with power lost before all or some
    /// changes of the disk. If a finding is wanted, it stops when that has shown itself.
    fn run(&mut self, case: &Case, manner: Manner, wanted: Option<Signature>) -> io::Result<Shown> {
        let Ran { limits, stops, calls, hang, .. } = self.executor.run(case, manner)?;
        self.totals.runs += 1;
        self.totals.calls += calls;
        self.totals.stops += stops;
        self.totals.limits.merge(&limits);
        let content_is_told = !limits.has(Limit::DeepCopies);
        let mut wrongs = self.judge(case, content_is_told, None);
        let changes = self.executor.changes();
        let share = match (manner.prefixes, wanted) {
            (true, _) => Share::All,
            // A finding that came where the case crashes is looked for only there.
            (false, Some(_)) => Share::None,
            (false, None) => Share::Some,
        };
        let chosen = self.prefixes.choose(changes, share);
        self.totals.prefixes_left_out += (changes - chosen.len()) as u64;
        for change in chosen {
            if wanted.is_some_and(|wanted| wrongs.iter().any(|it| it.signature == wanted)) {
                break;
            }
            if self.executor.lose_power_before(case, change)? {
                self.totals.prefixes += 1;
                let more = self.judge(case, content_is_told, Some(change));
                let is_new = |it: &Wrong| !wrongs.iter().any(|other: &Wrong| other.signature == it.signature);
                let more: Vec<Wrong> = more.into_iter().filter(is_new).collect();
                wrongs.extend(more);
            }
        }
        let hang = hang.into_iter().flat_map(|it| it.tasks).map(|(task, sleeper)| {
            let name = case.tasks[task].name;
            format!("task {name} is in state {} in {}\n{}", sleeper.state, sleeper.waits_in, sleeper.stack)
        });
        Ok(Shown { wrongs, hang: hang.collect() })
    }

    /// What is wrong with the executor's history in every reading.
    fn judge(&mut self, case: &Case, content_is_told: bool, change: Option<usize>) -> Vec<Wrong> {
        let history = self.executor.history();
        let verdicts = self.checker.check(history, self.profile);
        // Hangs and sizes of files can be reported anyway.
        let told = verdicts.iter().filter(|it| content_is_told || it.seen.is_empty());
        let wrongs = told.map(|it| Wrong {
            signature: it.into(),
            message: it.message.clone(),
            details: (self.describe)(case, history, it),
            change,
        });
        let mut wrongs: Vec<Wrong> = wrongs.collect();
        if !wrongs.is_empty() {
            let (checker, profile) = (&mut self.checker, self.profile);
            self.executor.is_in_all_readings(case, |history| {
                let other = checker.check(history, profile);
                wrongs.retain(|wrong| other.iter().any(|it| Signature::from(it) == wrong.signature));
                !wrongs.is_empty()
            });
            self.totals.read_otherwise += u64::from(wrongs.is_empty());
        }
        wrongs
    }

    fn shows(&mut self, case: &Case, manner: Manner, wanted: Signature) -> io::Result<bool> {
        Ok(self.run(case, manner, Some(wanted))?.wrongs.iter().any(|it| it.signature == wanted))
    }

    /// Shrinks the case of a finding, and counts how often the smallest one repeats it.
    fn make_small(&mut self, finding: &mut Finding) -> io::Result<()> {
        let (manner, wanted) = (finding.manner, finding.wrong.signature);
        // Patterns differ from run to run, so a coincidence does not come twice.
        let tries = if manner.racing { 8 } else { 2 };
        let stop = Arc::clone(&self.stop);
        let mut trouble = None;
        let began = Instant::now();
        let mut still_fails = |case: &Case| {
            let mut failed = 0;
            if stop.load(Ordering::Relaxed) || manner.prefixes && began.elapsed() >= PATIENCE_WITH_PREFIXES {
                return false;
            }
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

    /// Counts how often the case of a finding shows uninitialised memory if free memory is sprayed before.
    fn spray_before(&mut self, finding: &mut Finding) -> io::Result<()> {
        let manner = Manner { sprayed: true, ..finding.manner };
        for _ in 0..REPEATS {
            let wrongs = self.run(&finding.case, manner, Some(finding.wrong.signature))?.wrongs;
            finding.uninit_if_sprayed += u32::from(wrongs.iter().any(|it| it.signature.class == Class::Uninit));
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
