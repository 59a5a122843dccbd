//! The conductor: runs a program's tasks by the case's schedule. A step is an operation, or a stop of an operation at a
//! page that is not there; while a task is stopped, others have their turns.

use crate::limits::Limit;
use crate::observer::Observer;
use crate::program::{Environment, Program, Status, TaskState};
use crate::refusal::Refusal;
use crate::sleeper::{self, Sleeper};
use crate::task_threads::TaskThreads;
use crate::user_memory::Fault;
use case::Runner;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;
use rustix::io::Errno;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The first and the longest interval at which a running task is checked. Most return before the first check.
const FIRST_LOOK: Duration = Duration::from_micros(250);
const LOOK: Duration = Duration::from_millis(1);
/// How long a task has to sleep before it counts as blocked.
const SLEEPS_FOR_GOOD: Duration = Duration::from_millis(30);
/// The same if it sleeps for a lock that a stopped task may hold.
const WAITS_FOR_A_LOCK: Duration = Duration::from_micros(300);
/// How long nothing may happen before the run is given up, if a task waits for a lock.
const HANG: Duration = Duration::from_secs(20);
/// The same if a task waits for something else: a slow disk is not a deadlock.
const SLOW: Duration = Duration::from_secs(300);

/// Why a run did not finish.
#[derive(Clone, Debug)]
pub struct Hang {
    /// The tasks that have not finished, and what the kernel says of them.
    pub tasks: Vec<(usize, Sleeper)>,
}

/// Conducts one program.
#[derive(Debug)]
pub(crate) struct Conductor<'p> {
    program: &'p Arc<Program>,
    environment: &'p Arc<Environment>,
    threads: &'p mut TaskThreads,
    observer: &'p mut Observer,
    /// The pages that stopped tasks wait for.
    stopped: Vec<Option<usize>>,
    /// How many times a task stopped.
    pub stops: u64,
}

impl<'p> Conductor<'p> {
    pub fn new(
        program: &'p Arc<Program>,
        environment: &'p Arc<Environment>,
        threads: &'p mut TaskThreads,
        observer: &'p mut Observer,
    ) -> Self {
        let stopped = vec![None; program.tasks.len()];
        Self { program, environment, threads, observer, stopped, stops: 0 }
    }

    /// Runs the case by its schedule, and then the rest, one task after the other.
    pub fn run_scheduled(&mut self) -> Result<Option<Hang>, Refusal> {
        let program = self.program;
        for slice in &program.case.schedule {
            if let Runner::Task(task) = slice.runner {
                self.turn(task, slice.steps)?;
            }
        }
        self.finish()
    }

    /// Lets all tasks go at once.
    pub fn run_racing(&mut self) -> Result<Option<Hang>, Refusal> {
        for task in 0..self.program.tasks.len() {
            self.let_go(task, TaskState::UNLIMITED)?;
        }
        let mut quiet_since = Instant::now();
        while (0..self.program.tasks.len()).any(|task| self.status(task) != Status::Finished) {
            if self.events(LOOK)? {
                quiet_since = Instant::now();
            } else if self.hangs(quiet_since) {
                return Ok(Some(self.hang()));
            }
        }
        Ok(None)
    }

    /// Whether nothing has happened for too long.
    fn hangs(&self, quiet_since: Instant) -> bool {
        let quiet = quiet_since.elapsed();
        let mut unfinished = (0..self.stopped.len()).filter(|task| self.status(*task) != Status::Finished);
        quiet >= SLOW
            || quiet >= HANG && unfinished.all(|task| sleeper::waits_for_a_lock(self.threads.members[task].thread))
    }

    /// The tasks that have not finished, and what the kernel says of them.
    fn hang(&self) -> Hang {
        let unfinished = (0..self.stopped.len()).filter(|task| self.status(*task) != Status::Finished);
        Hang { tasks: unfinished.map(|task| (task, Sleeper::look(self.threads.members[task].thread))).collect() }
    }

    fn status(&self, task: usize) -> Status {
        self.program.tasks[task].status()
    }

    /// Lets a task make this many steps; false if it is blocked or has finished.
    fn let_go(&mut self, task: usize, steps: u32) -> Result<bool, Refusal> {
        let state = &self.program.tasks[task];
        state.allow(steps);
        let waited_for = self.stopped[task].take();
        self.keep_apart()?;
        if let Some(page) = waited_for {
            self.serve(page)?;
            return Ok(true);
        }
        if state.status() != Status::Idle {
            return Ok(false);
        }
        state.set_status(Status::Running);
        self.threads.go(task);
        Ok(true)
    }

    /// Prevents a task from waiting for a page that another task is stopped at. All tasks that wait for a page are
    /// woken together, and no schedule could decide which of them runs first.
    fn keep_apart(&self) -> Result<(), Refusal> {
        self.stopped.iter().flatten().try_for_each(|page| self.environment.space.bring(*page))
    }

    /// Wakes the tasks that wait for a page: only one, unless the page was taken away again after it was brought in.
    fn serve(&mut self, page: usize) -> Result<(), Refusal> {
        for other in self.stopped.iter_mut().filter(|it| **it == Some(page)) {
            *other = None;
            self.program.note(Limit::WokenTogether);
        }
        self.program.spray();
        self.environment.space.serve(page)
    }

    /// A task's turn: until its steps are used up, it blocks or it finishes.
    fn turn(&mut self, task: usize, steps: Option<u32>) -> Result<(), Refusal> {
        self.events(Duration::ZERO)?;
        if self.status(task) == Status::Finished {
            return Ok(());
        }
        let mut left = steps.unwrap_or(TaskState::UNLIMITED);
        // Going on after a stop in an earlier turn takes no step.
        let mut is_free = self.stopped[task].is_some();
        while (left > 0 || is_free) && self.blocked(task).next().is_some() {
            if !self.step(task, if self.stopped[task].is_some() { 0 } else { 1 })? {
                return Ok(());
            }
            if left != TaskState::UNLIMITED {
                left -= u32::from(!is_free);
            }
            is_free = false;
        }
        if left > 0 || is_free {
            let is_stopped_in_this_turn = !is_free && self.stopped[task].is_some();
            let taken = u32::from(is_stopped_in_this_turn && left != TaskState::UNLIMITED);
            self.step(task, left - taken)?;
        }
        Ok(())
    }

    /// Lets a task make this many steps. At the end of an operation, it then waits for the tasks that waited for a lock
    /// of that operation, so that they do not race with the next one. False if the task is blocked or has finished.
    fn step(&mut self, task: usize, steps: u32) -> Result<bool, Refusal> {
        if !self.let_go(task, steps)? {
            return Ok(false);
        }
        self.wait(task)?;
        self.program.tasks[task].allow(0);
        let is_stopped = self.stopped[task].is_some();
        if self.status(task) != Status::Running {
            let others: Vec<usize> = self.blocked(task).collect();
            others.into_iter().try_for_each(|other| self.wait(other))?;
        }
        Ok(is_stopped || self.status(task) == Status::Idle)
    }

    /// The other tasks that are in an operation and not stopped. They sleep, because their turns are over.
    fn blocked(&self, task: usize) -> impl Iterator<Item = usize> + '_ {
        let is_under_way = |it: usize| self.status(it) == Status::Running && self.stopped[it].is_none();
        (0..self.stopped.len()).filter(move |it| *it != task && is_under_way(*it))
    }

    /// Waits until a task has used up its steps, is stopped, asleep, or finished.
    fn wait(&mut self, task: usize) -> Result<(), Refusal> {
        let mut asleep_since: Option<Instant> = None;
        let mut patience = FIRST_LOOK;
        loop {
            let woken = self.events(patience)?;
            patience = LOOK.min(patience * 2);
            if self.status(task) != Status::Running || self.stopped[task].is_some() {
                return Ok(());
            }
            if woken {
                asleep_since = None;
                continue;
            }
            if sleeper::state(self.threads.members[task].thread) == 'R' {
                asleep_since = None;
                continue;
            }
            let slept = asleep_since.get_or_insert_with(Instant::now).elapsed();
            let is_held_up = slept >= WAITS_FOR_A_LOCK && self.stopped.iter().any(Option::is_some);
            if slept >= SLEEPS_FOR_GOOD || is_held_up && sleeper::waits_for_a_lock(self.threads.members[task].thread) {
                return Ok(());
            }
        }
    }

    /// Handles what has happened, and waits up to `patience` if nothing has. Returns whether anything happened.
    fn events(&mut self, patience: Duration) -> Result<bool, Refusal> {
        let mut fds = [
            PollFd::from_borrowed_fd(self.environment.space.as_fd(), PollFlags::IN),
            PollFd::new(self.program, PollFlags::IN),
        ];
        let timeout = Timespec { tv_sec: 0, tv_nsec: patience.as_nanos() as i64 };
        match poll(&mut fds, Some(&timeout)) {
            Ok(0) | Err(Errno::INTR) => return Ok(false),
            Ok(_) => {}
            Err(errno) => return Err(Refusal { call: "poll", errno }),
        }
        if !fds[1].revents().is_empty() {
            self.program.drain();
        }
        while let Some(fault) = self.environment.space.next_fault()? {
            self.stop(fault)?;
        }
        Ok(true)
    }

    /// A task waits for a page. It goes on if it has a step left.
    fn stop(&mut self, fault: Fault) -> Result<(), Refusal> {
        let task = self.threads.members.iter().position(|it| it.thread == fault.thread);
        let task = task.filter(|task| *task < self.stopped.len());
        let (Some(task), true) = (task, self.environment.space.is_in_memory(fault.page)) else {
            return self.environment.space.serve(fault.page);
        };
        self.stops += 1;
        self.observer.look(self.program, self.environment)?;
        if self.program.tasks[task].take_step() {
            self.serve(fault.page)
        } else {
            self.stopped[task] = Some(fault.page);
            Ok(())
        }
    }

    /// Lets all tasks finish, in order, round after round.
    fn finish(&mut self) -> Result<Option<Hang>, Refusal> {
        let mut quiet_since = Instant::now();
        loop {
            let unfinished: Vec<usize> =
                (0..self.stopped.len()).filter(|task| self.status(*task) != Status::Finished).collect();
            if unfinished.is_empty() {
                return Ok(None);
            }
            let before = self.stops;
            for task in &unfinished {
                self.turn(*task, None)?;
            }
            if self.stops > before || unfinished.iter().any(|task| self.status(*task) == Status::Finished) {
                quiet_since = Instant::now();
            } else if self.hangs(quiet_since) {
                return Ok(Some(self.hang()));
            } else {
                self.events(LOOK)?;
            }
        }
    }
}
