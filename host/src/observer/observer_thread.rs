//! The observer's thread: it makes the looks that may have to wait for a page or a lock of a stopped writer, so that
//! nobody has to wait for them too long.

use super::at_size;
use crate::cell_size::PAGE;
use crate::program::{Environment, Program};
use crate::record::{Look, Record, errno};
use crate::refusal::{Named, Refusal};
use crate::sleeper::Sleeper;
use crate::user_memory::PipeCopy;
use case::Case;
use oracle::{Call, FileId, MemoryId, Outcome};
use rustix::fs;
use rustix::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// How a file is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// By `read(2)`.
    Read,
    /// Through a shared mapping, twice: when the mapping is new, and when its pages are there.
    Mapping,
}

/// A request to the thread.
struct Request {
    program: Arc<Program>,
    environment: Arc<Environment>,
    file: usize,
    how: How,
}

/// The thread, as it is seen from outside.
#[derive(Debug)]
pub(super) struct ObserverThread {
    requests: Sender<Request>,
    answers: Receiver<Result<Vec<Look>, Refusal>>,
    /// Whether an answer is still to come.
    is_busy: bool,
    /// The kernel's number for it.
    thread: u32,
}

impl ObserverThread {
    pub fn new() -> io::Result<Self> {
        let pipe_copy = PipeCopy::new()?;
        let (requests, to_do) = channel::<Request>();
        let (done, answers) = channel();
        let (tell_thread, thread) = channel();
        // The thread ends when nobody can send requests any more. Nobody joins it, because it may never come back.
        thread::spawn(move || {
            let _ = tell_thread.send(rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs());
            for Request { program, environment, file, how } in to_do {
                let seen = match how {
                    How::Read => Ok(read(&program, &environment, file).into_iter().collect()),
                    How::Mapping => load_twice(&program, &environment, &pipe_copy, file),
                };
                // The environment can be prepared for the next case only when nobody else holds it.
                drop((program, environment));
                if done.send(seen).is_err() {
                    return;
                }
            }
        });
        let thread = thread.recv().map_err(|_| io::Errno::AGAIN)?;
        Ok(Self { requests, answers, is_busy: false, thread })
    }

    /// What the kernel says of it.
    pub fn sleeper(&self) -> Sleeper {
        Sleeper::look(self.thread)
    }

    /// Whether it can take a request.
    pub const fn is_free(&self) -> bool {
        !self.is_busy
    }

    /// Asks for looks at a file; `answer` fetches the result.
    pub fn ask(&mut self, program: &Arc<Program>, environment: &Arc<Environment>, file: usize, how: How) {
        let (program, environment) = (Arc::clone(program), Arc::clone(environment));
        self.is_busy = self.requests.send(Request { program, environment, file, how }).is_ok();
    }

    /// Waits this long for what it has seen. `None` if nothing was asked, or it is not back yet.
    pub fn answer(&mut self, patience: Duration) -> Option<Result<Vec<Look>, Refusal>> {
        if !self.is_busy {
            return None;
        }
        let answer = match self.answers.recv_timeout(patience) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => Err(Refusal { call: "a look in a thread", errno: io::Errno::IO }),
        };
        self.is_busy = false;
        Some(answer)
    }
}

/// `None` if the oracle has no such error: then the call says nothing about the file.
fn read(program: &Program, environment: &Environment, file: usize) -> Option<Look> {
    let cell_size = program.cell_size;
    let mut seen = vec![0; Case::MAX_FILE_PAGES as usize * PAGE];
    let length = cell_size.cells(seen.len());
    let mut record = Record { invoked: Some(program.tick()), ..Record::default() };
    let read = io::pread(environment.files.file(file), &mut seen, 0);
    record.returned = Some(program.tick());
    let cells = cell_size.cells(read.unwrap_or(0));
    seen.truncate(cell_size.bytes(cells));
    record.outcome = Some(match read {
        Ok(_) => Outcome::Done(cells),
        Err(error) => Outcome::Failed(errno(error)?),
    });
    record.seen = seen;
    Some(Look { call: Call::Read { file: FileId(file as u8), offset: 0, length }, record })
}

fn load_twice(
    program: &Program,
    environment: &Environment,
    pipe_copy: &PipeCopy,
    file: usize,
) -> Result<Vec<Look>, Refusal> {
    let fd = environment.files.file(file);
    let pages = (fs::fstat(fd).named("fstat")?.st_size as usize).div_ceil(PAGE) as u32;
    if pages == 0 {
        return Ok(Vec::new());
    }
    // The size says how much to look at: if it is wrong, wrong content past the right end follows from it. A look at
    // sizes at the end comes too late if power is lost.
    let size = at_size(program, environment, file).into_iter().map(Ok);
    let address = environment.space.map_to_look(fd, pages)?;
    let looks = size.chain((0..2).map(|_| load(program, pipe_copy, file, address, pages))).collect();
    environment.space.unmap_look()?;
    looks
}

fn load(program: &Program, pipe_copy: &PipeCopy, file: usize, address: usize, pages: u32) -> Result<Look, Refusal> {
    let cell_size = program.cell_size;
    let mut record = Record { invoked: Some(program.tick()), ..Record::default() };
    record.seen.resize(pages as usize * PAGE, 0);
    let loaded = pipe_copy.load(address, &mut record.seen).named("looking through a mapping")?;
    record.returned = Some(program.tick());
    let length = cell_size.cells(pages as usize * PAGE);
    record.outcome = Some(if loaded == record.seen.len() {
        Outcome::Done(length)
    } else {
        // The file has become shorter meanwhile.
        record.seen.clear();
        Outcome::BusError
    });
    let memory = MemoryId((program.case.memories.len() + file) as u8);
    Ok(Look { call: Call::Load { memory, offset: 0, length }, record })
}
