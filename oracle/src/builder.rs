//! Histories by hand: for controls, tests and benchmarks.

use crate::{
    Call, Cell, Clock, Failure, FaultKind, FaultSet, FileId, FileStart, History, Memory, MemoryId, Operation,
    OperationId, Origin, Outcome, Rest, Segment, Span, TaskId, Way, ZeroSite,
};

/// Builds a [`History`], one piece at a time. Intervals are `(invoked, returned)` on the clock, both inclusive; every
/// operation is a task of its own unless [`HistoryBuilder::task`] says otherwise.
#[derive(Clone, Debug, Default)]
pub struct HistoryBuilder {
    history: History,
}

impl HistoryBuilder {
    /// An empty history with pages of so many cells.
    #[must_use]
    pub fn new(page: u32) -> Self {
        Self { history: History { page, ..History::default() } }
    }

    /// A file of so many cells, filled with its own [`Origin::Content`].
    pub fn file(&mut self, size: u32) -> FileId {
        let file = FileId(self.history.files.len() as u8);
        let content = self.cells(&content(file, 0, size));
        self.history.files.push(FileStart { size, content });
        file
    }

    /// Anonymous memory of so many pages.
    pub fn memory(&mut self, pages: u32) -> MemoryId {
        self.push_memory(pages, None, false)
    }

    /// A mapping of so many pages of a file, from an offset on.
    pub fn mapping(&mut self, file: FileId, offset: u32, pages: u32, shared: bool) -> MemoryId {
        self.push_memory(pages, Some((file, offset)), shared)
    }

    fn push_memory(&mut self, pages: u32, mapped: Option<(FileId, u32)>, shared: bool) -> MemoryId {
        let memory = MemoryId(self.history.memories.len() as u8);
        self.history.memories.push(Memory {
            length: pages * self.history.page,
            mapped,
            shared,
            unreadable: 0,
            observer: false,
        });
        memory
    }

    /// Makes a page of memory unreadable from the beginning.
    pub fn unreadable(&mut self, memory: MemoryId, page: u32) {
        self.history.memories[memory.index()].unreadable |= 1 << page;
    }

    /// Any operation. `when.1` = `None`: it never returned.
    pub fn call(&mut self, call: Call, when: (Clock, Option<Clock>), outcome: Option<Outcome>) -> OperationId {
        let id = self.history.operations.len() as u8;
        self.history.operations.push(Operation {
            task: TaskId(id),
            call,
            invoked: Some(when.0),
            returned: when.1,
            outcome,
            observed: Span::default(),
            position: None,
            faults: FaultSet::default(),
        });
        OperationId(id)
    }

    /// A call that returned success with a count of 0.
    pub fn done(&mut self, call: Call, when: (Clock, Clock)) -> OperationId {
        self.call(call, (when.0, Some(when.1)), Some(Outcome::Done(0)))
    }

    /// A write from segments of (memory, offset, length).
    pub fn write(
        &mut self,
        file: FileId,
        offset: u32,
        segments: &[(MemoryId, u32, u32)],
        when: (Clock, Clock),
        outcome: Outcome,
    ) -> OperationId {
        let segments = self.segments(segments);
        self.call(Call::Write { file, offset: Some(offset), segments }, (when.0, Some(when.1)), Some(outcome))
    }

    /// An append that went to `position`.
    pub fn append(
        &mut self,
        file: FileId,
        position: u32,
        segments: &[(MemoryId, u32, u32)],
        when: (Clock, Clock),
        outcome: Outcome,
    ) -> OperationId {
        let segments = self.segments(segments);
        let call = Call::Write { file, offset: None, segments };
        let id = self.call(call, (when.0, Some(when.1)), Some(outcome));
        self.position(id, position);
        id
    }

    /// Puts segments of (memory, offset, length) into the history, for a [`Call::Write`].
    pub fn segments(&mut self, segments: &[(MemoryId, u32, u32)]) -> Span {
        let start = self.history.segments.len() as u32;
        let segments = segments.iter().map(|&(memory, offset, length)| Segment { memory, offset, length });
        self.history.segments.extend(segments);
        Span { start, end: self.history.segments.len() as u32 }
    }

    /// A read that returned these cells.
    pub fn read(&mut self, file: FileId, offset: u32, length: u32, when: (Clock, Clock), seen: &[Cell]) -> OperationId {
        let outcome = Outcome::Done(seen.len() as u32);
        let id = self.call(Call::Read { file, offset, length }, (when.0, Some(when.1)), Some(outcome));
        self.observe(id, seen);
        id
    }

    /// A load that saw these cells.
    pub fn load(&mut self, memory: MemoryId, offset: u32, when: (Clock, Clock), seen: &[Cell]) -> OperationId {
        let length = seen.len() as u32;
        let call = Call::Load { memory, offset, length };
        let id = self.call(call, (when.0, Some(when.1)), Some(Outcome::Done(length)));
        self.observe(id, seen);
        id
    }

    /// A store of so many cells.
    pub fn store(&mut self, memory: MemoryId, offset: u32, length: u32, when: (Clock, Clock)) -> OperationId {
        let call = Call::Store { memory, offset, length };
        self.call(call, (when.0, Some(when.1)), Some(Outcome::Done(length)))
    }

    /// A truncate that takes the inode's lock.
    pub fn truncate(&mut self, file: FileId, size: u32, when: (Clock, Clock)) -> OperationId {
        self.done(Call::Truncate { file, size, locked: true }, when)
    }

    /// A stat that saw this size.
    pub fn stat(&mut self, file: FileId, when: (Clock, Clock), size: u32) -> OperationId {
        let id = self.done(Call::Stat { file }, when);
        self.position(id, size);
        id
    }

    /// Sets what an operation saw.
    pub fn observe(&mut self, operation: OperationId, seen: &[Cell]) {
        self.history.operations[operation.index()].observed = self.cells(seen);
    }

    /// Sets where an append went or the size that a stat saw.
    pub fn position(&mut self, operation: OperationId, position: u32) {
        self.history.operations[operation.index()].position = Some(position);
    }

    /// Marks an operation as hit by a fault.
    pub fn fault(&mut self, operation: OperationId, fault: FaultKind) {
        self.history.operations[operation.index()].faults.insert(fault);
    }

    /// A transfer of these cells of a file that failed at this moment, made for an operation, which is marked with it.
    pub fn failure(&mut self, by: OperationId, kind: FaultKind, file: FileId, (start, end): (u32, u32), at: Clock) {
        self.fault(by, kind);
        self.history.failures.push(Failure { kind, file: Some(file), start, end, at, by: Some(by) });
    }

    /// Says which task called an operation.
    pub fn task(&mut self, operation: OperationId, task: TaskId) {
        self.history.operations[operation.index()].task = task;
    }

    /// A file at rest, with the same content in every way of looking: by read, by mapping (with zeroes up to the end of
    /// the page) and after eviction.
    pub fn rest(&mut self, file: FileId, content: &[Cell]) {
        let size = content.len() as u32;
        self.rest_by(file, Way::Read, size, content);
        let page = self.history.page;
        let tail = size.div_ceil(page) * page - size;
        let mapped: Vec<Cell> = content.iter().copied().chain(zeroes(tail)).collect();
        self.rest_by(file, Way::Mapping, size, &mapped);
        self.rest_by(file, Way::Evicted, size, content);
    }

    /// A file at rest, looked at in one way.
    pub fn rest_by(&mut self, file: FileId, way: Way, size: u32, content: &[Cell]) {
        let content = self.cells(content);
        self.history.rest.push(Rest { file, way, size, content });
    }

    /// The history.
    #[must_use]
    pub fn finish(self) -> History {
        self.history
    }

    /// The history so far, to change by hand.
    pub const fn history(&mut self) -> &mut History {
        &mut self.history
    }

    fn cells(&mut self, cells: &[Cell]) -> Span {
        let start = self.history.cells.len() as u32;
        self.history.cells.extend_from_slice(cells);
        Span { start, end: self.history.cells.len() as u32 }
    }
}

fn run(first: Cell, length: u32) -> Vec<Cell> {
    (0..length).map(|at| first.advance(at)).collect()
}

/// A file's content at the beginning, from an offset on.
#[must_use]
pub fn content(file: FileId, offset: u32, length: u32) -> Vec<Cell> {
    run(Cell::new(Origin::Content { file, offset }), length)
}

/// What a write puts into a file from pristine memory.
#[must_use]
pub fn written(operation: OperationId, memory: MemoryId, offset: u32, length: u32) -> Vec<Cell> {
    run(Cell::new(Origin::Written { operation, memory, offset }), length)
}

/// What a store leaves behind; `offset` is in the memory that it stored to.
#[must_use]
pub fn stored(operation: OperationId, offset: u32, length: u32) -> Vec<Cell> {
    run(Cell::new(Origin::Stored { operation, offset }), length)
}

/// Pristine memory.
#[must_use]
pub fn pristine(memory: MemoryId, offset: u32, length: u32) -> Vec<Cell> {
    run(Cell::new(Origin::Memory { memory, offset }), length)
}

/// Zeroes.
#[must_use]
pub fn zeroes(length: u32) -> Vec<Cell> {
    run(Cell::zero(ZeroSite::Start, None), length)
}
