//! The observer: looks of the harness's own at the files, at each stop of a write, without disturbing what is in the cache.

use crate::program::{Ground, Program};
use crate::record::{Look, Record};
use oracle::{Call, FileId, Outcome};
use rustix::fs;
use rustix::io::{ReadWriteFlags, preadv2};
use std::io::IoSliceMut;

/// A history has room for so many operations.
const MOST_OPERATIONS: usize = 128;

/// Looks, and keeps what it saw.
#[derive(Debug, Default)]
pub(crate) struct Observer {
    /// Whether it looks at all.
    pub is_on: bool,
    pub looks: Vec<Look>,
}

impl Observer {
    /// Looks at every file's size, and at what of it can be read without waiting for anything.
    pub fn look(&mut self, program: &Program, ground: &Ground) {
        for file in 0..program.case.files.len() {
            if !self.is_on || self.room(program) < 2 {
                return;
            }
            self.stat(program, ground, file);
            self.read(program, ground, file);
        }
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
        MOST_OPERATIONS - operations - self.looks.len()
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

/// A look at a file's size; `None` if the kernel does not say it.
pub(crate) fn at_size(program: &Program, ground: &Ground, file: usize) -> Option<Look> {
    let mut record = Record { invoked: Some(program.tick()), ..Record::default() };
    let stat = fs::fstat(ground.files.file(file)).ok()?;
    record.returned = Some(program.tick());
    record.outcome = Some(Outcome::Done(0));
    record.position = Some(program.scale.cells(stat.st_size as usize));
    Some(Look { call: Call::Stat { file: FileId(file as u8) }, record })
}
