//! The threads that run a case's tasks, kept from case to case.

use crate::program::{Environment, Program, Status};
use crate::system_calls::Caller;
use crate::user_memory::PipeCopy;
use rustix::io;
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

/// A command to a thread.
enum Command {
    /// Begin this task of this program.
    Begin(Arc<Program>, Arc<Environment>, usize),
    /// Go on, for as many steps as the program allows.
    GoOn,
}

/// A thread that runs a task.
pub(crate) struct TaskThread {
    commands: Sender<Command>,
    /// The kernel's number for it.
    pub thread: u32,
    /// The first command of its task.
    first: Option<Command>,
    handle: Option<JoinHandle<()>>,
}

/// The threads, by the number of their task.
#[derive(Default)]
pub(crate) struct TaskThreads {
    pub members: Vec<TaskThread>,
}

impl fmt::Debug for TaskThreads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.members.iter().map(|it| it.thread)).finish()
    }
}

impl TaskThreads {
    /// Gives each task of a program its thread.
    pub fn take(&mut self, program: &Arc<Program>, environment: &Arc<Environment>) -> io::Result<()> {
        for task in 0..program.tasks.len() {
            if task == self.members.len() {
                self.members.push(TaskThread::new()?);
            }
            self.members[task].first = Some(Command::Begin(Arc::clone(program), Arc::clone(environment), task));
        }
        Ok(())
    }

    /// Lets a task go on.
    pub fn go(&mut self, task: usize) {
        let member = &mut self.members[task];
        let command = member.first.take().unwrap_or(Command::GoOn);
        // This cannot fail, because a thread ends only with its member.
        let _ = member.commands.send(command);
    }

    /// Forgets threads that may never come back, instead of waiting for them.
    pub fn abandon(&mut self) {
        for member in &mut self.members {
            member.handle = None;
        }
        self.members.clear();
    }
}

impl TaskThread {
    fn new() -> io::Result<Self> {
        let pipe_copy = PipeCopy::new()?;
        let (commands, receiver) = channel();
        let (tell_thread, thread) = channel();
        let handle = thread::spawn(move || {
            let own = rustix::thread::gettid().as_raw_nonzero().get();
            let _ = tell_thread.send(own.unsigned_abs());
            work(&receiver, &pipe_copy);
        });
        let thread = thread.recv().map_err(|_| io::Errno::AGAIN)?;
        Ok(Self { commands, thread, first: None, handle: Some(handle) })
    }
}

impl Drop for TaskThread {
    fn drop(&mut self) {
        // Without a sender the thread's loop ends.
        self.commands = channel().0;
        if let Some(handle) = self.handle.take() {
            let _ = handle.join();
        }
    }
}

fn work(commands: &Receiver<Command>, pipe_copy: &PipeCopy) {
    let mut begun: Option<(Arc<Program>, Arc<Environment>, usize, usize)> = None;
    let mut buffer = Vec::new();
    while let Ok(command) = commands.recv() {
        let (program, environment, number, mut next) = match command {
            Command::Begin(program, environment, number) => (program, environment, number, 0),
            Command::GoOn => match begun.take() {
                Some(begun) => begun,
                None => continue,
            },
        };
        let mut caller =
            Caller { program: &program, environment: &environment, task: number, pipe_copy, buffer: &mut buffer };
        if go_on(&mut caller, &mut next) {
            // The environment can be prepared for the next case only when nobody else holds it.
            drop(environment);
            program.tasks[number].set_status(Status::Finished);
            program.notify();
        } else {
            let waits = Arc::clone(&program);
            begun = Some((program, environment, number, next));
            waits.tasks[number].set_status(Status::Idle);
            waits.notify();
        }
    }
}

/// Does operations until the steps are used up. Returns true if all operations are done.
pub(crate) fn go_on(caller: &mut Caller<'_>, next: &mut usize) -> bool {
    let program = caller.program;
    let (state, operations) = (&program.tasks[caller.task], &program.case.tasks[caller.task].operations);
    while let Some(operation) = operations.get(*next).filter(|_| !caller.environment.power_supply.is_lost()) {
        if !state.take_step() {
            return false;
        }
        program.spray_folios(caller.environment);
        program.spray();
        caller.call(state.first + *next as u8, operation);
        *next += 1;
    }
    true
}
