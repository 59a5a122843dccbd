//! A case's operations as system calls of this process.

use crate::limits::{Limit, is_stored_privately};
use crate::observer::at_size;
use crate::pattern::{Key, Version};
use crate::program::{Environment, Program};
use crate::record::{Record, errno};
use crate::refusal::Refusal;
use crate::user_memory::{Piece, PipeCopy, write};
use crate::writeback;
use case::{Case, Invalidation, Iovec, MemoryKind, PageRange, Range, TaskOperation};
use oracle::Outcome;
use rustix::fs::{self, Advice, FallocateFlags};
use rustix::io::{self, Errno};
use std::num::NonZeroU64;

/// A task that makes calls, with the buffers that only it uses.
#[derive(Debug)]
pub(crate) struct Caller<'p> {
    pub program: &'p Program,
    pub environment: &'p Environment,
    pub task: usize,
    pub pipe_copy: &'p PipeCopy,
    pub buffer: &'p mut Vec<u8>,
}

/// The outcome of a call, or `None` if the call is not possible here.
type Done = Option<Outcome>;

impl Caller<'_> {
    /// Does an operation and records its result.
    pub fn call(&mut self, number: u8, operation: &TaskOperation) {
        self.buffer.clear();
        // If it never returns, only this is known of it.
        self.program.record(number).invoked = Some(self.program.tick());
        let mut record = Record::default();
        self.perform(number, operation, &mut record);
        if record.outcome.is_none() {
            // The operation counts as never called.
            (record.invoked, record.returned) = (None, None);
        }
        let mut kept = self.program.record(number);
        record.seen = std::mem::take(&mut kept.seen);
        record.seen.clear();
        record.seen.extend_from_slice(self.buffer);
        *kept = record;
    }

    fn perform(&mut self, number: u8, operation: &TaskOperation, record: &mut Record) {
        match operation {
            TaskOperation::Write { file, offset, segments } => {
                self.write(number, *file, Some(*offset), segments, record);
            }
            TaskOperation::Append { file, segments } => self.write(number, *file, None, segments, record),
            TaskOperation::Read { file, range } => self.read(*file, *range, record),
            TaskOperation::Stat { file } => self.stat(*file, record),
            TaskOperation::Load { memory, range } => self.load(*memory, *range, record),
            TaskOperation::Store { memory, range } => self.store(number, *memory, *range, record),
            TaskOperation::Truncate { file, size, locked: true } => {
                let size = self.program.cell_size.bytes(*size) as u64;
                self.plain("ftruncate", record, |it| fs::ftruncate(it.environment.files.file(*file), size));
            }
            TaskOperation::Truncate { locked: false, .. } => {}
            TaskOperation::Crash => self.crash(record),
            TaskOperation::Punch { file, range } => self.punch(*file, *range, record),
            TaskOperation::Munmap { memory, pages } => {
                self.own(record, |it| it.environment.space.unmap(*memory, *pages));
            }
            TaskOperation::Mremap { memory } => {
                let pages = self.case().memories[*memory].pages;
                self.own(record, |it| it.environment.space.remap(*memory, pages));
            }
            TaskOperation::DontNeed { memory, pages } => {
                let anonymous = self.is_anonymous(*memory);
                self.own(record, |it| it.environment.space.dont_need(*memory, *pages, anonymous));
            }
            TaskOperation::Mlock { memory } => {
                let pages = self.case().memories[*memory].pages;
                if is_stored_privately(self.case(), *memory) {
                    // mlock would make private copies before any task has stored.
                    return self.program.note(Limit::PrivateLock);
                }
                self.own(record, |it| match it.environment.space.lock(*memory, pages) {
                    // A page cannot be faulted in: the others are, which is what matters here.
                    Err(Refusal { errno: Errno::NOMEM | Errno::AGAIN, .. }) => Ok(()),
                    result => result,
                });
            }
            TaskOperation::ReclaimPte { memory, pages } => self.reclaim_pte(*memory, *pages, record),
            TaskOperation::Reclaim { file, pages } => self.reclaim(*file, *pages, record),
            TaskOperation::Invalidate { file, kind } => {
                if *kind == Invalidation::All {
                    self.program.note(Limit::InvalidateAll);
                }
                let call = "posix_fadvise";
                self.plain(call, record, |it| fs::fadvise(it.environment.files.file(*file), 0, None, Advice::DontNeed));
            }
            TaskOperation::Writeback { file } => {
                let call = "sync_file_range";
                self.plain(call, record, |it| or_never_written(writeback::start(it.environment.files.file(*file))));
            }
            TaskOperation::Fsync { file } => {
                self.plain("fsync", record, |it| fs::fsync(it.environment.files.file(*file)))
            }
        }
    }

    const fn case(&self) -> &Case {
        &self.program.case
    }

    fn is_anonymous(&self, memory: usize) -> bool {
        self.case().memories[memory].kind == MemoryKind::Anonymous
    }

    /// A call on a file that returns success or an error.
    fn plain(&mut self, name: &'static str, record: &mut Record, call: impl FnOnce(&mut Self) -> io::Result<()>) {
        record.invoked = Some(self.program.tick());
        let result = call(self);
        record.returned = Some(self.program.tick());
        record.outcome = match result {
            Ok(()) => Some(Outcome::Done(0)),
            Err(error) => self.failed(name, error),
        };
    }

    /// A call on this process's own memory. No filesystem has a say in it: if it fails, the kernel cannot do it, and
    /// the operation counts as never called.
    fn own(&mut self, record: &mut Record, call: impl FnOnce(&mut Self) -> Result<(), Refusal>) {
        record.invoked = Some(self.program.tick());
        let result = call(self);
        record.returned = Some(self.program.tick());
        match result {
            Ok(()) => record.outcome = Some(Outcome::Done(0)),
            Err(refusal) => self.program.refuse(refusal),
        }
    }

    /// An error that a write path can have is judged; any other means that the kernel cannot do that.
    fn failed(&self, call: &'static str, error: Errno) -> Done {
        let judged = errno(error).map(Outcome::Failed);
        if judged.is_none() {
            self.program.refuse(Refusal { call, errno: error });
        }
        judged
    }

    /// The count in cells.
    fn count(&self, call: &'static str, result: io::Result<usize>) -> Done {
        match result {
            Ok(bytes) => {
                if !self.program.cell_size.is_whole(bytes) {
                    self.program.note(Limit::OddCount);
                }
                Some(Outcome::Done(self.program.cell_size.cells(bytes)))
            }
            Err(error) => self.failed(call, error),
        }
    }

    fn write(&mut self, number: u8, file: usize, offset: Option<u32>, segments: &[Iovec], record: &mut Record) {
        let (program, environment, cell_size) = (self.program, self.environment, self.program.cell_size);
        self.fill_sources(number, segments, record);
        let pieces: Vec<Piece> = segments
            .iter()
            .map(|it| {
                let address = environment.space.address(it.memory) + cell_size.bytes(it.range.start);
                Piece::new(address, cell_size.bytes(it.range.len()))
            })
            .collect();
        record.invoked = Some(program.tick());
        let (result, position) = match offset {
            Some(offset) => (write(environment.files.file(file), &pieces, Some(cell_size.bytes(offset) as u64)), None),
            None => {
                let appending = program.appending(self.task, file);
                let result = write(appending, &pieces, None);
                // Where an append went is not told otherwise: if that cannot be asked, nothing is known of it.
                let end = fs::tell(appending);
                let start = |written: usize| end.map(|end| end.saturating_sub(written as u64) as usize);
                match result.map(start) {
                    Ok(Err(errno)) => return self.program.refuse(Refusal { call: "lseek", errno }),
                    Ok(Ok(start)) => (result, Some(start)),
                    Err(_) => (result, None),
                }
            }
        };
        record.returned = Some(program.tick());
        record.outcome = self.count("pwritev", result);
        record.position = position.map(|bytes| cell_size.cells(bytes));
        self.leave_sources(segments);
        // Looks at the size after a short or failed write, before a later operation hides what it did.
        let asked = segments.iter().map(|it| it.range.len()).sum();
        if record.outcome != Some(Outcome::Done(asked))
            && let Some(look) = at_size(program, environment, file)
        {
            program.keep(look);
        }
    }

    /// Fills the sources of a write, so that the copied bytes name the write.
    fn fill_sources(&self, number: u8, segments: &[Iovec], record: &mut Record) {
        let (space, cell_size, patterns) =
            (&self.environment.space, self.program.cell_size, &self.environment.patterns);
        self.each_source(segments, |memory| space.shadow(memory).writers += 1);
        for segment in segments.iter().filter(|it| self.is_anonymous(it.memory)) {
            let filled = space.fill(segment.memory, segment.range, number, cell_size, patterns);
            if !filled || self.is_disturbed(segment.memory) {
                record.shared_sources |= 1 << segment.memory;
            }
        }
    }

    /// Whether an operation may change or take away a memory while another is under way. The memory may then hold older
    /// content.
    fn is_disturbed(&self, memory: usize) -> bool {
        let disturbs = |it: &TaskOperation| match it {
            TaskOperation::Store { memory: it, .. }
            | TaskOperation::DontNeed { memory: it, .. }
            | TaskOperation::Munmap { memory: it, .. }
            | TaskOperation::Mremap { memory: it }
            | TaskOperation::ReclaimPte { memory: it, .. } => *it == memory,
            _ => false,
        };
        self.case().tasks.len() > 1 && self.case().tasks.iter().flat_map(|it| &it.operations).any(disturbs)
    }

    fn leave_sources(&self, segments: &[Iovec]) {
        self.each_source(segments, |memory| self.environment.space.shadow(memory).writers -= 1);
    }

    fn each_source(&self, segments: &[Iovec], mut act: impl FnMut(usize)) {
        let mut seen = 0_u32;
        for segment in segments.iter().filter(|it| self.is_anonymous(it.memory)) {
            if seen >> segment.memory & 1 == 0 {
                seen |= 1 << segment.memory;
                act(segment.memory);
            }
        }
    }

    fn read(&mut self, file: usize, range: Range, record: &mut Record) {
        let (program, cell_size) = (self.program, self.program.cell_size);
        self.buffer.resize(cell_size.bytes(range.len()), 0);
        let (fd, offset) = (self.environment.files.file(file), cell_size.bytes(range.start) as u64);
        record.invoked = Some(program.tick());
        let result = io::pread(fd, &mut self.buffer[..], offset);
        record.returned = Some(program.tick());
        self.buffer.truncate(result.unwrap_or(0) / cell_size.cell() * cell_size.cell());
        record.outcome = self.count("pread", result);
    }

    fn stat(&mut self, file: usize, record: &mut Record) {
        record.invoked = Some(self.program.tick());
        let result = fs::fstat(self.environment.files.file(file));
        record.returned = Some(self.program.tick());
        match result {
            Ok(stat) => {
                record.outcome = self.count("fstat", Ok(stat.st_size as usize)).map(|_| Outcome::Done(0));
                record.position = Some(self.program.cell_size.cells(stat.st_size as usize));
            }
            Err(errno) => self.program.refuse(Refusal { call: "fstat", errno }),
        }
    }

    fn load(&mut self, memory: usize, range: Range, record: &mut Record) {
        let cell_size = self.program.cell_size;
        let address = self.environment.space.address(memory) + cell_size.bytes(range.start);
        self.buffer.resize(cell_size.bytes(range.len()), 0);
        record.invoked = Some(self.program.tick());
        let result = self.pipe_copy.load(address, self.buffer);
        record.returned = Some(self.program.tick());
        record.outcome = self.accessed(memory, range, result);
        if !matches!(record.outcome, Some(Outcome::Done(_))) {
            self.buffer.clear();
        }
    }

    fn store(&mut self, number: u8, memory: usize, range: Range, record: &mut Record) {
        let (program, cell_size) = (self.program, self.program.cell_size);
        let start = cell_size.bytes(range.start);
        let mut bytes = vec![0; cell_size.bytes(range.len())];
        let key = Key::memory(memory, Version::Operation(number)).advance(start);
        self.environment.patterns.fill(key, &mut bytes);
        let address = self.environment.space.address(memory) + start;
        record.invoked = Some(program.tick());
        let it = &self.case().memories[memory];
        let space = &self.environment.space;
        let before = (it.kind == MemoryKind::Anonymous).then(|| {
            // Pages that cannot be written to do not change.
            let first = range.start / self.case().geometry.page;
            let good = (first..it.pages).find(|page| it.unreadable >> page & 1 == 1).unwrap_or(it.pages);
            let good = (good as usize * crate::cell_size::PAGE).saturating_sub(start).min(bytes.len());
            space.shadow(memory).store(start, &bytes[..good])
        });
        let result = self.pipe_copy.store(address, &bytes);
        record.returned = Some(program.tick());
        if let Some(before) = before {
            space.settle(memory, &before, &bytes, result.unwrap_or(0));
        }
        record.outcome = self.accessed(memory, range, result);
    }

    /// The outcome of a load or store that moved this many bytes. If it moved less than asked, a program would have got
    /// a signal.
    fn accessed(&self, memory: usize, range: Range, result: io::Result<usize>) -> Done {
        let moved = match result {
            Ok(bytes) => self.program.cell_size.cells(bytes),
            Err(errno) => {
                self.program.refuse(Refusal { call: "copying through a pipe", errno });
                return None;
            }
        };
        if moved == range.len() {
            return Some(Outcome::Done(moved));
        }
        let it = &self.case().memories[memory];
        let page = self.case().geometry.page;
        let unmapped = self.environment.space.shadow(memory).unmapped;
        let is_there = |page: &u32| *page < it.pages && (it.unreadable | unmapped) >> page & 1 == 0;
        // The kernel does not say where it stopped: the first page that is not there, or the first past the end of the
        // file.
        let mut pages = range.start / page..range.end.div_ceil(page);
        let gone = pages.clone().find(|page| !is_there(page)).unwrap_or(u32::MAX);
        let past_end = match it.kind {
            // Nothing else stops it. The file may have become longer since.
            MemoryKind::Map { .. } if gone == u32::MAX => return Some(Outcome::BusError),
            MemoryKind::Map { file, page: first, .. } => match fs::fstat(self.environment.files.file(file)) {
                Ok(stat) => {
                    let pages_of_file = (stat.st_size as usize).div_ceil(crate::cell_size::PAGE) as u32;
                    let end = pages_of_file.saturating_sub(first);
                    pages.find(|page| *page >= end).unwrap_or(u32::MAX)
                }
                Err(errno) => {
                    self.program.refuse(Refusal { call: "fstat", errno });
                    return None;
                }
            },
            MemoryKind::Anonymous => u32::MAX,
        };
        Some(if past_end < gone { Outcome::BusError } else { Outcome::SegmentationFault })
    }

    fn crash(&self, record: &mut Record) {
        let now = self.program.tick_with_time();
        if self.environment.power_supply.lose(now) {
            record.invoked = Some(now.0);
            record.returned = Some(self.program.tick());
            record.outcome = Some(Outcome::Done(0));
        }
    }

    fn punch(&mut self, file: usize, range: Range, record: &mut Record) {
        let cell_size = self.program.cell_size;
        let (start, length) = (cell_size.bytes(range.start) as u64, cell_size.bytes(range.len()) as u64);
        let mode = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        self.plain("fallocate(FALLOC_FL_PUNCH_HOLE)", record, |it| match length {
            // The kernel refuses a hole of length 0.
            0 => Ok(()),
            length => {
                let result = fs::fallocate(it.environment.files.file(file), mode, start, length);
                if result == Err(Errno::OPNOTSUPP) {
                    it.program.note(Limit::NoPunch);
                }
                result
            }
        });
    }

    fn reclaim_pte(&mut self, memory: usize, pages: PageRange, record: &mut Record) {
        match self.case().memories[memory].kind {
            MemoryKind::Map { shared: false, .. } => self.program.note(Limit::PrivateReclaim),
            _ => self.own(record, |it| it.environment.space.reclaim(memory, pages)),
        }
    }

    fn reclaim(&mut self, file: usize, pages: PageRange, record: &mut Record) {
        let page = crate::cell_size::PAGE as u64;
        let (start, length) = (u64::from(pages.start) * page, u64::from(pages.end - pages.start) * page);
        self.plain("sync_file_range", record, |it| {
            let fd = it.environment.files.file(file);
            // If a filesystem never writes out, nothing is dropped either.
            or_never_written(writeback::write_and_wait(fd))?;
            fs::fadvise(fd, start, NonZeroU64::new(length), Advice::DontNeed)
        });
    }
}

/// A filesystem without a disk writes nothing out, and says so.
fn or_never_written(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(Errno::SPIPE | Errno::INVAL | Errno::OPNOTSUPP) => Ok(()),
        result => result,
    }
}
