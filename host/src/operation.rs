//! A case's operations as system calls of this process.

use crate::limits::{Limit, is_stored_privately};
use crate::observer::at_size;
use crate::pattern::{Key, Version};
use crate::program::{Ground, Program};
use crate::record::{Record, errno};
use crate::user_memory::{Piece, Through, write};
use crate::writeback;
use case::{Case, Invalidation, Iovec, MemoryKind, PageRange, Range, TaskOperation};
use oracle::Outcome;
use rustix::fs::{self, Advice, FallocateFlags};
use rustix::io::{self, Errno};
use std::num::NonZeroU64;

/// Who calls: a task, with what only it uses.
#[derive(Debug)]
pub(crate) struct Caller<'p> {
    pub program: &'p Program,
    pub ground: &'p Ground,
    pub task: usize,
    pub through: &'p Through,
    pub buffer: &'p mut Vec<u8>,
}

/// What came of a call: the outcome, or `None` if it cannot be had here.
type Done = Option<Outcome>;

impl Caller<'_> {
    /// Does an operation, and writes down what came of it.
    pub fn call(&mut self, number: u8, operation: &TaskOperation) {
        self.buffer.clear();
        // If it never returns, this is what is known of it.
        self.program.record(number).invoked = Some(self.program.tick());
        let mut record = Record::default();
        self.perform(number, operation, &mut record);
        if record.outcome.is_none() {
            // It was as if it had never been called.
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
                let size = self.program.scale.bytes(*size) as u64;
                self.plain(record, |it| fs::ftruncate(it.ground.files.file(*file), size));
            }
            TaskOperation::Truncate { locked: false, .. } => {}
            TaskOperation::Crash => self.crash(record),
            TaskOperation::Punch { file, range } => self.punch(*file, *range, record),
            TaskOperation::Munmap { memory, pages } => {
                self.plain(record, |it| it.ground.space.unmap(*memory, *pages));
            }
            TaskOperation::Mremap { memory } => {
                let pages = self.case().memories[*memory].pages;
                self.plain(record, |it| it.ground.space.remap(*memory, pages));
            }
            TaskOperation::DontNeed { memory, pages } => {
                let anonymous = self.is_anonymous(*memory);
                self.plain(record, |it| it.ground.space.dont_need(*memory, *pages, anonymous));
            }
            TaskOperation::Mlock { memory } => {
                let pages = self.case().memories[*memory].pages;
                if is_stored_privately(self.case(), *memory) {
                    // It would make private copies before anybody has stored.
                    return self.program.note(Limit::PrivateLock);
                }
                // What cannot be faulted in is an error here and nothing that the rules know.
                self.plain(record, |it| it.ground.space.lock(*memory, pages).or(Ok(())));
            }
            TaskOperation::ReclaimPte { memory, pages } => self.reclaim_pte(*memory, *pages, record),
            TaskOperation::Reclaim { file, pages } => self.reclaim(*file, *pages, record),
            TaskOperation::Invalidate { file, kind } => {
                if *kind == Invalidation::All {
                    self.program.note(Limit::InvalidateAll);
                }
                self.plain(record, |it| fs::fadvise(it.ground.files.file(*file), 0, None, Advice::DontNeed));
            }
            TaskOperation::Writeback { file } => {
                self.plain(record, |it| writeback::start(it.ground.files.file(*file)).or(Ok(())));
            }
            TaskOperation::Fsync { file } => self.plain(record, |it| fs::fsync(it.ground.files.file(*file))),
        }
    }

    const fn case(&self) -> &Case {
        &self.program.case
    }

    fn is_anonymous(&self, memory: usize) -> bool {
        self.case().memories[memory].kind == MemoryKind::Anonymous
    }

    /// A call that returns success or an error.
    fn plain(&mut self, record: &mut Record, call: impl FnOnce(&mut Self) -> io::Result<()>) {
        record.invoked = Some(self.program.tick());
        let result = call(self);
        record.returned = Some(self.program.tick());
        record.outcome = match result {
            Ok(()) => Some(Outcome::Done(0)),
            Err(error) => errno(error).map(Outcome::Failed),
        };
    }

    /// The count in cells.
    fn count(&self, result: io::Result<usize>) -> Done {
        match result {
            Ok(bytes) => {
                if !self.program.scale.is_whole(bytes) {
                    self.program.note(Limit::OddCount);
                }
                Some(Outcome::Done(self.program.scale.cells(bytes)))
            }
            Err(error) => errno(error).map(Outcome::Failed),
        }
    }

    fn write(&mut self, number: u8, file: usize, offset: Option<u32>, segments: &[Iovec], record: &mut Record) {
        let (program, ground, scale) = (self.program, self.ground, self.program.scale);
        self.fill_sources(number, segments, record);
        let pieces: Vec<Piece> = segments
            .iter()
            .map(|it| {
                let address = ground.space.address(it.memory) + scale.bytes(it.range.start);
                Piece::new(address, scale.bytes(it.range.len()))
            })
            .collect();
        record.invoked = Some(program.tick());
        let (result, position) = match offset {
            Some(offset) => (write(ground.files.file(file), &pieces, Some(scale.bytes(offset) as u64)), None),
            None => {
                let appending = program.appending(self.task, file);
                let result = write(appending, &pieces, None);
                let end = fs::tell(appending).unwrap_or(0);
                (result, result.ok().map(|written| end.saturating_sub(written as u64) as usize))
            }
        };
        record.returned = Some(program.tick());
        record.outcome = self.count(result);
        record.position = position.map(|bytes| scale.cells(bytes));
        self.leave_sources(segments);
        // What a write that fell short has done to the size is seen before a later operation hides it.
        let asked = segments.iter().map(|it| it.range.len()).sum();
        if record.outcome != Some(Outcome::Done(asked))
            && let Some(look) = at_size(program, ground, file)
        {
            program.keep(look);
        }
    }

    /// Fills the sources of a write, so that what it copies names it.
    fn fill_sources(&self, number: u8, segments: &[Iovec], record: &mut Record) {
        let (space, scale, patterns) = (&self.ground.space, self.program.scale, &self.ground.patterns);
        self.each_source(segments, |memory| space.shadow(memory).writers += 1);
        for segment in segments.iter().filter(|it| self.is_anonymous(it.memory)) {
            let filled = space.fill(segment.memory, segment.range, number, scale, patterns);
            if !filled || self.is_disturbed(segment.memory) {
                record.shared_sources |= 1 << segment.memory;
            }
        }
    }

    /// Whether an operation may change or take a memory while another is under way: then it may hold what was there before.
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
        self.each_source(segments, |memory| self.ground.space.shadow(memory).writers -= 1);
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
        let (program, scale) = (self.program, self.program.scale);
        self.buffer.resize(scale.bytes(range.len()), 0);
        let (fd, offset) = (self.ground.files.file(file), scale.bytes(range.start) as u64);
        record.invoked = Some(program.tick());
        let result = io::pread(fd, &mut self.buffer[..], offset);
        record.returned = Some(program.tick());
        self.buffer.truncate(result.unwrap_or(0) / scale.cell() * scale.cell());
        record.outcome = self.count(result);
    }

    fn stat(&mut self, file: usize, record: &mut Record) {
        record.invoked = Some(self.program.tick());
        let result = fs::fstat(self.ground.files.file(file));
        record.returned = Some(self.program.tick());
        if let Ok(stat) = result {
            record.outcome = self.count(Ok(stat.st_size as usize)).map(|_| Outcome::Done(0));
            record.position = Some(self.program.scale.cells(stat.st_size as usize));
        }
    }

    fn load(&mut self, memory: usize, range: Range, record: &mut Record) {
        let scale = self.program.scale;
        let address = self.ground.space.address(memory) + scale.bytes(range.start);
        self.buffer.resize(scale.bytes(range.len()), 0);
        record.invoked = Some(self.program.tick());
        let result = self.through.load(address, self.buffer);
        record.returned = Some(self.program.tick());
        record.outcome = self.accessed(memory, range, result);
        if !matches!(record.outcome, Some(Outcome::Done(_))) {
            self.buffer.clear();
        }
    }

    fn store(&mut self, number: u8, memory: usize, range: Range, record: &mut Record) {
        let (program, scale) = (self.program, self.program.scale);
        let start = scale.bytes(range.start);
        let mut bytes = vec![0; scale.bytes(range.len())];
        let key = Key::memory(memory, Version::Operation(number)).advance(start);
        self.ground.patterns.fill(key, &mut bytes);
        let address = self.ground.space.address(memory) + start;
        record.invoked = Some(program.tick());
        let it = &self.case().memories[memory];
        let space = &self.ground.space;
        let before = (it.kind == MemoryKind::Anonymous).then(|| {
            // What cannot be written to does not change, whatever else does.
            let first = range.start / self.case().geometry.page;
            let good = (first..it.pages).find(|page| it.unreadable >> page & 1 == 1).unwrap_or(it.pages);
            let good = (good as usize * crate::scale::PAGE).saturating_sub(start).min(bytes.len());
            space.shadow(memory).store(start, &bytes[..good])
        });
        let result = self.through.store(address, &bytes);
        record.returned = Some(program.tick());
        if let Some(before) = before {
            space.settle(memory, &before, &bytes, result.unwrap_or(0));
        }
        record.outcome = self.accessed(memory, range, result);
    }

    /// What a load or store that moved so many bytes came to: where less was moved than asked, a program would have got a signal.
    fn accessed(&self, memory: usize, range: Range, result: io::Result<usize>) -> Done {
        let moved = self.program.scale.cells(result.ok()?);
        if moved == range.len() {
            return Some(Outcome::Done(moved));
        }
        let it = &self.case().memories[memory];
        let page = self.case().geometry.page;
        let unmapped = self.ground.space.shadow(memory).unmapped;
        let is_there = |page: &u32| *page < it.pages && (it.unreadable | unmapped) >> page & 1 == 0;
        // The kernel does not say where it stopped: the first page that is not there, or the first past the end of the file.
        let mut pages = range.start / page..range.end.div_ceil(page);
        let gone = pages.clone().find(|page| !is_there(page)).unwrap_or(u32::MAX);
        let past_end = match it.kind {
            MemoryKind::Map { file, page: first, .. } => {
                let size = fs::fstat(self.ground.files.file(file)).ok()?.st_size as usize;
                let end = (size.div_ceil(crate::scale::PAGE) as u32).saturating_sub(first);
                pages.find(|page| *page >= end).unwrap_or(u32::MAX)
            }
            MemoryKind::Anonymous => u32::MAX,
        };
        Some(if past_end < gone { Outcome::BusError } else { Outcome::SegmentationFault })
    }

    fn crash(&self, record: &mut Record) {
        let now = self.program.tick_with_time();
        if self.ground.power.lose(now) {
            record.invoked = Some(now.0);
            record.returned = Some(self.program.tick());
            record.outcome = Some(Outcome::Done(0));
        }
    }

    fn punch(&mut self, file: usize, range: Range, record: &mut Record) {
        let scale = self.program.scale;
        let (start, length) = (scale.bytes(range.start) as u64, scale.bytes(range.len()) as u64);
        let mode = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        self.plain(record, |it| match length {
            // The kernel calls a hole of nothing a mistake.
            0 => Ok(()),
            length => {
                let result = fs::fallocate(it.ground.files.file(file), mode, start, length);
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
            _ => self.plain(record, |it| it.ground.space.reclaim(memory, pages)),
        }
    }

    fn reclaim(&mut self, file: usize, pages: PageRange, record: &mut Record) {
        let page = crate::scale::PAGE as u64;
        let (start, length) = (u64::from(pages.start) * page, u64::from(pages.end - pages.start) * page);
        self.plain(record, |it| {
            let fd = it.ground.files.file(file);
            // Where nothing is ever written out, nothing is dropped either.
            let _ = writeback::write_and_wait(fd);
            fs::fadvise(fd, start, NonZeroU64::new(length), Advice::DontNeed)
        });
    }
}
