//! A worker: the process in which cases call the kernel.

use super::event::{self, Event, Repeated, Replayed, Totals};
use ::host::crash::{Copied, Logged};
use ::host::mount::{Kind, Mounted};
use ::host::search::{KnownFault, Search};
use ::host::{Manner, Medium};
use case::Case;
use oracle::Profile;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How often it tells how far it is.
const TELL: Duration = Duration::from_millis(200);

/// What a worker is to do.
#[derive(Debug)]
pub struct Assignment {
    /// Where its files are.
    pub directory: PathBuf,
    /// Where its randomness comes from.
    pub seed: u64,
    /// What is promised there.
    pub profile: Profile,
    /// How many cases to generate, if there is a limit.
    pub cases: Option<u64>,
    /// Cases to run instead of generated ones, each so many times.
    pub given: Vec<(Case, u32)>,
    /// Faults that are known there.
    pub known: Vec<KnownFault>,
    /// The filesystem whose disk is looked at where a case loses power; the directory is its root.
    pub disk: Option<Disk>,
}

/// A filesystem on a disk that power can be lost of.
#[derive(Debug)]
pub enum Disk {
    /// It is copied at that moment.
    Copied(Mounted),
    /// What it was before each write is known.
    Logged(Box<Logged>),
}

impl Disk {
    /// The filesystem.
    #[must_use]
    pub const fn mounted(&self) -> &Mounted {
        match self {
            Self::Copied(mounted) => mounted,
            Self::Logged(logged) => logged.mounted(),
        }
    }

    /// Whether it makes no promise that data is on the disk before what points to it.
    fn is_unordered(&self) -> bool {
        // Without a journal a filesystem says nothing of what comes first.
        self.mounted().kind() == Kind::Ext2 || self.mounted().describe().contains("data=writeback")
    }

    fn into_medium(self) -> Box<dyn Medium> {
        match self {
            Self::Copied(mounted) => Box::new(Copied::new(mounted)),
            Self::Logged(logged) => logged,
        }
    }
}

/// Works until the assignment is done or standard input ends, which it does when whoever started this process is gone
/// or has had enough.
///
/// # Errors
/// If standard output cannot be written to.
pub fn work(mut assignment: Assignment) -> io::Result<()> {
    let stop = stop_at_end_of_input();
    let mut search =
        match Search::new(&assignment.directory, assignment.seed, assignment.profile, crate::report::details) {
            Ok(search) => search,
            Err(error) => {
                let message =
                    format!("there is no userfaultfd for this process, and a write cannot be stopped without: {error}");
                return tell(&Event::Failed { message });
            }
        };
    let logged = matches!(assignment.disk, Some(Disk::Logged(_)));
    if let Some(disk) = assignment.disk.take() {
        let unordered = disk.is_unordered();
        search.is_on(disk.into_medium(), unordered);
    }
    search.stops_at(&stop);
    search.knows(std::mem::take(&mut assignment.known));
    let assignment = &assignment;
    let result = if assignment.given.is_empty() {
        hunt(assignment, &mut search, &stop)
    } else {
        replay(assignment, &mut search, logged, &stop)
    };
    match result {
        Ok(()) => tell(&Event::Progress(Totals::of(&search))),
        Err(error) => {
            tell(&Event::Progress(Totals::of(&search)))?;
            tell(&Event::Failed { message: format!("{}: {error}", assignment.directory.display()) })
        }
    }
}

fn hunt(assignment: &Assignment, search: &mut Search, stop: &AtomicBool) -> io::Result<()> {
    let mut told = Instant::now();
    while !stop.load(Ordering::Relaxed) && assignment.cases.is_none_or(|most| search.totals.cases < most) {
        for finding in search.step()? {
            tell(&Event::Finding(Box::new(event::Found::new(&finding))))?;
            if !finding.hang.is_empty() {
                // The threads that hang are this process's: another one has to go on.
                return Err(io::Error::other("tasks hang in the kernel"));
            }
        }
        if told.elapsed() >= TELL {
            told = Instant::now();
            tell(&Event::Progress(Totals::of(search)))?;
        }
    }
    Ok(())
}

/// Runs the given cases; what any of their runs shows is shown. Where the disk is logged, power is lost before each
/// write to it too.
fn replay(assignment: &Assignment, search: &mut Search, logged: bool, stop: &AtomicBool) -> io::Result<()> {
    for (number, (case, times)) in assignment.given.iter().enumerate() {
        let manner = Manner::of(case).unwrap_or_default();
        let manner = Manner { prefixes: manner.prefixes || logged, ..manner };
        let before = (std::mem::take(&mut search.totals.limits), search.totals.inconclusive);
        let mut shown = BTreeMap::new();
        for _ in 0..*times {
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let wrongs = search.wrongs(case, manner)?.into_iter().map(|it| (it.signature, it));
            // A run can show the same in several places, and counts once.
            for (signature, wrong) in wrongs.collect::<BTreeMap<_, _>>() {
                shown.entry(signature).or_insert((wrong, 0)).1 += 1;
            }
        }
        let limits = search.totals.limits.words().collect();
        search.totals.limits.merge(&before.0);
        let inconclusive = (search.totals.inconclusive - before.1) as u32;
        let mut findings = Vec::new();
        for (signature, (wrong, times)) in shown {
            let cause = search.cause(case, manner, signature)?.map(str::to_owned);
            findings.push(Repeated { shown: (&wrong).into(), times, cause });
        }
        tell(&Event::Ran(Box::new(Replayed { number, times: *times, findings, inconclusive, limits })))?;
    }
    Ok(())
}

fn tell(event: &Event) -> io::Result<()> {
    let line = serde_json::to_string(event)?;
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}

fn stop_at_end_of_input() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        let mut line = String::new();
        while input.read_line(&mut line).is_ok_and(|read| read > 0) {
            line.clear();
        }
        flag.store(true, Ordering::Relaxed);
    });
    stop
}
