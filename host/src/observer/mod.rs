//! The observer: at each stop of a write, the harness itself reads the files without disturbing what is in the cache.

mod observer_thread;

use crate::manner::Observers;
use crate::program::{Environment, Program};
use crate::record::{Look, Record};
use crate::refusal::Refusal;
use crate::sleeper::Sleeper;
use observer_thread::{How, ObserverThread};
use oracle::{Call, FileId, Outcome};
use rustix::fs;
use rustix::io::{self, ReadWriteFlags, preadv2};
use std::io::IoSliceMut;
use std::sync::Arc;
use std::time::Duration;

/// The most operations that a history has room for.
const MOST_OPERATIONS: usize = 128;

/// How long a stopped write waits for a read that may itself be waiting for that write.
const PATIENCE: Duration = Duration::from_millis(30);
/// How long to wait for that read after all tasks have returned.
const LAST_PATIENCE: Duration = Duration::from_secs(20);
/// The most operations that one request to the thread adds.
const PER_REQUEST: usize = 3;

/// Looks at the files, and keeps what it saw.
#[derive(Debug, Default)]
pub(crate) struct Observer {
    /// In which ways it looks.
    observers: Observers,
    pub looks: Vec<Look>,
    observer_thread: Option<ObserverThread>,
}

impl Observer {
    /// Begins a run.
    pub fn begin(&mut self, observers: Observers) -> io::Result<()> {
        self.observers = observers;
        self.looks.clear();
        if self.observer_thread.is_none() && (observers.mapping || observers.waiting) {
            self.observer_thread = Some(ObserverThread::new()?);
        }
        Ok(())
    }

    /// Looks at every file: first in ways that do not touch the cache, last in ways that may have to wait.
    pub fn look(&mut self, program: &Arc<Program>, environment: &Arc<Environment>) -> Result<(), Refusal> {
        if self.observers == Observers::NONE {
            return Ok(());
        }
        let Observers { cache, mapping, waiting } = self.observers;
        self.take(Duration::ZERO)?;
        for file in 0..program.case.files.len() {
            if cache && self.room(program) >= 2 {
                self.stat(program, environment, file);
                self.read(program, environment, file);
            }
            if mapping {
                self.look_in_thread(program, environment, file, How::Mapping)?;
            }
            if waiting {
                self.look_in_thread(program, environment, file, How::Read)?;
            }
        }
        Ok(())
    }

    /// Asks the thread to look, and waits for it for a short time.
    fn look_in_thread(
        &mut self,
        program: &Arc<Program>,
        environment: &Arc<Environment>,
        file: usize,
        how: How,
    ) -> Result<(), Refusal> {
        let has_room = self.room(program) >= PER_REQUEST;
        let Some(observer_thread) = self.observer_thread.as_mut().filter(|it| has_room && it.is_free()) else {
            return Ok(());
        };
        observer_thread.ask(program, environment, file, how);
        self.take(PATIENCE)
    }

    /// Takes what the thread has seen, if it has answered.
    fn take(&mut self, patience: Duration) -> Result<(), Refusal> {
        if let Some(looks) = self.observer_thread.as_mut().and_then(|it| it.answer(patience)) {
            self.looks.append(&mut looks?);
        }
        Ok(())
    }

    /// Waits for the look that is still under way; no task holds anything any more.
    pub fn finish(&mut self, program: &Program) -> std::io::Result<()> {
        self.take(LAST_PATIENCE)?;
        match self.observer_thread.as_ref().filter(|it| !it.is_free()) {
            None => Ok(()),
            Some(observer_thread) => Err(std::io::Error::other(hang(observer_thread, program))),
        }
    }

    /// Forgets the look that is still under way: if tasks hang, so may the thread.
    pub fn abandon(&mut self) {
        self.observer_thread = None;
    }

    /// Looks at every file's size, and takes the tasks' own looks: a wrong size explains the other errors that follow
    /// from it.
    pub fn look_at_sizes(&mut self, program: &Program, environment: &Environment) {
        let mut looks = program.looks();
        looks.truncate(self.room(program));
        self.looks.append(&mut looks);
        for file in 0..program.case.files.len().min(self.room(program)) {
            self.stat(program, environment, file);
        }
    }

    fn room(&self, program: &Program) -> usize {
        let operations: usize = program.case.tasks.iter().map(|it| it.operations.len()).sum();
        let under_way = if self.observer_thread.as_ref().is_some_and(|it| !it.is_free()) { PER_REQUEST } else { 0 };
        MOST_OPERATIONS - operations - self.looks.len() - under_way
    }

    fn stat(&mut self, program: &Program, environment: &Environment, file: usize) {
        self.looks.extend(at_size(program, environment, file));
    }

    fn read(&mut self, program: &Program, environment: &Environment, file: usize) {
        let cell_size = program.cell_size;
        let mut record = Record { invoked: Some(program.tick()), ..Record::default() };
        record.seen.resize(case::Case::MAX_FILE_PAGES as usize * crate::cell_size::PAGE, 0);
        let into = &mut [IoSliceMut::new(&mut record.seen)];
        // If it would have to wait, it reads less, or it fails and tells nothing about the file.
        let Ok(read) = preadv2(environment.files.file(file), into, 0, ReadWriteFlags::NOWAIT) else { return };
        record.returned = Some(program.tick());
        let cells = cell_size.cells(read);
        record.seen.truncate(cell_size.bytes(cells));
        record.outcome = Some(Outcome::Done(cells));
        if cells > 0 {
            self.looks.push(Look { call: Call::Read { file: FileId(file as u8), offset: 0, length: cells }, record });
        }
    }
}

/// Describes a thread that has not returned although all tasks have: it waits for something that nobody will release.
fn hang(observer_thread: &ObserverThread, program: &Program) -> String {
    let Sleeper { state, waits_in, stack, .. } = observer_thread.sleeper();
    let case = program.case.print();
    format!(
        "an observer's look hangs, in state {state} in {waits_in}, when all tasks are back\n{stack}\nthe case:\n{case}"
    )
}

/// A look at a file's size; `None` if the kernel does not say it.
pub(crate) fn at_size(program: &Program, environment: &Environment, file: usize) -> Option<Look> {
    let mut record = Record { invoked: Some(program.tick()), ..Record::default() };
    let stat = fs::fstat(environment.files.file(file)).ok()?;
    record.returned = Some(program.tick());
    record.outcome = Some(Outcome::Done(0));
    record.position = Some(program.cell_size.cells(stat.st_size as usize));
    Some(Look { call: Call::Stat { file: FileId(file as u8) }, record })
}
