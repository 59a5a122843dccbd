//! The search on a real kernel: runs and judges generated cases, and shrinks what they show.

mod cases;
mod late_crash;
mod mechanism;
mod prefixes;
mod resolution;

pub use cases::{Cases, cache_everything};
pub use mechanism::{KnownFault, Mechanism};
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

/// In how many known faults a case can be wrong beside what is looked at.
const ROUNDS: usize = 4;

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
    /// The known fault that it is.
    pub cause: Option<String>,
    /// What it looked like before memory was sprayed, if it is uninitialised memory under another name.
    pub face: Option<Signature>,
    /// Whether that memory was told before, with another face.
    pub told_before: bool,
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
    /// Runs in which something that the case says was left out or refused, and nothing was shown: it may be there all
    /// the same.
    pub inconclusive: u64,
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
    known: Vec<KnownFault>,
    /// What was found, with its cause: an index of what is known.
    seen: BTreeSet<(Signature, Option<usize>)>,
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
            known: Vec::new(),
            seen: BTreeSet::new(),
            stop: Arc::default(),
            totals: Totals::default(),
        })
    }

    /// Once this is set, findings are not shrunk any more, because the user waits.
    pub fn stops_at(&mut self, stop: &Arc<AtomicBool>) {
        self.stop = Arc::clone(stop);
    }

    /// These faults are known from now on. The same symptom by another operation is another finding.
    pub fn knows(&mut self, faults: Vec<KnownFault>) {
        self.known = faults;
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
            let manner = Manner { prefixes: wrong.change.is_some(), ..manner };
            let (cause, case) = match shown.hang.is_empty() {
                true => self.find_cause(case, manner, signature)?,
                false => (None, case.clone()),
            };
            if !self.seen.insert((signature, cause)) {
                continue;
            }
            let finding = Finding {
                wrong,
                case,
                manner,
                repeats: 0,
                uninit_if_sprayed: 0,
                at_case,
                hang: shown.hang.clone(),
                cause: cause.map(|it| self.known[it].id.clone()),
                face: None,
                told_before: false,
            };
            match self.finish(finding)? {
                Some(finding) => findings.push(finding),
                // Seen once, it may be a coincidence of patterns; the next time it counts as new again.
                None => _ = self.seen.remove(&(signature, cause)),
            }
        }
        Ok(findings)
    }

    /// Makes a finding small, and looks whether it is memory; `None` if it does not come again.
    fn finish(&mut self, mut finding: Finding) -> io::Result<Option<Finding>> {
        if !finding.hang.is_empty() {
            return Ok(Some(finding));
        }
        self.make_small(&mut finding)?;
        if finding.repeats == 0 {
            return Ok(None);
        }
        // A small case is clearer than the one that it was made of.
        if finding.cause.is_none() && !finding.manner.prefixes {
            let cause = self.find_cause(&finding.case, finding.manner, finding.wrong.signature)?.0;
            if cause.is_some() && !self.seen.insert((finding.wrong.signature, cause)) {
                return Ok(None);
            }
            if cause.is_some() {
                // It was no finding of an unknown cause: one that looks like it is new still.
                self.seen.remove(&(finding.wrong.signature, None));
            }
            finding.cause = cause.map(|it| self.known[it].id.clone());
        }
        if !finding.manner.prefixes {
            self.spray_before(&mut finding)?;
        }
        Ok(Some(finding))
    }

    /// The known fault behind a finding: without its operation the same case is silent. If there is none, the finding
    /// is made of what is left of the case without the operations of known faults, which it does not need.
    fn find_cause(&mut self, case: &Case, manner: Manner, signature: Signature) -> io::Result<(Option<usize>, Case)> {
        let mut needed = case.clone();
        if !self.known.iter().any(|it| it.looks_like(signature)) {
            return Ok((None, needed));
        }
        // What its operations return is seen in a run that shows it; a race seldom does.
        let (tries, times) = if manner.racing { (4 * REPEATS, 2 * REPEATS) } else { (1, 2) };
        let mut shows = false;
        for _ in 0..tries {
            shows = shows || self.shows(case, manner, signature)?;
        }
        if !shows {
            return Ok((None, needed));
        }
        // Without one operation another can return something else, and be one of a known fault then.
        for _ in 0..ROUNDS {
            let Some((number, without)) = self.known_in(&needed, signature) else { break };
            let mut shows = false;
            for _ in 0..times {
                shows = shows || self.shows(&without, manner, signature)?;
            }
            if !shows {
                return Ok((Some(number), needed));
            }
            needed = without;
        }
        Ok((None, needed))
    }

    /// A known fault whose operation was in the last run, which was of this case; and the case without that operation.
    fn known_in(&self, case: &Case, signature: Signature) -> Option<(usize, Case)> {
        let history = self.executor.history();
        let mut known = self.known.iter().enumerate();
        known.find_map(|(number, it)| Some((number, it.without(case, history, signature)?)))
    }

    /// The known fault behind what a case shows, if it is one.
    ///
    /// # Errors
    /// As [`Search::step`].
    pub fn cause(&mut self, case: &Case, manner: Manner, signature: Signature) -> io::Result<Option<&str>> {
        Ok(self.find_cause(case, manner, signature)?.0.map(|it| self.known[it].id.as_str()))
    }

    /// Runs a case once and returns everything that it shows. [`Totals::inconclusive`] counts it if that is nothing
    /// because something could not be done here.
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
        self.totals.inconclusive += u64::from(wrongs.is_empty() && limits.is_incomplete());
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
            let wrongs = self.run(&finding.case, manner, Some(wanted))?.wrongs;
            if let Some(wrong) = wrongs.into_iter().find(|it| it.signature == wanted) {
                finding.repeats += 1;
                // What is told is what the small case shows, and not what the case did that it was made of.
                finding.wrong = wrong;
            }
        }
        Ok(())
    }

    /// Counts how often the case of a finding shows uninitialised memory if free memory is sprayed before. If it does,
    /// that is what it is, whatever it looked like; replays are sprayed too.
    fn spray_before(&mut self, finding: &mut Finding) -> io::Result<()> {
        let manner = Manner { sprayed: true, ..finding.manner };
        let mut memory = None;
        for _ in 0..REPEATS {
            let wrongs = self.run(&finding.case, manner, Some(finding.wrong.signature))?.wrongs;
            if let Some(wrong) = wrongs.into_iter().find(|it| it.signature.class == Class::Uninit) {
                finding.uninit_if_sprayed += 1;
                memory = Some(wrong);
            }
        }
        if let Some(wrong) = memory.filter(|_| finding.wrong.signature.class != Class::Uninit) {
            finding.face = Some(finding.wrong.signature);
            finding.cause = None;
            finding.told_before = !self.seen.insert((wrong.signature, None));
            (finding.wrong, finding.manner, finding.repeats) = (wrong, manner, finding.uninit_if_sprayed);
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
