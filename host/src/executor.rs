//! The executor: a case in, a history out, from the kernel under this process.

use crate::affinity::Affinity;
use crate::conductor::{Conductor, Hang};
use crate::crew::{Crew, go_on};
use crate::decode::{Decoder, Reading};
use crate::files::Files;
use crate::history_of::{RestSeen, history_of};
use crate::limits::{Limit, Limits};
use crate::manner::Manner;
use crate::observer::Observer;
use crate::operation::Caller;
use crate::pattern::Patterns;
use crate::power::{FilesAfter, LosePower, Power};
use crate::program::{Ground, Program, TaskState};
use crate::record::Record;
use crate::rest;
use crate::scale::Scale;
use crate::user_memory::{Space, Through};
use case::Case;
use oracle::{Deadlock, History, Link, Notation, OperationId, Stop, TaskId, Way};
use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

/// What came of a run.
#[derive(Debug)]
pub struct Ran<'e> {
    /// What the tasks called and saw.
    pub history: &'e History,
    /// What the case asks for that could not be had.
    pub limits: Limits,
    /// How many times a task stopped at a page.
    pub stops: u64,
    /// How many operations were called.
    pub calls: u64,
    /// Who did not come back, if the run hangs: then this executor cannot be used any more.
    pub hang: Option<Hang>,
}

/// Runs cases in a directory.
#[derive(Debug)]
pub struct Executor {
    crew: Crew,
    ground: Arc<Ground>,
    through: Through,
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
    /// An executor whose files are in this directory. The salt says what the patterns are.
    ///
    /// # Errors
    /// If there is no userfaultfd, or this process may not use one.
    pub fn new(directory: &Path, salt: u64) -> std::io::Result<Self> {
        let ground = Ground {
            space: Space::new()?,
            files: Files::new(directory),
            patterns: Patterns::new(salt),
            power: Power::default(),
        };
        Ok(Self {
            crew: Crew::default(),
            ground: Arc::new(ground),
            through: Through::new()?,
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

    /// Says how power is lost where a case wants it, and whether the filesystem makes no promise that data is on the disk before what points
    /// to it.
    pub fn power_is_lost_by(&mut self, lose: LosePower, unordered: bool) {
        self.ground.power.is_lost_by(lose);
        self.unordered = unordered;
    }

    /// Runs a valid case.
    ///
    /// # Errors
    /// If the files or memories of the case cannot be made, or the kernel fails where it should not.
    pub fn run(&mut self, case: &Case, manner: Manner) -> std::io::Result<Ran<'_>> {
        self.runs += 1;
        let mut limits = Limits::of(case);
        let Some(ground) = Arc::get_mut(&mut self.ground) else {
            return Err(std::io::Error::other("a task of an earlier run has not come back"));
        };
        ground.patterns.turn(self.runs);
        ground.files.prepare(case, &ground.patterns, &mut limits)?;
        if case.crashes() {
            // What a case begins with has been there for long.
            ground.files.make_durable()?;
            if !ground.power.can_be_lost() {
                limits.note(Limit::Crash);
            }
        }
        ground.space.prepare(case, &ground.patterns, &ground.files.all())?;
        let program = Arc::new(Program::new(case, &ground.files, limits, &self.event)?);
        self.observer.begin(manner.observers)?;
        let (hang, stops) = if program.is_plain() {
            let (program, ground, through) = (&program, &self.ground, &self.through);
            program.tasks[0].allow(TaskState::UNLIMITED);
            go_on(&mut Caller { program, ground, task: 0, through, buffer: &mut self.buffer }, &mut 0);
            (None, 0)
        } else {
            self.crew.take(&program, &self.ground)?;
            self.affinity.place(manner.racing, self.crew.members.iter().map(|it| it.thread));
            let mut conductor = Conductor::new(&program, &self.ground, &mut self.crew, &mut self.observer);
            let hang = if manner.racing { conductor.run_racing() } else { conductor.run_scheduled() }?;
            (hang, conductor.stops)
        };
        match &hang {
            None => self.observer.finish()?,
            Some(_) => self.observer.abandon(),
        }
        self.observer.look_at_sizes(&program, &self.ground);
        let crash = self.ground.power.restore();
        let moment = crash.as_ref().map(|(moment, _)| *moment);
        self.rest = match (&hang, crash) {
            (Some(_), _) => Vec::new(),
            (None, Some((_, after))) => seen_after(after?, program.scale)?,
            (None, None) => rest::look(&program, &self.ground, &self.through, manner.looks)?,
        };
        let operations: u8 = case.tasks.iter().map(|it| it.operations.len() as u8).sum();
        self.records.clear();
        self.records.extend((0..operations).map(|number| program.record(number).clone()));
        if let Some(moment) = moment {
            self.records.iter_mut().for_each(|it| it.cut_off(moment));
            self.observer.looks.retain(|it| it.record.returned.is_some_and(|it| it <= moment));
            // The crash itself is over.
            let crashed = (0..operations).filter(|number| program.record(*number).invoked == Some(moment));
            crashed.for_each(|number| self.records[usize::from(number)] = program.record(number).clone());
        }
        let is_cut = self.decode(case, Reading::FIRST);
        self.history.unordered = self.unordered && moment.is_some();
        let mut limits = program.limits();
        if is_cut {
            limits.note(Limit::DeepCopies);
        }
        match &hang {
            None => self.ground.space.clear(case)?,
            Some(hang) => {
                self.history.stop = Some(stop_of(hang, &program, &self.history));
                self.crew.abandon();
            }
        }
        let calls = self.history.operations.iter().filter(|it| it.invoked.is_some()).count() as u64;
        Ok(Ran { history: &self.history, limits, stops, calls, hang })
    }

    /// The history of the last run, of this case, in each other reading of the bytes, one after the other, for as long as they are `wrong`: whether all
    /// were. (Two writes may have copied the same bytes to the same place, and a byte may be what it is by chance.)
    pub fn is_in_all_readings(&mut self, case: &Case, mut wrong: impl FnMut(&History) -> bool) -> bool {
        Reading::OTHERS.into_iter().all(|reading| {
            let stop = self.history.stop.take();
            self.decode(case, reading);
            self.history.stop = stop;
            wrong(&self.history)
        })
    }

    /// Whether there may be more to it than can be told.
    fn decode(&mut self, case: &Case, reading: Reading) -> bool {
        let decoder = Decoder::new(case, &self.records, &self.ground.patterns, reading);
        history_of(&mut self.history, case, &decoder, &self.records, &self.observer.looks, &self.rest);
        decoder.is_cut()
    }
}

/// The files as they were found after power was lost.
fn seen_after(files: FilesAfter, scale: Scale) -> std::io::Result<Vec<RestSeen>> {
    let one = |(file, found): (usize, Result<Vec<u8>, String>)| {
        let seen = found.map_err(|why| std::io::Error::other(format!("after the crash, file {file}: {why}")))?;
        Ok(RestSeen { file, way: Way::Crash, size: scale.cells(seen.len()), seen })
    };
    files.into_iter().enumerate().map(one).collect()
}

/// A hang in the oracle's terms: tasks that sleep wait for one another, as far as anybody can tell; one that runs gets nowhere.
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
                    taken_at: "the kernel",
                    taken_step: 0,
                    wants: sleeper.waits_in.clone(),
                    waits_at: "the kernel",
                })
                .collect(),
            notation: Notation::Other,
        }),
    }
}
