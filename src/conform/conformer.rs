//! The conformer: runs a case on both sides, sorts the differences into legal ones and others, and makes the case of
//! another small.

use super::compare::{Aspect, Difference, Observation, compare};
use super::fit::refusal;
use super::legal::{Circumstances, Legal, Then};
use super::model::Model;
use super::seen::{Matter, Seen};
use crate::embargo::Embargo;
use case::Case;
use host::search::Signature;
use host::{Executor, Limit, Limits, Manner};
use machine::{Machine, Strategy};
use oracle::{Call, Checker, Class, Errno, Outcome, Profile};
use schedule::CaseGiven;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

/// How often a difference has to come again before it counts.
const REPEATS: u32 = 3;

/// Why nothing can be compared any more.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// There is no userfaultfd, or this process may not use one.
    #[error("there is no userfaultfd for this process, and absent pages cannot be made without: {0}")]
    NoUserfaultfd(io::Error),
    /// The strategy of the model is not registered.
    #[error("there is no strategy {0}")]
    NoStrategy(&'static str),
    /// The kernel failed where it should not.
    #[error("{0}")]
    System(#[from] io::Error),
    /// A case does not come back.
    #[error("a case hangs in the kernel:\n{0}")]
    Hang(Box<Case>),
}

/// What came of one case.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    /// The first difference that is not legal.
    pub difference: Option<Difference>,
    /// The legal ones before it, by their names, each as often as it was met.
    pub legal: Vec<&'static str>,
    /// Whether all of the case was compared: no, if after a legal difference the two have different files.
    pub whole: bool,
    /// Whether the kernel shows memory or another file's data.
    pub sensitive: bool,
    /// Whether it does, and that is under embargo: then the difference is not told.
    pub held_back: bool,
}

/// A difference that is not legal, made small.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its kind.
    pub kind: String,
    /// The difference, of the small case.
    pub difference: Difference,
    /// The smallest case that shows one of its kind.
    pub case: Case,
    /// How its files are looked at.
    pub manner: Manner,
    /// Whether the kernel shows memory or another file's data.
    pub sensitive: bool,
}

/// Compares cases in one directory.
#[derive(Debug)]
pub struct Conformer {
    machine: Machine,
    strategy: &'static Strategy,
    executor: Executor,
    checker: Checker,
    profile: Profile,
    model: &'static Model,
    filesystem: String,
    block: u32,
    found: BTreeSet<String>,
    embargoes: Vec<Embargo>,
    /// Cases compared.
    pub cases: u64,
    /// Of these, to their end.
    pub whole: u64,
    /// Operations compared.
    pub operations: u64,
    /// Legal differences by name.
    pub legal: BTreeMap<&'static str, u64>,
    /// Differences that did not come again, by their kinds: patterns agree by chance.
    pub fleeting: BTreeMap<String, u64>,
    /// Cases that differ in what is under embargo.
    pub held_back: u64,
    limits: Limits,
}

impl Conformer {
    /// Compares in this directory, which is on this filesystem with blocks of so many bytes, with this model. The salt
    /// says what the patterns are.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub fn new(
        directory: &Path,
        (filesystem, block): (&str, u32),
        model: &'static Model,
        salt: u64,
    ) -> Result<Self, Trouble> {
        Ok(Self {
            machine: Machine::new(),
            strategy: strategies::find(model.strategy).ok_or(Trouble::NoStrategy(model.strategy))?,
            executor: Executor::new(directory, salt).map_err(Trouble::NoUserfaultfd)?,
            checker: Checker::new(),
            profile: host::mount::Kind::from_word(filesystem).map_or(Profile::Linux, host::mount::Kind::profile),
            model,
            filesystem: filesystem.to_owned(),
            block,
            found: BTreeSet::new(),
            embargoes: Vec::new(),
            fleeting: BTreeMap::new(),
            held_back: 0,
            cases: 0,
            whole: 0,
            operations: 0,
            legal: BTreeMap::new(),
            limits: Limits::default(),
        })
    }

    /// The same, with what is under embargo told as a count only.
    #[must_use]
    pub fn holding_back(self, embargoes: Vec<Embargo>) -> Self {
        Self { embargoes, ..self }
    }

    /// What could not be had on the kernel. (What the simulated machine is told is what makes it like the kernel.)
    pub fn limits(&self) -> impl Iterator<Item = Limit> + '_ {
        self.limits.met().filter(|it| *it != Limit::MachineOptions)
    }

    /// Compares a case, and counts it. A difference that is not legal is made small if none of its kind was found
    /// before.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub fn look_at(&mut self, case: &Case, manner: Manner) -> Result<Option<Found>, Trouble> {
        let compared = self.compare_given(case, manner)?;
        let Some(difference) = compared.difference else { return Ok(None) };
        let kind = difference.kind(case);
        if !self.found.insert(kind.clone()) {
            return Ok(None);
        }
        let sensitive = compared.sensitive;
        let small = self.make_small(case, manner, &kind)?;
        // What memory holds comes and goes: then the case stays as it was.
        Ok(Some(small.unwrap_or_else(|| Found { kind, difference, case: case.clone(), manner, sensitive })))
    }

    /// Compares a case, and counts it. A difference is one if it comes again with other patterns, or shows what nobody
    /// should see.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub fn compare_given(&mut self, case: &Case, manner: Manner) -> Result<Compared, Trouble> {
        let mut compared = self.compare(case, manner)?;
        for _ in 0..REPEATS {
            let Some(difference) = compared.difference.as_ref().filter(|_| !compared.sensitive) else { break };
            let kind = difference.kind(case);
            let again = self.compare(case, manner)?;
            if again.difference.as_ref().is_none_or(|it| it.kind(case) != kind) {
                *self.fleeting.entry(kind).or_default() += 1;
                compared = Compared { difference: None, ..again };
            }
        }
        self.count(case, &compared);
        Ok(compared)
    }

    fn count(&mut self, case: &Case, compared: &Compared) {
        self.cases += 1;
        self.whole += u64::from(compared.whole);
        self.held_back += u64::from(compared.held_back);
        self.operations += case.tasks.iter().map(|it| it.operations.len() as u64).sum::<u64>();
        for name in &compared.legal {
            *self.legal.entry(name).or_default() += 1;
        }
    }

    fn compare(&mut self, case: &Case, manner: Manner) -> Result<Compared, Trouble> {
        let operations = case.tasks.iter().map(|it| it.operations.len()).sum();
        let run = self.machine.run(case, self.strategy, &mut CaseGiven::default());
        let simulated = Seen::of(run.history, operations);
        let ran = self.executor.run(case, manner)?;
        if ran.hang.is_some() {
            return Err(Trouble::Hang(Box::new(case.clone())));
        }
        self.limits.merge(&ran.limits);
        let allocated = if simulated.allocated.is_some() { self.executor.allocated(case)? } else { None };
        let real = Seen { allocated: allocated.clone(), ..Seen::of(self.executor.history(), operations) };
        let mut compared = sort_out(case, &self.filesystem, &simulated, &real);
        if compared.difference.is_some() {
            let mut classes = sensitive_classes(&mut self.checker, self.executor.history(), self.profile);
            if compared.difference.as_ref().is_some_and(shows_memory) {
                classes.push(Class::Uninit);
            }
            compared.sensitive = !classes.is_empty();
            if compared.sensitive && classes.iter().all(|it| self.is_held_back(*it)) {
                (compared.difference, compared.held_back) = (None, true);
                return Ok(compared);
            }
            // Only what differs in all readings differs.
            self.executor.is_in_all_readings(case, |history| {
                let real = Seen { allocated: allocated.clone(), ..Seen::of(history, operations) };
                let other = sort_out(case, &self.filesystem, &simulated, &real);
                let differs = other.difference.is_some();
                if !differs {
                    compared = other;
                }
                differs
            });
        }
        Ok(compared)
    }

    /// Whether this is known of the model, and held back until it is mended. Memory that nobody initialised holds what
    /// was there before: an old block or another file's data as well.
    fn is_held_back(&self, class: Class) -> bool {
        let filesystem = self.model.filesystem.word();
        let covers = |class: Class| {
            self.embargoes.iter().any(|it| it.covers_words(self.model.strategy, filesystem, class.as_str()))
        };
        covers(class) || covers(Class::Uninit)
    }

    fn shows(&mut self, case: &Case, manner: Manner, kind: &str) -> Result<Option<Compared>, Trouble> {
        if refusal(case, self.model, self.block).is_some() {
            return Ok(None);
        }
        let compared = self.compare(case, manner)?;
        let is_it = compared.difference.as_ref().is_some_and(|it| it.kind(case) == kind);
        Ok(is_it.then_some(compared))
    }

    fn make_small(&mut self, case: &Case, manner: Manner, kind: &str) -> Result<Option<Found>, Trouble> {
        let mut trouble = None;
        let geometry = case.geometry;
        let mut still_differs = |case: &Case| {
            if case.geometry != geometry || trouble.is_some() {
                return false;
            }
            match self.shows(case, manner, kind) {
                Ok(shown) => shown.is_some(),
                Err(error) => {
                    trouble = Some(error);
                    false
                }
            }
        };
        let mut small = case::shrink(case, &mut still_differs, &mut |_| {}).case;
        if let Some(error) = trouble {
            return Err(error);
        }
        small.minimal = false;
        let Some(compared) = self.shows(&small, manner, kind)? else { return Ok(None) };
        small.comments = vec![manner.comment()];
        let (kind, sensitive) = (kind.to_owned(), compared.sensitive);
        Ok(compared.difference.map(|difference| Found { kind, difference, case: small, manner, sensitive }))
    }
}

/// Sorts differences into legal ones and the first other.
fn sort_out(case: &Case, filesystem: &str, simulated: &Seen, real: &Seen) -> Compared {
    let positions = positions(case, simulated, real);
    let failed = failed(simulated, real);
    let around = Circumstances { case, filesystem, simulated, positions: &positions, failed: &failed };
    let mut compared = Compared::default();
    for difference in compare(case, simulated, real) {
        let Some(legal) = Legal::of(&around, &difference) else {
            compared.difference = Some(difference);
            return compared;
        };
        compared.legal.push(legal.name);
        if legal.then == Then::End {
            return compared;
        }
    }
    compared.whole = true;
    compared
}

/// Where each write began. An append that failed on the kernel would have gone where the simulator's did: up to the
/// first difference the two have the same files.
fn positions(case: &Case, simulated: &Seen, real: &Seen) -> Vec<Option<u32>> {
    let operations = case.tasks.iter().flat_map(|it| &it.operations);
    let sides = simulated.operations.iter().zip(&real.operations);
    let position = |(operation, (mine, theirs)): (
        &case::TaskOperation,
        (&super::seen::SeenOperation, &super::seen::SeenOperation),
    )| {
        match (operation, mine.call) {
            (case::TaskOperation::Write { offset, .. }, _) => Some(*offset),
            (_, Call::Write { offset: None, .. }) => mine.position.or(theirs.position),
            _ => None,
        }
    };
    operations.zip(sides).map(position).collect()
}

fn failed(simulated: &Seen, real: &Seen) -> Vec<bool> {
    let sides = simulated.operations.iter().zip(&real.operations);
    sides.map(|(mine, theirs)| [mine.outcome, theirs.outcome] == [Some(Outcome::Failed(Errno::EFAULT)); 2]).collect()
}

/// Whether the kernel shows what nobody put there, or anything past the end of a file where there should be zeroes.
fn shows_memory(difference: &Difference) -> bool {
    let Observation::Matter(real) = difference.real else { return false };
    real == Matter::Nobody || difference.aspect == Aspect::Tail && real != Matter::Zero
}

/// What of memory or of other files a history shows.
fn sensitive_classes(checker: &mut Checker, history: &oracle::History, profile: Profile) -> Vec<Class> {
    let signatures = checker.check(history, profile).iter().map(Signature::from);
    signatures.filter(Signature::is_sensitive).map(|it| it.class).collect()
}
