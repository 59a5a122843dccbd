//! The executor: runs a case under the kernel of this process and returns a history.

use crate::affinity::Affinity;
use crate::cell_size::CellSize;
use crate::conductor::{Conductor, Hang};
use crate::crashed::Crashed;
use crate::decode::{Decoder, Reading};
use crate::extents;
use crate::files::{Files, name};
use crate::fill_history::{RestSeen, fill_history};
use crate::final_look;
use crate::limits::{Limit, Limits};
use crate::manner::Manner;
use crate::observer::Observer;
use crate::pattern::Patterns;
use crate::power_supply::{FilesAfter, Medium, PowerSupply};
use crate::program::{Environment, Program, TaskState};
use crate::record::Record;
use crate::system_calls::Caller;
use crate::task_threads::{TaskThreads, go_on};
use crate::user_memory::{PipeCopy, Space};
use case::Case;
use oracle::{Clock, Deadlock, History, Link, Notation, OperationId, Stop, TaskId, Way};
use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

/// The result of a run.
#[derive(Debug)]
pub struct Ran<'e> {
    /// What the tasks called and saw.
    pub history: &'e History,
    /// What the case asks for that was not possible.
    pub limits: Limits,
    /// How many times a task stopped at a page.
    pub stops: u64,
    /// How many operations were called.
    pub calls: u64,
    /// The tasks that did not return, if the run hangs. This executor cannot be used any more then.
    pub hang: Option<Hang>,
}

/// Runs cases in a directory.
#[derive(Debug)]
pub struct Executor {
    threads: TaskThreads,
    /// The last run, if it lost power. Its open files have to be closed before the filesystem that they are on.
    crashed: Option<Crashed>,
    environment: Arc<Environment>,
    pipe_copy: PipeCopy,
    observer: Observer,
    history: History,
    runs: u64,
    affinity: Affinity,
    /// Whether the filesystem makes no promise that data is on the disk before what points to it.
    unordered: bool,
    /// Tells the conductor that a task is back.
    event: Arc<OwnedFd>,
    buffer: Vec<u8>,
    records: Vec<Record>,
    rest: Vec<RestSeen>,
}

impl Executor {
    /// An executor whose files are in this directory. The salt determines the patterns.
    ///
    /// # Errors
    /// If there is no userfaultfd, or this process may not use one.
    pub fn new(directory: &Path, salt: u64) -> std::io::Result<Self> {
        let environment = Environment {
            space: Space::new()?,
            files: Files::new(directory),
            patterns: Patterns::new(salt),
            power_supply: PowerSupply::default(),
        };
        Ok(Self {
            threads: TaskThreads::default(),
            crashed: None,
            environment: Arc::new(environment),
            pipe_copy: PipeCopy::new()?,
            observer: Observer::default(),
            history: History::default(),
            runs: 0,
            affinity: Affinity::new(salt)?,
            unordered: false,
            event: Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?),
            buffer: Vec::new(),
            records: Vec::new(),
            rest: Vec::new(),
        })
    }

    /// Sets the medium under the files, so that a case can lose power; and whether the filesystem makes no promise
    /// that data is on the disk before the metadata that points to it.
    pub fn is_on(&mut self, medium: Box<dyn Medium>, unordered: bool) {
        self.environment.power_supply.supplies(medium);
        self.unordered = unordered;
    }

    /// Runs a valid case.
    ///
    /// # Errors
    /// If the files or memories of the case cannot be made, or the kernel returns an unexpected error.
    pub fn run(&mut self, case: &Case, manner: Manner) -> std::io::Result<Ran<'_>> {
        self.runs += 1;
        self.crashed = None;
        let mut limits = Limits::of(case);
        let Some(environment) = Arc::get_mut(&mut self.environment) else {
            return Err(std::io::Error::other("a task of an earlier run has not come back"));
        };
        environment.patterns.turn(self.runs);
        environment.files.prepare(case, &environment.patterns, &mut limits)?;
        if case.crashes() {
            // The initial state of a case counts as durable.
            environment.files.make_durable()?;
            match environment.power_supply.ask(|medium| medium.begin().map(|()| medium.is_logged())).transpose()? {
                None => limits.note(Limit::Crash),
                Some(false) if manner.prefixes => limits.note(Limit::Prefixes),
                Some(_) => {}
            }
        }
        environment.space.prepare(case, &environment.patterns, &environment.files.all())?;
        let program = Arc::new(Program::new(case, manner, environment, limits, &self.event)?);
        self.observer.begin(manner.observers)?;
        let (hang, stops) = if program.is_plain() {
            let (program, environment, pipe_copy) = (&program, &self.environment, &self.pipe_copy);
            program.tasks[0].allow(TaskState::UNLIMITED);
            go_on(&mut Caller { program, environment, task: 0, pipe_copy, buffer: &mut self.buffer }, &mut 0);
            (None, 0)
        } else {
            self.threads.take(&program, &self.environment)?;
            self.affinity.place(manner.racing, self.threads.members.iter().map(|it| it.thread));
            let mut conductor = Conductor::new(&program, &self.environment, &mut self.threads, &mut self.observer);
            let hang = if manner.racing { conductor.run_racing() } else { conductor.run_scheduled() }?;
            (hang, conductor.stops)
        };
        match &hang {
            None => self.observer.finish(&program)?,
            Some(_) => self.observer.abandon(),
        }
        self.observer.look_at_sizes(&program, &self.environment);
        match self.environment.power_supply.restore().transpose()? {
            Some(moment) => self.see_crash(&program, moment, hang.is_some())?,
            None => {
                // A task that hangs may hold a lock that a look would wait for.
                self.rest = match hang {
                    Some(_) => Vec::new(),
                    None => final_look::look(&program, &self.environment, &self.pipe_copy, manner.looks)?,
                };
                self.records.clear();
                self.records.extend(program.records());
            }
        }
        let is_cut = self.decode(case, Reading::FIRST);
        let mut limits = program.limits();
        if is_cut {
            limits.note(Limit::DeepCopies);
        }
        match &hang {
            None => self.environment.space.clear(case)?,
            Some(hang) => {
                self.history.stop = Some(stop_of(hang, &program, &self.history));
                self.threads.abandon();
            }
        }
        let calls = self.history.operations.iter().filter(|it| it.invoked.is_some()).count() as u64;
        Ok(Ran { history: &self.history, limits, stops, calls, hang })
    }

    /// What is known of a run that lost power.
    fn see_crash(&mut self, program: &Arc<Program>, moment: Clock, hangs: bool) -> std::io::Result<()> {
        let (mut changes, mut rest) = (Vec::new(), Vec::new());
        // A task that hangs still has the files open.
        if !hangs {
            let names = names_of(program);
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let asked = self
                .environment
                .power_supply
                .ask(|medium| Ok::<_, std::io::Error>((medium.changes()?, medium.look(&names)?)));
            if let Some((when, after)) = asked.transpose()? {
                (changes, rest) = (when, seen_after(after, program.cell_size)?);
            }
        }
        let looks = std::mem::take(&mut self.observer.looks);
        let crashed = Crashed::new(Arc::clone(program), moment, changes, looks);
        self.see_at(&crashed, moment, rest);
        self.crashed = Some(crashed);
        Ok(())
    }

    fn see_at(&mut self, crashed: &Crashed, moment: Clock, rest: Vec<RestSeen>) {
        crashed.records_at(moment, &mut self.records);
        self.observer.looks = crashed.looks_at(moment);
        self.rest = rest;
    }

    /// The blocks of each file that have a place on the disk after the last run, of so many cells each, by their number
    /// in the file; `None` if the filesystem does not tell.
    ///
    /// # Errors
    /// If it cannot be asked.
    pub fn allocated(&self, case: &Case) -> std::io::Result<Option<Vec<Vec<u32>>>> {
        let block = CellSize::of(case.geometry).bytes(case.geometry.block) as u64;
        let mut files = Vec::new();
        for file in 0..case.files.len() {
            let Some(ranges) = extents::allocated(self.environment.files.file(file))? else { return Ok(None) };
            let blocks = ranges.into_iter().flat_map(|it| it.start / block..it.end.div_ceil(block));
            files.push(blocks.map(|it| u32::try_from(it).unwrap_or(u32::MAX)).collect());
        }
        Ok(Some(files))
    }

    /// The history of the last run.
    #[must_use]
    pub const fn history(&self) -> &History {
        &self.history
    }

    /// How often the disk changed in the last run, from its beginning to when it lost power, as far as that is known.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.crashed.as_ref().map_or(0, |it| it.changes.len())
    }

    /// Builds the history of the last run as if power had been lost just before one of the changes of the disk. False
    /// if that shows nothing that the next change does not show.
    ///
    /// # Errors
    /// If the disk as it was then cannot be looked at.
    pub fn lose_power_before(&mut self, case: &Case, change: usize) -> std::io::Result<bool> {
        let Some(crashed) = self.crashed.take() else { return Ok(false) };
        let moment = crashed.moment_before(change);
        let rest = self.rest_before(&crashed.program, change).map_err(|error| {
            let text = case.print();
            std::io::Error::other(format!("power lost before change {change} of the disk: {error}; the case:\n{text}"))
        })?;
        let shows = rest.is_some();
        if let Some(rest) = rest {
            self.see_at(&crashed, moment, rest);
        }
        self.crashed = Some(crashed);
        if shows {
            self.decode(case, Reading::FIRST);
        }
        Ok(shows)
    }

    fn rest_before(&self, program: &Program, change: usize) -> std::io::Result<Option<Vec<RestSeen>>> {
        let names = names_of(program);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let after =
            self.environment.power_supply.ask(|medium| medium.look_before(change, &names)).transpose()?.flatten();
        after.map(|after| seen_after(after, program.cell_size)).transpose()
    }

    /// Passes the history of the last run, in each other reading of the bytes, to `wrong`, for as long as that
    /// returns true; returns whether it always did. (Two writes may have copied the same bytes to the same place, and
    /// a byte may match by chance.)
    pub fn is_in_all_readings(&mut self, case: &Case, mut wrong: impl FnMut(&History) -> bool) -> bool {
        Reading::OTHERS.into_iter().all(|reading| {
            let stop = self.history.stop.take();
            self.decode(case, reading);
            self.history.stop = stop;
            wrong(&self.history)
        })
    }

    /// Whether the decoder may have missed a possible origin.
    fn decode(&mut self, case: &Case, reading: Reading) -> bool {
        let decoder = Decoder::new(case, &self.records, &self.environment.patterns, reading);
        fill_history(&mut self.history, case, &decoder, &self.records, &self.observer.looks, &self.rest);
        self.history.unordered = self.unordered && self.crashed.is_some();
        decoder.is_cut()
    }
}

/// The names of the files of a program's case.
fn names_of(program: &Program) -> Vec<String> {
    (0..program.case.files.len()).map(name).collect()
}

/// The files as they were found after power was lost.
fn seen_after(files: FilesAfter, cell_size: CellSize) -> std::io::Result<Vec<RestSeen>> {
    let one = |(file, found): (usize, Result<Vec<u8>, String>)| {
        let seen = found.map_err(|why| std::io::Error::other(format!("after the crash, file {file}: {why}")))?;
        Ok(RestSeen { file, way: Way::Crash, size: cell_size.cells(seen.len()), seen })
    };
    files.into_iter().enumerate().map(one).collect()
}

/// A hang in the oracle's terms: sleeping tasks are taken to wait for one another; a running task makes no progress.
fn stop_of(hang: &Hang, program: &Program, history: &History) -> Stop {
    let operation_of = |task: usize| {
        let under_way = |it: &oracle::Operation| it.invoked.is_some() && it.returned.is_none();
        let mine = history.operations.iter().position(|it| it.task == TaskId(task as u8) && under_way(it));
        OperationId(mine.map_or(program.tasks[task].first, |it| it as u8))
    };
    let step = program.tick();
    match hang.tasks.iter().find(|(_, sleeper)| sleeper.state == 'R') {
        Some((task, _)) => Stop::Livelock { operation: operation_of(*task), step },
        None => Stop::Deadlock(Deadlock {
            step,
            cycle: hang
                .tasks
                .iter()
                .map(|(task, sleeper)| Link {
                    task: TaskId(*task as u8),
                    operation: operation_of(*task),
                    holds: "?".to_owned(),
                    taken_at: "the kernel".into(),
                    taken_step: 0,
                    wants: sleeper.waits_in.clone(),
                    waits_at: "the kernel".into(),
                })
                .collect(),
            notation: Notation::Other,
        }),
    }
}
