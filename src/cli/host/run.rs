//! One run of `shortcopy host`: starts the workers, listens to them, and ends them.

use super::Arguments;
use super::keeper::Keeper;
use super::test_bed::TestBed;
use crate::cli::failure::{Ending, Failure};
use crate::host::{Event, Supervisor};
use host::mount::Kind;
use host::spray;
use std::ffi::OsStr;
use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often free memory is filled with markers.
const SPRAY: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(100);

/// A run of the command.
pub(super) struct Run<'a> {
    pub arguments: &'a Arguments,
    pub seed: u64,
    pub test_bed: TestBed,
    pub keeper: Keeper,
    /// When the first worker was started.
    pub start: Instant,
    /// How long it took to get ready before that.
    pub prepared: Duration,
}

impl Run<'_> {
    /// Searches until the time is up or somebody stops it, or runs the given cases.
    pub fn conduct(&mut self, stop: &AtomicBool) -> Result<Ending, Failure> {
        self.announce();
        // What is prepared is no part of the time that was asked for.
        (self.prepared, self.start) = (self.start.elapsed(), Instant::now());
        let mut supervisor = Supervisor::default();
        for job in 0..self.arguments.jobs {
            self.start_worker(&mut supervisor, job, self.seed.wrapping_add(job.into()))?;
        }
        let limit = self.limit();
        let mut sprayed = Instant::now();
        let mut next_seed = self.seed.wrapping_add(self.arguments.jobs.into());
        while !supervisor.is_over() {
            let over = stop.load(Ordering::Relaxed) || limit.is_some_and(|it| self.start.elapsed() >= it);
            if over {
                supervisor.stop();
            }
            match supervisor.next(LOOK) {
                Some((_, Event::Finding(found))) => self.keep(&found),
                Some((_, Event::Ran(ran))) => self.tell_ran(&ran),
                Some((job, Event::Failed { message })) => {
                    self.keeper.failures.push(message.clone());
                    self.keeper.progress.suspend(|| eprintln!("{message}"));
                    // A worker whose tasks hang cannot go on; the search can.
                    let failures = self.keeper.failures.len() as u16;
                    if !over && failures < 10 && self.arguments.cases.is_empty() && limit.is_some() {
                        self.start_worker(&mut supervisor, job as u16 + failures * 100, next_seed)?;
                        next_seed = next_seed.wrapping_add(1);
                    }
                }
                Some((_, Event::Progress(_))) | None => {}
            }
            self.keeper.show(self.start.elapsed(), &supervisor.totals());
            let has_time = limit.is_some_and(|it| self.start.elapsed() + self.prepared * 2 < it);
            if sprayed.elapsed() >= SPRAY && has_time {
                self.spray();
                sprayed = Instant::now();
            }
        }
        let totals = supervisor.totals();
        let left = supervisor.finish();
        self.keeper.progress.finish();
        for process in left {
            eprintln!("process {process} does not end: it hangs in the kernel, and its mount with it");
        }
        self.summary(&totals);
        let ran_nothing = self.arguments.cases.is_empty() && totals.cases == 0 && self.keeper.failures.is_empty();
        if ran_nothing && !stop.load(Ordering::Relaxed) {
            let line = format!("shortcopy host {} --time 1m", self.arguments.place.line());
            return Err(Failure::trouble("no case was run in that time", line));
        }
        Ok(self.keeper.ending())
    }

    /// Fills free memory with markers, so that memory which nobody has initialised says so.
    pub fn spray(&self) {
        if let Ok(program) = std::env::current_exe() {
            // A search without it is worse, but a search.
            let _ = spray::spray_by(Command::new(program).arg("host-spray"));
        }
    }

    const fn limit(&self) -> Option<Duration> {
        match (self.arguments.time, self.arguments.cases_limit) {
            _ if !self.arguments.cases.is_empty() => None,
            (Some(time), _) => Some(time),
            (None, Some(_)) => None,
            (None, None) => Some(Duration::from_secs(60)),
        }
    }

    fn start_worker(&self, supervisor: &mut Supervisor, job: u16, seed: u64) -> Result<(), Failure> {
        let system = |error| Failure::system(error, "cannot start a worker", "shortcopy host --help");
        let directory = self.test_bed.directory.join(format!("shortcopy-{}-{job}", std::process::id()));
        fs::create_dir_all(&directory).map_err(system)?;
        let mut command = Command::new(std::env::current_exe().map_err(system)?);
        command.arg("host-worker").arg("--directory").arg(&directory).arg("--seed").arg(seed.to_string());
        command.arg("--profile").arg(self.arguments.profile.unwrap_or(self.test_bed.profile).as_str());
        if let Some(cases) = self.arguments.cases_limit {
            command.arg("--cases").arg(cases.to_string());
        }
        // What is known of the kernel's FUSE is known of each that is served by it: `fuseblk`, `fuse.sshfs`.
        let filesystem = self.test_bed.filesystem.as_str();
        let is_fuse = filesystem == "fuseblk" || filesystem.starts_with("fuse.");
        command.arg("--known-on").arg(if is_fuse { Kind::Fuse.word() } else { filesystem });
        command.args(self.arguments.corpus.iter().flat_map(|it| [OsStr::new("--corpus"), it.as_os_str()]));
        command.arg("--times").arg(self.arguments.times.to_string()).args(&self.arguments.cases);
        if let (true, Some(kind)) = (self.arguments.crash, self.arguments.place.fs) {
            // Its own filesystem: a copy of the disk shows what all who use it have done.
            command.arg("--fs").arg(kind.word()).args(self.arguments.place.options.words());
            command.args(self.arguments.write_log.then_some("--write-log"));
        }
        supervisor.start(&mut command).map_err(system)
    }
}
