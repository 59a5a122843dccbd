//! The observer: looks of the harness's own at the files, at each stop of a write, without disturbing what is in the cache.

mod beside;

use crate::asleep::Sleeper;
use crate::manner::Observers;
use crate::program::{Ground, Program};
use crate::record::{Look, Record};
use beside::{Beside, How};
use oracle::{Call, FileId, Outcome};
use rustix::fs;
use rustix::io::{self, ReadWriteFlags, preadv2};
use std::io::IoSliceMut;
use std::sync::Arc;
use std::time::Duration;

/// A history has room for so many operations.
const MOST_OPERATIONS: usize = 128;

/// For how long a stopped write waits for a look that may have to wait for that very write.
const PATIENCE: Duration = Duration::from_millis(30);
/// For how long it is waited for at last, when all tasks have returned.
const LAST_PATIENCE: Duration = Duration::from_secs(20);
/// A look by the thread beside is at most so many operations.
const BESIDE: usize = 3;

/// Looks, and keeps what it saw.
#[derive(Debug, Default)]
pub(crate) struct Observer {
    /// In which ways it looks.
    observers: Observers,
    pub looks: Vec<Look>,
    beside: Option<Beside>,
}

impl Observer {
    /// Begins a run.
    pub fn begin(&mut self, observers: Observers) -> io::Result<()> {
        self.observers = observers;
        self.looks.clear();
        if self.beside.is_none() && (observers.mapping || observers.waiting) {
            self.beside = Some(Beside::new()?);
        }
        Ok(())
    }

    /// Looks at every file: what does not touch the cache first, what may have to wait last.
    pub fn look(&mut self, program: &Arc<Program>, ground: &Arc<Ground>) -> io::Result<()> {
        if self.observers == Observers::NONE {
            return Ok(());
        }
        let Observers { cache, mapping, waiting } = self.observers;
        self.take(Duration::ZERO)?;
        for file in 0..program.case.files.len() {
            if cache && self.room(program) >= 2 {
                self.stat(program, ground, file);
                self.read(program, ground, file);
            }
            if mapping {
                self.look_beside(program, ground, file, How::Mapping)?;
            }
            if waiting {
                self.look_beside(program, ground, file, How::Read)?;
            }
        }
        Ok(())
    }

    /// Has the thread beside look, and waits for it, but not for long.
    fn look_beside(&mut self, program: &Arc<Program>, ground: &Arc<Ground>, file: usize, how: How) -> io::Result<()> {
        let has_room = self.room(program) >= BESIDE;
        let Some(beside) = self.beside.as_mut().filter(|it| has_room && it.is_free()) else { return Ok(()) };
        beside.ask(program, ground, file, how);
        self.take(PATIENCE)
    }

    /// Takes what the thread beside has seen, if it is back.
    fn take(&mut self, patience: Duration) -> io::Result<()> {
        if let Some(looks) = self.beside.as_mut().and_then(|it| it.answer(patience)) {
            self.looks.append(&mut looks?);
        }
        Ok(())
    }

    /// Waits for what is still under way: no task holds anything any more.
    pub fn finish(&mut self, program: &Program) -> std::io::Result<()> {
        self.take(LAST_PATIENCE)?;
        match self.beside.as_ref().filter(|it| !it.is_free()) {
            None => Ok(()),
            Some(beside) => Err(std::io::Error::other(hang(beside, program))),
        }
    }

    /// Forgets what is still under way: tasks hang, and so may the thread beside.
    pub fn abandon(&mut self) {
        self.beside = None;
    }

    /// Looks at every file's size, whatever else is looked at, and takes the tasks' own looks: what follows from a wrong size is told as that.
    pub fn look_at_sizes(&mut self, program: &Program, ground: &Ground) {
        let mut looks = program.looks();
        looks.truncate(self.room(program));
        self.looks.append(&mut looks);
        for file in 0..program.case.files.len().min(self.room(program)) {
            self.stat(program, ground, file);
        }
    }

    fn room(&self, program: &Program) -> usize {
        let operations: usize = program.case.tasks.iter().map(|it| it.operations.len()).sum();
        let under_way = if self.beside.as_ref().is_some_and(|it| !it.is_free()) { BESIDE } else { 0 };
        MOST_OPERATIONS - operations - self.looks.len() - under_way
    }

    fn stat(&mut self, program: &Program, ground: &Ground, file: usize) {
        self.looks.extend(at_size(program, ground, file));
    }

    fn read(&mut self, program: &Program, ground: &Ground, file: usize) {
        let scale = program.scale;
        let mut record = Record { invoked: Some(program.tick()), ..Record::default() };
        record.seen.resize(case::Case::MAX_FILE_PAGES as usize * crate::scale::PAGE, 0);
        let into = &mut [IoSliceMut::new(&mut record.seen)];
        // Where it would have to wait it reads less, or fails, and says nothing of the file.
        let Ok(read) = preadv2(ground.files.file(file), into, 0, ReadWriteFlags::NOWAIT) else { return };
        record.returned = Some(program.tick());
        let cells = scale.cells(read);
        record.seen.truncate(scale.bytes(cells));
        record.outcome = Some(Outcome::Done(cells));
        if cells > 0 {
            self.looks.push(Look { call: Call::Read { file: FileId(file as u8), offset: 0, length: cells }, record });
        }
    }
}

/// Who has not come back when all others have waits for something that nobody will give it: what the kernel says of it, and the case.
fn hang(beside: &Beside, program: &Program) -> String {
    let Sleeper { state, waits_in, stack, .. } = beside.sleeper();
    let case = program.case.print();
    format!(
        "an observer's look hangs, in state {state} in {waits_in}, when all tasks are back\n{stack}\nthe case:\n{case}"
    )
}

/// A look at a file's size; `None` if the kernel does not say it.
pub(crate) fn at_size(program: &Program, ground: &Ground, file: usize) -> Option<Look> {
    let mut record = Record { invoked: Some(program.tick()), ..Record::default() };
    let stat = fs::fstat(ground.files.file(file)).ok()?;
    record.returned = Some(program.tick());
    record.outcome = Some(Outcome::Done(0));
    record.position = Some(program.scale.cells(stat.st_size as usize));
    Some(Look { call: Call::Stat { file: FileId(file as u8) }, record })
}
