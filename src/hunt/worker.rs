//! One of the threads of a hunt: takes batches, claims what it finds, makes it small, and sends it on.

use super::panic::caught;
use super::pool::Pool;
use super::search::{BATCH, Search, Seen, Sighting, Work};
use super::{Event, Finding, Hunt, Reached, Trouble, TroubleKind, is_set};
use crate::judge::{Judge, Signature};
use crate::reduce::{pin, reduce};
use crate::report;
use case::{Case, Slice};
use machine::Strategy;
use oracle::Verdict;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};

/// What the threads of a hunt share.
#[derive(Debug)]
pub(super) struct Shared<'h> {
    /// Set from outside.
    interrupted: &'h AtomicBool,
    /// A limit is reached.
    finished: AtomicBool,
    next_thread: AtomicU64,
    last_case: u64,
    cases: AtomicU64,
    steps: AtomicU64,
    claimed: Mutex<BTreeSet<Claim>>,
    reached: Mutex<Reached>,
}

/// What only one thread makes small, and only once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    Signature(Signature),
    /// A panic under a strategy, by its message.
    Panic(&'static str, String),
}

impl<'h> Shared<'h> {
    pub fn new(hunt: &Hunt, interrupted: &'h AtomicBool) -> Self {
        Self {
            interrupted,
            finished: AtomicBool::new(false),
            next_thread: AtomicU64::new(0),
            last_case: hunt.limits.cases.unwrap_or(u64::MAX),
            cases: AtomicU64::new(0),
            steps: AtomicU64::new(0),
            claimed: Mutex::default(),
            reached: Mutex::default(),
        }
    }

    pub fn stop(&self) {
        self.finished.store(true, Ordering::Relaxed);
    }

    pub fn work(&self) -> (u64, u64) {
        (self.cases.load(Ordering::Relaxed), self.steps.load(Ordering::Relaxed))
    }

    /// Where the runs were, once all threads are done.
    pub fn reached(self) -> Reached {
        self.reached.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        is_set(self.interrupted) || is_set(&self.finished)
    }

    fn add(&self, work: Work) {
        self.cases.fetch_add(work.cases, Ordering::Relaxed);
        self.steps.fetch_add(work.steps, Ordering::Relaxed);
    }

    /// Whether nobody has claimed this before.
    fn claim(&self, claim: Claim) -> bool {
        self.claimed.lock().unwrap_or_else(PoisonError::into_inner).insert(claim)
    }
}

/// Takes each `jobs`th batch until the hunt is over: each thread breeds from what it has found itself, so that no thread's luck is another's.
pub(super) fn work(hunt: &Hunt, shared: &Shared<'_>, sender: &Sender<Event>) {
    let mut search = Search::new(&hunt.field);
    let judge = Judge::new(hunt.field.profile);
    let mut finder = Finder { hunt, shared, sender, judge, seen: BTreeSet::new(), small: Vec::new() };
    let mut pool = Pool::default();
    let mut number = shared.next_thread.fetch_add(1, Ordering::Relaxed);
    while !shared.is_over() {
        let runs = shared.last_case.saturating_sub(number.saturating_mul(BATCH));
        if runs == 0 {
            break;
        }
        let work = search.batch(number, runs, &pool, &mut |sighting| {
            if let Some(sighting) = sighting {
                finder.look_at(sighting);
            }
            if shared.is_over() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        shared.add(work);
        finder.small.drain(..).for_each(|(strategy, case)| pool.add(strategy, case));
        number += hunt.jobs.max(1) as u64;
    }
    let mut reached = shared.reached.lock().unwrap_or_else(PoisonError::into_inner);
    reached.searched.merge(&search.searched);
    if let Some(coverage) = search.reached() {
        reached.coverage.get_or_insert_default().merge(&coverage);
    }
}

/// Makes findings of sightings.
struct Finder<'w> {
    hunt: &'w Hunt,
    shared: &'w Shared<'w>,
    sender: &'w Sender<Event>,
    judge: Judge,
    /// What this thread has seen.
    seen: BTreeSet<Signature>,
    /// What it has made small since the last batch.
    small: Vec<(&'static Strategy, Case)>,
}

impl Finder<'_> {
    fn look_at(&mut self, sighting: Sighting<'_>) {
        let Sighting { at_case, case, strategy, seen } = sighting;
        match seen {
            Seen::Panic { message, schedule } => self.panicked(case, strategy, schedule, message, at_case),
            Seen::Verdicts(judgement) => {
                let run = (judgement.run.schedule, judgement.run.hash);
                for verdict in judgement.verdicts {
                    self.judged(case, strategy, run, verdict, at_case);
                }
            }
        }
    }

    fn judged(
        &mut self,
        case: &Case,
        strategy: &'static Strategy,
        run: (&[Slice], u64),
        verdict: &Verdict,
        at_case: u64,
    ) {
        let signature = Signature::of(case, strategy, verdict);
        if !self.seen.insert(signature) {
            return;
        }
        let profile = self.hunt.field.profile;
        let judge = &mut self.judge;
        let small = caught(|| {
            let pinned = pin(judge, case, strategy, run, &signature)?;
            reduce(judge, &pinned, strategy, &signature, profile, &mut |_| {})
        });
        if let Ok(Ok(small)) = &small {
            self.small.push((strategy, small.clone()));
        }
        if !self.shared.claim(Claim::Signature(signature)) {
            return;
        }
        match small {
            Ok(Ok(mut small)) => {
                let new = !self.hunt.witnesses.knows(&signature);
                let shown = self.judge.replay(&small, strategy).verdicts;
                let same = shown.iter().find(|it| Signature::of(&small, strategy, it) == signature);
                let sentence = report::sentence(&small, same.unwrap_or(verdict));
                small.comments = self.comments(&signature.to_string(), Some(&sentence), at_case);
                let finding = Finding { signature, new, case: small, at_case, seconds: 0.0 };
                self.send(Event::Finding(Box::new(finding)));
            }
            Ok(Err(why)) => {
                let mut case = Case { form: Some(signature.form), schedule: run.0.to_vec(), ..case.clone() };
                case.schedule.truncate(Case::MAX_SLICES);
                self.trouble(strategy, TroubleKind::Irreducible(signature, why), case, at_case);
            }
            Err(message) => {
                self.judge = Judge::new(profile);
                let case = Case { schedule: run.0.to_vec(), ..case.clone() };
                self.trouble(strategy, TroubleKind::Panic(message), case, at_case);
            }
        }
    }

    /// A panic is made small like a finding, as long as its message and place stay the same.
    fn panicked(
        &mut self,
        case: &Case,
        strategy: &'static Strategy,
        schedule: &[Slice],
        message: String,
        at_case: u64,
    ) {
        if !self.shared.claim(Claim::Panic(strategy.id, place(&message).to_owned())) {
            return;
        }
        let profile = self.hunt.field.profile;
        let mut pinned = Case { form: strategy.form_for(case), schedule: schedule.to_vec(), ..case.clone() };
        pinned.schedule.truncate(Case::MAX_SLICES);
        let panics = &mut |case: &Case| {
            machine::Machine::refusal(case, strategy).is_none()
                && caught(|| Judge::new(profile).replay(case, strategy).verdicts.len())
                    .is_err_and(|it| place(&it) == place(&message))
        };
        let small = case::shrink(&pinned, panics, &mut |_| {}).case;
        self.trouble(strategy, TroubleKind::Panic(message), small, at_case);
    }

    fn trouble(&self, strategy: &'static Strategy, kind: TroubleKind, mut case: Case, at_case: u64) {
        let what = match &kind {
            TroubleKind::Panic(message) => format!("{message}, under {}", strategy.id),
            TroubleKind::Irreducible(signature, why) => format!("{signature}: {why}"),
        };
        case.comments = self.comments(&what, None, at_case);
        self.send(Event::Trouble(Box::new(Trouble { strategy: strategy.id, kind, case, at_case })));
    }

    fn comments(&self, what: &str, sentence: Option<&str>, at_case: u64) -> Vec<String> {
        let mut comments = vec![what.trim_end().to_owned()];
        comments.extend(sentence.map(|it| it.replace('\n', " ").trim_end().to_owned()));
        comments.push(format!("Found by hunting with seed {}, at case {at_case}.", self.hunt.field.seed));
        comments
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
