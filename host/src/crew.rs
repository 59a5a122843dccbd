//! The threads that are a case's tasks, kept from case to case.

use crate::operation::Caller;
use crate::program::{Ground, Program, Status};
use crate::user_memory::Through;
use rustix::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

/// What a thread is told.
enum Command {
    /// Be this task of this program.
    Take(Arc<Program>, Arc<Ground>, usize),
    /// Go on, for as many steps as the program allows.
    Go,
}

/// A thread that is a task.
#[derive(Debug)]
pub(crate) struct Member {
    commands: Sender<Command>,
    /// The kernel's number for it.
    pub thread: u32,
    handle: Option<JoinHandle<()>>,
}

/// The threads, by the number of the task that they are.
#[derive(Debug, Default)]
pub(crate) struct Crew {
    pub members: Vec<Member>,
}

impl Crew {
    /// Gives each task of a program its thread.
    pub fn take(&mut self, program: &Arc<Program>, ground: &Arc<Ground>) -> io::Result<()> {
        for task in 0..program.tasks.len() {
            if task == self.members.len() {
                self.members.push(Member::new()?);
            }
            self.members[task].tell(Command::Take(Arc::clone(program), Arc::clone(ground), task));
        }
        Ok(())
    }

    /// Lets a task go on.
    pub fn go(&self, task: usize) {
        self.members[task].tell(Command::Go);
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
        Ok(Self { commands, thread, handle: Some(handle) })
    }

    fn tell(&self, command: Command) {
        // A thread ends only with its member.
        let _ = self.commands.send(command);
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
    let mut task: Option<(Arc<Program>, Arc<Ground>, usize, usize)> = None;
    let mut buffer = Vec::new();
    while let Ok(command) = commands.recv() {
        match command {
            Command::Take(program, ground, number) => task = Some((program, ground, number, 0)),
            Command::Go => {
                let Some((program, ground, number, mut next)) = task.take() else { continue };
                let mut caller =
                    Caller { program: &program, ground: &ground, task: number, through, buffer: &mut buffer };
                if go_on(&mut caller, &mut next) {
                    // The next case's ground is made by whoever holds it alone.
                    drop(ground);
                    program.tasks[number].set_status(Status::Finished);
                    program.notify();
                } else {
                    program.tasks[number].set_status(Status::Idle);
                    program.notify();
                    task = Some((program, ground, number, next));
                }
            }
        }
    }
}

/// Does operations until the steps are used up, or the operations: then true.
fn go_on(caller: &mut Caller<'_>, next: &mut usize) -> bool {
    let program = caller.program;
    let (state, operations) = (&program.tasks[caller.task], &program.case.tasks[caller.task].operations);
    while let Some(operation) = operations.get(*next) {
        if !state.take_step() {
            return false;
        }
        caller.call(state.first + *next as u8, operation);
        *next += 1;
    }
    true
}
