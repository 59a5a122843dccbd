//! The threads that are a case's tasks, kept from case to case.

use crate::operation::Caller;
use crate::program::{Ground, Program, Status};
use crate::user_memory::Through;
use rustix::io;
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

/// What a thread is told.
enum Command {
    /// Be this task of this program, and begin.
    Begin(Arc<Program>, Arc<Ground>, usize),
    /// Go on, for as many steps as the program allows.
    GoOn,
}

/// A thread that is a task.
pub(crate) struct Member {
    commands: Sender<Command>,
    /// The kernel's number for it.
    pub thread: u32,
    /// What it begins with.
    first: Option<Command>,
    handle: Option<JoinHandle<()>>,
}

/// The threads, by the number of the task that they are.
#[derive(Default)]
pub(crate) struct Crew {
    pub members: Vec<Member>,
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.members.iter().map(|it| it.thread)).finish()
    }
}

impl Crew {
    /// Gives each task of a program its thread.
    pub fn take(&mut self, program: &Arc<Program>, ground: &Arc<Ground>) -> io::Result<()> {
        for task in 0..program.tasks.len() {
            if task == self.members.len() {
                self.members.push(Member::new()?);
            }
            self.members[task].first = Some(Command::Begin(Arc::clone(program), Arc::clone(ground), task));
        }
        Ok(())
    }

    /// Lets a task go on.
    pub fn go(&mut self, task: usize) {
        let member = &mut self.members[task];
        let command = member.first.take().unwrap_or(Command::GoOn);
        // A thread ends only with its member.
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

impl Member {
    fn new() -> io::Result<Self> {
        let through = Through::new()?;
        let (commands, receiver) = channel();
        let (tell_thread, thread) = channel();
        let handle = thread::spawn(move || {
            let own = rustix::thread::gettid().as_raw_nonzero().get();
            let _ = tell_thread.send(own.unsigned_abs());
            work(&receiver, &through);
        });
        let thread = thread.recv().map_err(|_| io::Errno::AGAIN)?;
        Ok(Self { commands, thread, first: None, handle: Some(handle) })
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // Without a sender the thread's loop ends.
        self.commands = channel().0;
        if let Some(handle) = self.handle.take() {
            let _ = handle.join();
        }
    }
}

fn work(commands: &Receiver<Command>, through: &Through) {
    let mut begun: Option<(Arc<Program>, Arc<Ground>, usize, usize)> = None;
    let mut buffer = Vec::new();
    while let Ok(command) = commands.recv() {
        let (program, ground, number, mut next) = match command {
            Command::Begin(program, ground, number) => (program, ground, number, 0),
            Command::GoOn => match begun.take() {
                Some(begun) => begun,
                None => continue,
            },
        };
        let mut caller = Caller { program: &program, ground: &ground, task: number, through, buffer: &mut buffer };
        if go_on(&mut caller, &mut next) {
            // The next case's ground is made by whoever holds it alone.
            drop(ground);
            program.tasks[number].set_status(Status::Finished);
            program.notify();
        } else {
            let waits = Arc::clone(&program);
            begun = Some((program, ground, number, next));
            waits.tasks[number].set_status(Status::Idle);
            waits.notify();
        }
    }
}

/// Does operations until the steps are used up, or the operations: then true.
pub(crate) fn go_on(caller: &mut Caller<'_>, next: &mut usize) -> bool {
    let program = caller.program;
    let (state, operations) = (&program.tasks[caller.task], &program.case.tasks[caller.task].operations);
    while let Some(operation) = operations.get(*next).filter(|_| !caller.ground.power.is_lost()) {
        if !state.take_step() {
            return false;
        }
        program.spray_folios(caller.ground);
        program.spray();
        caller.call(state.first + *next as u8, operation);
        *next += 1;
    }
    true
}
