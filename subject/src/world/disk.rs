//! The disk as it is: what is on it, what was on it before, and the requests under way.

use super::World;
use super::trace::Kind;
use crate::tag::{CELL, ZERO, encode_one};
use oracle::{Cell, Errno, Failure, FaultKind, FileId, FileStart, History, Origin};
use schedule::MAX_RUNNERS;
use std::collections::VecDeque;
use std::rc::Rc;

/// Bytes of a sector: requests are made of whole ones.
pub const SECTOR: usize = 512;

/// A request under way, or done.
#[derive(Debug)]
pub(crate) struct Request {
    pub task: u8,
    write: bool,
    at: u64,
    pub bytes: Vec<u8>,
    pub result: Result<(), Errno>,
}

/// What the disk holds where nobody has written in this run.
#[derive(Clone, Debug)]
pub(crate) enum Base {
    /// Each file has a region of so many bytes, which begins with its content. Behind it is what the disk held before.
    Files { room: u64, block: u64 },
    /// A whole image: a filesystem that was made earlier.
    Image(Rc<Vec<u8>>),
}

/// The disk of a run.
#[derive(Debug)]
pub(crate) struct DiskState {
    pub size: u64,
    base: Base,
    /// For each sector, one more than where its content is in `store`; 0 where nobody has written.
    index: Vec<u32>,
    store: Vec<u8>,
    touched: Vec<u32>,
    requests: VecDeque<Request>,
    pub done: [Option<Request>; MAX_RUNNERS],
    pub spare: Vec<Vec<u8>>,
    /// Where power can be lost: what each sector held that was written since the last flush, in order.
    pub undo: Option<Vec<(u32, [u8; SECTOR])>>,
}

impl Default for DiskState {
    fn default() -> Self {
        Self {
            size: 0,
            base: Base::Files { room: 0, block: 1 },
            index: Vec::new(),
            store: Vec::new(),
            touched: Vec::new(),
            requests: VecDeque::new(),
            done: [const { None }; MAX_RUNNERS],
            spare: Vec::new(),
            undo: None,
        }
    }
}

impl DiskState {
    /// A run begins: only what was written in the last one is put back.
    pub fn begin(&mut self, size: u64, base: Base, crashes: bool) {
        for sector in self.touched.drain(..) {
            self.index[sector as usize] = 0;
        }
        self.store.clear();
        self.index.resize((size / SECTOR as u64) as usize, 0);
        (self.size, self.base) = (size, base);
        self.requests.clear();
        self.done = [const { None }; MAX_RUNNERS];
        self.undo = crashes.then(Vec::new);
    }

    #[inline]
    pub fn is_busy(&self) -> bool {
        !self.requests.is_empty()
    }

    /// All of it, as one image.
    pub fn image(&self, history: &History) -> Vec<u8> {
        let mut image = vec![0; self.size as usize];
        self.read(history, 0, &mut image);
        image
    }

    fn read(&self, history: &History, at: u64, bytes: &mut [u8]) {
        let first = (at / SECTOR as u64) as usize;
        for (sector, bytes) in (first..).zip(bytes.chunks_mut(SECTOR)) {
            match self.index[sector] as usize {
                0 => self.base.read(history, sector as u64 * SECTOR as u64, bytes),
                slot => bytes.copy_from_slice(&self.store[(slot - 1) * SECTOR..slot * SECTOR]),
            }
        }
    }

    fn write(&mut self, history: &History, at: u64, bytes: &[u8]) {
        let first = (at / SECTOR as u64) as u32;
        for (sector, bytes) in (first..).zip(bytes.chunks(SECTOR)) {
            if self.undo.is_some() {
                let mut before = [0; SECTOR];
                self.read(history, u64::from(sector) * SECTOR as u64, &mut before);
                self.undo.get_or_insert_default().push((sector, before));
            }
            self.put(sector, bytes);
        }
    }

    fn put(&mut self, sector: u32, bytes: &[u8]) {
        let slot = &mut self.index[sector as usize];
        if *slot == 0 {
            *slot = (self.store.len() / SECTOR) as u32 + 1;
            self.store.extend_from_slice(bytes);
            self.touched.push(sector);
        } else {
            let at = (*slot as usize - 1) * SECTOR;
            self.store[at..at + SECTOR].copy_from_slice(bytes);
        }
    }

    /// Power is lost: of what was written since the last flush, only the first sectors have reached the disk; how many,
    /// `chance` says.
    pub fn lose_power(&mut self, chance: u64) {
        self.requests.clear();
        let Some(undo) = &mut self.undo else { return };
        let mut undo = std::mem::take(undo);
        let kept = (chance % (undo.len() as u64 + 1)) as usize;
        while undo.len() > kept {
            if let Some((sector, before)) = undo.pop() {
                self.put(sector, &before);
            }
        }
    }
}

impl Base {
    /// Fills a sector.
    fn read(&self, history: &History, at: u64, bytes: &mut [u8]) {
        match self {
            Self::Image(image) => bytes.copy_from_slice(&image[at as usize..at as usize + bytes.len()]),
            Self::Files { room, block } => {
                let file = history.files.get((at / room) as usize);
                for (at, bytes) in (at % room..).step_by(CELL).zip(bytes.chunks_mut(CELL)) {
                    encode_one(content(history, file, at, *block), bytes);
                }
            }
        }
    }
}

/// What the disk holds of a file at a byte: its content, zeroes up to the end of its last block, and then what was
/// there before.
fn content(history: &History, file: Option<&FileStart>, at: u64, block: u64) -> Cell {
    let (cell, size) = (at / CELL as u64, file.map_or(0, |it| u64::from(it.size)));
    if let Some(file) = file.filter(|_| cell < size) {
        return history.cells[file.content.range()][cell as usize];
    }
    if at < (size * CELL as u64).next_multiple_of(block) {
        return ZERO;
    }
    Cell::new(Origin::Stale { block: (at / block) as u16 & 0xfff, offset: (at % block / CELL as u64) as u16 })
}

impl World {
    /// The oldest request completes, and whoever waits for it can go on.
    pub fn complete_oldest_request(&mut self) {
        let Some(mut request) = self.disk.requests.pop_front() else { return };
        self.transfer(&mut request);
        let task = request.task;
        self.note(Kind::Complete, request.at << 1 | u64::from(request.write), |w| {
            format!("{} of {} done", if request.write { "write" } else { "read" }, w.place(request.at))
        });
        self.disk.done[usize::from(task)] = Some(request);
        self.wake(task);
    }

    pub fn transfer(&mut self, request: &mut Request) {
        if request.result.is_err() {
            return;
        }
        if request.write {
            self.disk.write(&self.history, request.at, &request.bytes);
        } else {
            self.disk.read(&self.history, request.at, &mut request.bytes);
        }
    }

    /// A new request: it may be one that fails.
    pub fn request(&mut self, write: bool, at: u64, length: usize) -> Request {
        let sectors = at.is_multiple_of(SECTOR as u64) && length.is_multiple_of(SECTOR);
        let end = at.checked_add(length as u64);
        assert!(sectors, "a request of {length} bytes at {at} is not one of whole sectors of {SECTOR}");
        assert!(end.is_some_and(|it| it <= self.disk.size), "{length} bytes at {at} are past the end of the disk");
        *if write { &mut self.counts.disk_writes } else { &mut self.counts.disk_reads } += 1;
        let kind = if write { FaultKind::WriteError } else { FaultKind::ReadError };
        let fails = self.chance(kind).is_some();
        if fails {
            self.note_failure(kind, at, length);
        }
        let mut bytes = self.disk.spare.pop().unwrap_or_default();
        bytes.clear();
        bytes.resize(length, 0);
        let result = if fails { Err(Errno::EIO) } else { Ok(()) };
        Request { task: self.current, write, at, bytes, result }
    }

    /// A place of the disk in words: the page of a file, where files have regions.
    fn place(&self, at: u64) -> String {
        match self.disk.base {
            Base::Files { room, .. } => {
                let page = at % room / (u64::from(self.history.page) * CELL as u64);
                format!("page {page} of file {}", char::from(b'a' + (at / room) as u8))
            }
            Base::Image(_) => format!("byte {at} of the disk"),
        }
    }

    fn note_failure(&mut self, kind: FaultKind, at: u64, length: usize) {
        let cells = |bytes: u64| (bytes / CELL as u64) as u32;
        let (file, start, end) = match self.disk.base {
            Base::Files { room, .. } => {
                let start = cells(at % room);
                (Some(FileId((at / room) as u8)), start, start + cells(length as u64))
            }
            Base::Image(_) => (None, 0, u32::MAX),
        };
        let failure = Failure { kind, file, start, end, at: self.clock, by: self.operation() };
        self.history.failures.push(failure);
    }

    pub fn submit(&mut self, request: Request) {
        self.note(Kind::Submit, request.at << 1 | u64::from(request.write), |w| {
            let what = if request.write { "writes" } else { "reads" };
            format!("{what} {} bytes, {}", request.bytes.len(), w.place(request.at))
        });
        self.blocked |= 1 << request.task;
        self.disk.requests.push_back(request);
    }
}
