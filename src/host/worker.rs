//! A worker: the process in which cases call the kernel.

use super::event::{self, Event, Totals};
use ::host::crash::{Copied, Logged};
use ::host::mount::{Kind, Mounted};
use ::host::search::Search;
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
        let before = std::mem::take(&mut search.totals.limits);
        let mut shown = BTreeMap::new();
        for _ in 0..*times {
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            for wrong in search.wrongs(case, manner)? {
                shown.entry(wrong.signature).or_insert(wrong);
            }
        }
        let limits = search.totals.limits.iter().map(|it| it.describe().to_owned()).collect();
        search.totals.limits.merge(&before);
        tell(&Event::Ran { number, shown: shown.values().map(Into::into).collect(), limits })?;
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
