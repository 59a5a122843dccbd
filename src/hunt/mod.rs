//! The hunt: generated cases under every strategy, or in a subject, and a portfolio of schedules, on all cores, until
//! something is found that nobody knows. What is new, and the first of each defect, is made as small as it goes at
//! once.
//!
//! Some batches are generated, some are bred from what was found before. A generated batch is a pure function of the
//! seed and its number; what a whole hunt finds is one of the seed, the number of cases and that of the jobs.
//!
//! Findings are told apart by their cause first, and by what they look like second. Some batches run with every defect
//! mended: there nothing that is known masks what is not.

mod causes;
mod finder;
mod panic;
mod passed;
mod pool;
mod search;
mod shared;
mod store;
mod worker;

pub use panic::caught;
pub use pool::Pool;
pub use search::{BATCH, Search, Seen, Sighting, Work};
pub use store::{Store, write_text, write_whole};

use crate::cause::{Cause, Need};
use crate::controls::{self, Broken};
use crate::coverage::Coverage;
use crate::judge::Signature;
use crate::reduce::Irreducible;
use crate::searched::Searched;
use crate::under_test::{self, UnderTest};
use case::{Case, Expectation, Filesystem, Form};
use machine::{DefectSet, Strategy};
use oracle::Profile;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// What is searched: the strategies or subjects, where, by which rules, from which seed.
#[derive(Clone, Debug)]
pub struct Field {
    /// The strategies and subjects, in turn; not empty.
    pub tested: Vec<UnderTest>,
    /// The filesystems; empty means all that a strategy runs on.
    pub filesystems: Vec<Filesystem>,
    /// The forms of them; empty means all that a strategy runs on.
    pub forms: Vec<Form>,
    /// What is promised.
    pub profile: Profile,
    /// Where all randomness comes from.
    pub seed: u64,
    /// Whether what is reached is counted, which takes time.
    pub coverage: bool,
    /// What every run of a strategy mends.
    pub mends: DefectSet,
    /// Only what this one does not show on the same case is told.
    pub against: Option<UnderTest>,
    /// What witnesses of a subject expect of it: finding that once more is nothing new.
    pub witnessed: Vec<Expectation>,
}

impl Field {
    /// All that can be run, on all filesystems.
    #[must_use]
    pub fn everything(seed: u64) -> Self {
        Self {
            tested: under_test::all().collect(),
            filesystems: Vec::new(),
            forms: Vec::new(),
            profile: Profile::Linux,
            seed,
            coverage: false,
            mends: DefectSet::NONE,
            against: None,
            witnessed: Vec::new(),
        }
    }

    /// The same without the strategies that run on none of the filesystems asked for.
    #[must_use]
    pub fn narrowed(mut self) -> Self {
        let tested = std::mem::take(&mut self.tested);
        self.tested = tested.into_iter().filter(|it| !self.places(*it).is_empty()).collect();
        self
    }

    /// The strategies among what is searched.
    fn strategies(&self) -> Vec<&'static Strategy> {
        self.tested.iter().filter_map(|it| it.strategy()).collect()
    }

    /// What runs in a batch, and how often it had its turn before.
    fn turn(&self, batch: u64) -> (UnderTest, u64) {
        let count = self.tested.len() as u64;
        (self.tested[(batch % count) as usize], batch / count)
    }
}

/// When a hunt ends; `None`: not for this reason.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// After so many runs, exactly.
    pub cases: Option<u64>,
    /// After so long.
    pub time: Option<Duration>,
    /// After so many findings, exactly if there are so many.
    pub findings: Option<usize>,
}

impl Limits {
    /// Whether there are as many findings as were asked for.
    fn is_reached(&self, summary: &Summary) -> bool {
        self.findings.is_some_and(|limit| summary.findings >= limit)
    }
}

/// A search for findings.
#[derive(Clone, Debug)]
pub struct Hunt {
    /// What is searched.
    pub field: Field,
    /// When it ends.
    pub limits: Limits,
    /// How many threads search; at least 1. See [`Hunt::threads`].
    pub jobs: usize,
}

/// Something found, and made small.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What it is.
    pub signature: Signature,
    /// Without which defects it does not come.
    pub cause: Cause,
    /// Whether its cause is not known at this place; of a subject, whether it is none that was witnessed.
    pub new: bool,
    /// What its case needs.
    pub needs: Vec<Need>,
    /// The smallest case that shows it, with comments and expectations. If it is unexplained, everything is mended in
    /// it, where that is a strategy's.
    pub case: Case,
    /// What happens, in a sentence.
    pub sentence: String,
    /// At which run it was seen first, from 1.
    pub at_case: u64,
    /// How long the hunt had been going on when it was reported.
    pub seconds: f64,
}

/// A bug of our own: the machine panicked, or did not do the same thing twice.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// The strategy or the subject.
    pub strategy: &'static str,
    /// What happened.
    pub kind: TroubleKind,
    /// The case with which it happened.
    pub case: Case,
    /// At which run, from 1.
    pub at_case: u64,
}

/// Why a case of a subject runs differently, when it does.
pub(crate) const DIFFERS: &str = "mostly it is the order of a hash map: iterate in the order of the keys, or use a \
                                  hasher without random state. What stays in statics has to be put back in `close`; \
                                  time, random numbers, addresses and threads of its own differ from run to run";

impl Trouble {
    /// What happened, in words.
    #[must_use]
    pub fn what(&self) -> String {
        match &self.kind {
            TroubleKind::Panic(message) => message.clone(),
            TroubleKind::Irreducible(signature, why) => format!("{signature}: {why}"),
            TroubleKind::Control(name, shown) => {
                let shown: Vec<String> = shown.iter().map(ToString::to_string).collect();
                format!("the control {name} should be silent, and shows {}", shown.join(", "))
            }
        }
    }

    /// Whether the same case did not run the same way twice.
    #[must_use]
    pub const fn is_nondeterministic(&self) -> bool {
        matches!(self.kind, TroubleKind::Irreducible(_, Irreducible::Nondeterministic { .. } | Irreducible::NotShown))
    }
}

/// What went wrong with the harness itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TroubleKind {
    /// A panic: its message and place.
    Panic(String),
    /// A finding that could not be made a case.
    Irreducible(Signature, Irreducible),
    /// A control, by its name, that shows this.
    Control(&'static str, Vec<Signature>),
}

/// What a hunt tells while it goes on.
#[derive(Clone, Debug)]
pub enum Event {
    /// Something was found.
    Finding(Box<Finding>),
    /// The harness itself has a bug.
    Trouble(Box<Trouble>),
    /// So much was done so far; about ten times a second.
    Progress(Summary),
}

/// What a hunt did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Runs.
    pub cases: u64,
    /// Steps of the machine.
    pub steps: u64,
    /// Questions that the oracle gave up, since they took too many steps: it took the cells for legal.
    pub unanswered: u64,
    /// How long it took.
    pub seconds: f64,
    /// Findings, each cause and signature once.
    pub findings: usize,
    /// Those of them that are new.
    pub new: usize,
    /// Bugs of our own.
    pub troubles: usize,
    /// How long it was asked for causes, in all threads together.
    pub attribution_seconds: f64,
}

impl Summary {
    /// What was done so far.
    const fn set(&mut self, Work { cases, steps, unanswered }: Work) {
        (self.cases, self.steps, self.unanswered) = (cases, steps, unanswered);
    }

    /// Runs a second.
    #[must_use]
    pub fn cases_per_second(&self) -> f64 {
        if self.seconds > 0.0 { self.cases as f64 / self.seconds } else { 0.0 }
    }
}

/// Where a hunt has been.
#[derive(Clone, Debug, Default)]
pub struct Reached {
    /// How many runs where.
    pub searched: Searched,
    /// What they came across, if the field asks for that.
    pub coverage: Option<Coverage>,
    /// How many runs showed something of each cause.
    pub sightings: BTreeMap<Cause, u64>,
}

/// How often a hunt looks at its clock.
const TICK: Duration = Duration::from_millis(100);

impl Hunt {
    /// How many threads really search: one, where runs in several would disturb each other.
    #[must_use]
    pub fn threads(&self) -> usize {
        if self.field.tested.iter().any(|it| it.runs_alone()) { 1 } else { self.jobs.max(1) }
    }

    /// Hunts until a limit is reached or `stop` is set; what has been found by then is still made small. The events
    /// come on the caller's thread, findings in the order in which they were made small. Returns what was done, and
    /// where.
    ///
    /// The controls run before all else, where there are strategies.
    pub fn run(&self, stop: &AtomicBool, on_event: &mut dyn FnMut(Event)) -> (Summary, Reached) {
        let start = Instant::now();
        let shared = shared::Shared::new(self, stop);
        let mut summary = Summary::default();
        for broken in controls::broken(&self.field.strategies(), self.field.profile) {
            let mut event = Event::Trouble(Box::new(broken.into()));
            summary.count(&mut event);
            on_event(event);
        }
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            for _ in 0..self.threads() {
                let (sender, shared) = (sender.clone(), &shared);
                scope.spawn(move || worker::work(self, shared, &sender));
            }
            drop(sender);
            // Should whoever is told panic: the threads are waited for, and have to end.
            let _ends = shared::StopsWhenDropped(&shared);
            loop {
                let event = receiver.recv_timeout(TICK);
                summary.seconds = start.elapsed().as_secs_f64();
                if self.limits.time.is_some_and(|limit| start.elapsed() >= limit) {
                    shared.stop();
                }
                match event {
                    // What other threads were making small when the limit was reached.
                    Ok(Event::Finding(_)) if self.limits.is_reached(&summary) => {}
                    Ok(mut event) => {
                        summary.count(&mut event);
                        on_event(event);
                        if self.limits.is_reached(&summary) {
                            shared.stop();
                        }
                    }
                    Err(RecvTimeoutError::Timeout) => {
                        summary.set(shared.work());
                        on_event(Event::Progress(summary));
                    }
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
        });
        summary.set(shared.work());
        summary.attribution_seconds = shared.attribution().as_secs_f64();
        summary.seconds = start.elapsed().as_secs_f64();
        (summary, shared.reached())
    }
}

impl From<Broken> for Trouble {
    fn from(broken: Broken) -> Self {
        let Broken { name, case, strategy, shown } = broken;
        Self { strategy: strategy.id, kind: TroubleKind::Control(name, shown), case, at_case: 0 }
    }
}

impl Summary {
    fn count(&mut self, event: &mut Event) {
        match event {
            Event::Finding(finding) => {
                finding.seconds = self.seconds;
                self.findings += 1;
                self.new += usize::from(finding.new);
            }
            Event::Trouble(_) => self.troubles += 1,
            Event::Progress(_) => {}
        }
    }
}

/// Searches until a run shows something that the predicate accepts: at which run that was, from 1. `None` if `most`
/// runs show nothing of the kind. The same for the same seed; nothing is made small. Medians over seeds say how hard a
/// finding is to find.
pub fn hunt_until(
    seed: u64,
    tested: impl Into<UnderTest>,
    most: u64,
    predicate: &mut dyn FnMut(&Signature) -> bool,
) -> Option<u64> {
    let field = Field { tested: vec![tested.into()], ..Field::everything(seed) };
    let mut search = Search::new(&field);
    let nothing = Pool::default();
    let mut found = None;
    for number in 0..most.div_ceil(BATCH) {
        search.batch(number, most - number * BATCH, &nothing, &mut |sighting| {
            let Some(Sighting { at_case, case, tested, seen: Seen::Verdicts(judgement) }) = sighting else {
                return ControlFlow::Continue(());
            };
            if judgement.verdicts.iter().any(|it| predicate(&Signature::of(case, tested, it))) {
                found = Some(at_case);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        if found.is_some() {
            break;
        }
    }
    found
}

/// Whether a flag is set.
fn is_set(flag: &AtomicBool) -> bool {
    flag.load(Ordering::Relaxed)
}
