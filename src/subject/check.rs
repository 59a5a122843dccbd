//! An adapter tests itself: known programs, one task after the other, tell whether the adapter is at fault before
//! anybody looks for faults of what it adapts.

use crate::hunt::DIFFERS;
use crate::judge::Signature;
use case::{Case, Geometry, OperationKind};
use oracle::{Checker, History, Profile};
use schedule::{CaseGiven, Runnable, RunnerIndex, Scheduler, Sticky};
use std::fmt;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use subject::{Backend, Counts, Entry, Runner, Subject};

/// For how long a thread waits for the other to make a turn. If that may be stuck in a lock of the subject's which this
/// one has, they do not wait for each other any more.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is wrong with an adapter, or looks like it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// What was seen.
    pub what: String,
    /// What is mostly the reason.
    pub hint: &'static str,
    /// The program that showed it.
    pub case: Case,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  {}\n{}", self.what, self.hint, self.case)
    }
}

/// Why the disk was not used.
const OWN_DISK: &str = "its disk has to be `Env::disk` (for a volume, the one that `mount` is given)";

/// A line of a program, left out where the abilities do not have it.
type Line = (OperationKind, &'static str);

/// Reads and writes, sizes and counts.
const PLAIN: &[Line] = &[
    (OperationKind::Write, "task w write a 10 [m 0..64]"),
    (OperationKind::Read, "task w read a 0..74"),
    (OperationKind::Stat, "task w stat a"),
    (OperationKind::Append, "task w append a [m 64..80]"),
    (OperationKind::Read, "task w read a 60..100"),
    (OperationKind::Truncate, "task w truncate a 20"),
    (OperationKind::Truncate, "task w truncate a 100"),
    (OperationKind::Read, "task w read a 0..100"),
    (OperationKind::Write, "task w write b 0 [m 0..128]"),
    (OperationKind::Fsync, "task w fsync b"),
    (OperationKind::Read, "task w read b 0..128"),
    (OperationKind::Fsync, "task w fsync a"),
];

/// Loads and stores through a mapping.
const MAPPED: &[Line] = &[
    (OperationKind::Load, "task w load n 0..64"),
    (OperationKind::Store, "task w store n 8..24"),
    (OperationKind::Load, "task w load n 0..64"),
    (OperationKind::Read, "task w read a 0..64"),
    (OperationKind::Fsync, "task w fsync a"),
    (OperationKind::Store, "task w store n 30..40"),
    (OperationKind::Read, "task w read a 0..64"),
];

/// Two at a time.
const TOGETHER: &[Line] = &[
    (OperationKind::Write, "task w write a 10 [m 0..64]"),
    (OperationKind::Fsync, "task w fsync a"),
    (OperationKind::Read, "task r read a 0..100"),
    (OperationKind::Truncate, "task u truncate a 20"),
    (OperationKind::Write, "task u write b 0 [m 0..128]"),
];

/// Whether an adapter does what the harness counts on: what is wrong with it, in the order in which to look at it.
#[must_use]
pub fn complaints<S: Subject>() -> Vec<Complaint> {
    Examination::new(Runner::<S>::ENTRY).run()
}

/// The same as a test.
///
/// # Panics
/// If there is anything to complain of.
pub fn check<S: Subject>() {
    let complaints = complaints::<S>();
    let text: String = complaints.iter().map(|it| format!("\n{it}")).collect();
    assert!(complaints.is_empty(), "the adapter of {} is at fault, it seems:\n{text}", S::NAME);
}

struct Examination {
    entry: &'static Entry,
    backend: Box<dyn Backend>,
    complaints: Vec<Complaint>,
    /// What all programs together used of the harness.
    used: Counts,
}

impl Examination {
    fn new(entry: &'static Entry) -> Self {
        Self { entry, backend: (entry.backend)(), complaints: Vec::new(), used: Counts::default() }
    }

    fn run(mut self) -> Vec<Complaint> {
        let programs = [(PLAIN, false), (MAPPED, true)];
        let cases: Vec<Case> = programs.iter().filter_map(|(lines, maps)| self.program(lines, *maps)).collect();
        for (case, (_, maps)) in cases.iter().zip(programs) {
            self.sequential(case, maps);
        }
        if let Some(case) = cases.first() {
            self.usage(case);
        }
        let together = if self.entry.abilities.tasks > 1 { TOGETHER } else { PLAIN };
        if let Some(case) = self.program(together, false)
            && self.determinism(&case)
            && !self.entry.statics
        {
            self.threads(&case);
        }
        self.complaints
    }

    /// The program as a case, as far as the abilities go; `None` if nothing of it is left.
    fn program(&self, lines: &[Line], maps: bool) -> Option<Case> {
        let geometry = self.entry.abilities.geometries.first().copied().unwrap_or_default();
        if maps && !self.entry.abilities.shared_mappings {
            return None;
        }
        let mut text = head(geometry, self.entry.abilities.files > 1, maps);
        let has = |line: &&Line| {
            let fits = self.entry.abilities.files > 1 || !line.1.contains(" b");
            fits && self.entry.abilities.operations.contains(line.0)
        };
        let lines: Vec<&str> = lines.iter().filter(has).map(|it| it.1).collect();
        text.extend(lines.iter().flat_map(|line| [line, "\n"]));
        let case = Case::parse("a program", &text).ok()?;
        (!lines.is_empty() && self.entry.abilities.refusal(&case).is_none()).then_some(case)
    }

    fn complain(&mut self, what: String, hint: &'static str, case: &Case) {
        self.complaints.push(Complaint { what, hint, case: case.clone() });
    }

    fn history(&mut self, case: &Case, scheduler: &mut dyn Scheduler) -> (History, u64) {
        let ran = self.backend.run(case, scheduler);
        let Counts { locks, disk_reads, disk_writes, installed, installed_without_lock } = ran.counts;
        self.used.locks += locks;
        self.used.disk_reads += disk_reads;
        self.used.disk_writes += disk_writes;
        self.used.installed += installed;
        self.used.installed_without_lock += installed_without_lock;
        (ran.history.clone(), ran.hash)
    }

    /// What even one task alone sees wrong is mostly the adapter's.
    fn sequential(&mut self, case: &Case, maps: bool) {
        let (history, _) = self.history(case, &mut CaseGiven::new(&[]));
        let verdicts = Checker::new().check(&history, Profile::Linux).to_vec();
        for verdict in &verdicts {
            let hint = if maps {
                "does a store through the mapping reach the frame that was installed, and does the fault mark it dirty?"
            } else {
                "are offsets and sizes in bytes, are counts those that were copied, is the right file meant?"
            };
            let signature = Signature::of(case, self.entry, verdict);
            self.complain(format!("one task alone sees {signature}: {}", verdict.message), hint, case);
        }
    }

    /// Whether it uses the harness's disk and locks at all.
    fn usage(&mut self, case: &Case) {
        let used = self.used;
        if used.disk_writes == 0 && self.entry.abilities.operations.contains(OperationKind::Fsync) {
            self.complain("a sync wrote nothing to the harness's disk".to_owned(), OWN_DISK, case);
        }
        if used.disk_reads == 0 {
            self.complain("nothing was ever read from the harness's disk".to_owned(), OWN_DISK, case);
        }
        if used.locks == 0 && self.entry.abilities.tasks > 1 {
            let hint = "its locks have to be those of `shortcopy::subject::sync`; if it has none, `tasks: 1`";
            self.complain("no lock of the harness's was ever taken".to_owned(), hint, case);
        }
        if used.installed_without_lock > 0 {
            let hint = "`install` has to be called under the lock that keeps the page in the cache";
            let count = used.installed_without_lock;
            self.complain(format!("{count} of {} frames were installed with no lock held", used.installed), hint, case);
        }
    }

    /// Whether equal runs are equal, whatever ran before.
    fn determinism(&mut self, case: &Case) -> bool {
        for seed in 0..8 {
            let first = self.history(case, &mut Sticky::new(seed));
            let again = self.history(case, &mut Sticky::new(seed));
            // Another program in between, and other memory.
            let _ = self.history(case, &mut Sticky::new(seed + 100));
            self.backend = (self.entry.backend)();
            let anew = self.history(case, &mut Sticky::new(seed));
            if first != again || first != anew {
                self.complain("the same case ran differently".to_owned(), DIFFERS, case);
                return false;
            }
        }
        true
    }

    /// Whether they are equal while another thread runs cases too, as those of a hunt do. The two make their turns
    /// one after the other, so that they always meet in the same way.
    fn threads(&mut self, case: &Case) {
        let alone: Vec<_> = (0..8).map(|seed| self.history(case, &mut Sticky::new(seed))).collect();
        let (entry, alone, baton) = (self.entry, &alone, &Baton::default());
        let is_same = |thread: usize| {
            let mut examination = Self::new(entry);
            // The second begins with another seed, so that different runs meet.
            let mut seeds = (0..alone.len()).map(|round| (round + thread) % alone.len());
            let is_same = seeds.all(|seed| {
                let scheduler = Sticky::new(seed as u64);
                examination.history(case, &mut Alternating { scheduler, thread, baton }) == alone[seed]
            });
            baton.finish(thread);
            is_same
        };
        let is_same = thread::scope(|scope| {
            let threads = [0, 1].map(|number| scope.spawn(move || is_same(number)));
            threads.map(|it| it.join().unwrap_or(false)) == [true; 2]
        });
        if !is_same {
            let hint = "all threads of a hunt share what it keeps in statics: keep it in thread locals or in the \
                        subject, or say `const STATICS: bool = true`";
            self.complain("the same case ran differently while another thread ran one".to_owned(), hint, case);
        }
    }
}

/// Whose turn it is, of two threads.
#[derive(Default)]
struct Baton {
    state: Mutex<BatonState>,
    changed: Condvar,
}

#[derive(Default)]
struct BatonState {
    turn: usize,
    finished: [bool; 2],
    gave_up: bool,
}

impl Baton {
    /// Gives the turn to the other thread, and waits for it to come back.
    fn pass(&self, thread: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.turn = 1 - thread;
        self.changed.notify_all();
        let others = |it: &mut BatonState| it.turn != thread && !it.finished[1 - thread] && !it.gave_up;
        let waited = self.changed.wait_timeout_while(state, PATIENCE, others);
        let (mut state, result) = waited.unwrap_or_else(PoisonError::into_inner);
        state.gave_up |= result.timed_out();
    }

    /// This thread makes no more turns.
    fn finish(&self, thread: usize) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).finished[thread] = true;
        self.changed.notify_all();
    }
}

/// Lets the other thread make a turn before each of its own.
struct Alternating<'b> {
    scheduler: Sticky,
    thread: usize,
    baton: &'b Baton,
}

impl Scheduler for Alternating<'_> {
    fn start(&mut self, operations: &[u32]) {
        self.scheduler.start(operations);
    }

    fn pick(&mut self, runnable: Runnable, previous: Option<RunnerIndex>) -> RunnerIndex {
        self.baton.pass(self.thread);
        self.scheduler.pick(runnable, previous)
    }
}

/// The machine, files and memory of the programs.
fn head(geometry: Geometry, two: bool, maps: bool) -> String {
    let Geometry { page, block } = geometry;
    let pages = 128_u32.div_ceil(page).max(1);
    let disk = 70_u32.next_multiple_of(block);
    let mut text = format!(
        "shortcopy case 1\ngeometry page {page} block {block}\nfs block\nfile a size 70 disk 0..{disk} cached -\n"
    );
    if two {
        text += "file b size 0 disk - cached -\n";
    }
    text += &format!("memory m pages {pages} resident {}\n", list(pages));
    if maps {
        text += "memory n pages 1 maps a page 0 resident -\n";
    }
    text
}

/// `0,1,2`.
fn list(pages: u32) -> String {
    (0..pages).map(|it| it.to_string()).collect::<Vec<_>>().join(",")
}
