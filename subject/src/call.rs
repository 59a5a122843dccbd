//! What a task calls: the operations of a case, one after the other, on a subject.

use crate::coroutine::{preempt, suspend};
use crate::memory::{Install, Mapped, Sink, Source, load, store};
use crate::subject::Subject;
use crate::tag::{CELL, whole_cells};
use crate::world::{Kind, World, with};
use case::{Case, TaskOperation};
use oracle::{Call, Cell, Errno, OperationId, Outcome, Span};

const DONE: Outcome = Outcome::Done(0);

/// A subject as what brings pages of files to addresses.
pub(crate) struct OfSubject<'s, S>(pub &'s S);

impl<S: Subject> Mapped for OfSubject<'_, S> {
    fn fault(&self, file: usize, page: u32, write: bool, install: &mut Install<'_>) -> bool {
        self.0.fault(file, page, write, install)
    }
}

/// Makes a task's calls. `first` is the operation's id of the first.
pub(crate) fn run_task<S: Subject>(subject: &S, case: &Case, task: usize, first: u8) {
    let mapped = &OfSubject(subject);
    let mut cells = Vec::new();
    for (operation, id) in case.tasks[task].operations.iter().zip(first..) {
        let id = OperationId(id);
        preempt();
        with(|w| w.invoke(id));
        cells.clear();
        let outcome = match *operation {
            TaskOperation::Write { file, offset, .. } => {
                let mut source = Source::new(mapped, id, segments(id));
                with(|w| w.history.operations[id.index()].position = Some(offset));
                counted(subject.write(file, bytes(offset), &mut source))
            }
            TaskOperation::Append { file, .. } => {
                let mut source = Source::new(mapped, id, segments(id));
                let result = subject.append(file, &mut source);
                let position = result.map(|(at, _)| whole_cells("the place of an append", at)).ok();
                with(|w| w.history.operations[id.index()].position = position);
                counted(result.map(|(_, count)| count))
            }
            TaskOperation::Read { file, range } => {
                let wanted = range.len() as usize * CELL;
                counted(subject.read(file, bytes(range.start), &mut Sink::new(&mut cells, wanted)))
            }
            TaskOperation::Load { memory, range } => load(mapped, memory, range, &mut cells),
            TaskOperation::Store { memory, range } => store(mapped, id, memory, range),
            TaskOperation::Stat { file } => {
                let size = whole_cells("the size", subject.size(file));
                with(|w| w.history.operations[id.index()].position = Some(size));
                DONE
            }
            TaskOperation::Truncate { file, size, .. } => done(subject.truncate(file, bytes(size))),
            TaskOperation::Punch { file, range } => done(subject.punch(file, bytes(range.start)..bytes(range.end))),
            TaskOperation::Fsync { file } => done(subject.sync(file)),
            _ => other(subject, case, operation),
        };
        with(|w| w.return_from(id, outcome, &cells));
    }
}

/// What changes no file of the subject's by itself, and always succeeds.
fn other<S: Subject>(subject: &S, case: &Case, operation: &TaskOperation) -> Outcome {
    let each = |memory: usize, pages: case::PageRange, change: &dyn Fn(&mut World, usize, u32)| {
        for page in pages.start..pages.end.min(case.memories[memory].pages) {
            preempt();
            with(|w| change(w, memory, page));
        }
    };
    let all = |memory: usize| case::PageRange { start: 0, end: case.memories[memory].pages };
    match operation {
        TaskOperation::Crash => lose_power(),
        TaskOperation::Munmap { memory, pages } => each(*memory, *pages, &World::unmap),
        TaskOperation::Mremap { memory } => each(*memory, all(*memory), &World::unmap),
        TaskOperation::DontNeed { memory, pages } => each(*memory, *pages, &World::drop_page),
        TaskOperation::ReclaimPte { memory, pages } => each(*memory, *pages, &World::reclaim_pte),
        TaskOperation::Reclaim { file, pages } => subject.reclaim(*file, pages.start..pages.end),
        TaskOperation::Invalidate { file, .. } => subject.invalidate(*file),
        TaskOperation::Writeback { file } => subject.writeback(*file),
        _ => return Outcome::Failed(Errno::EINVAL),
    }
    DONE
}

/// Power is lost: nothing runs any more.
fn lose_power() {
    with(|w| {
        w.crashed = true;
        w.unfinished = 0;
    });
    suspend();
}

fn segments(id: OperationId) -> Span {
    with(|w| match w.history.operations[id.index()].call {
        Call::Write { segments, .. } => segments,
        _ => Span::default(),
    })
}

const fn bytes(cells: u32) -> u64 {
    cells as u64 * CELL as u64
}

fn counted(result: Result<usize, Errno>) -> Outcome {
    result.map_or_else(Outcome::Failed, |count| Outcome::Done(whole_cells("the count", count as u64)))
}

fn done(result: Result<(), Errno>) -> Outcome {
    result.map_or_else(Outcome::Failed, |()| DONE)
}

impl World {
    fn invoke(&mut self, id: OperationId) {
        // A tick of its own, so that what a task calls after a return is also later on the clock.
        self.clock += 1;
        let task = usize::from(self.current);
        self.tasks[task].operation = Some(id);
        self.history.operations[id.index()].invoked = Some(self.clock);
        self.note(Kind::Invoke, u64::from(id.0), |_| format!("calls #{}", id.0));
    }

    fn return_from(&mut self, id: OperationId, outcome: Outcome, seen: &[Cell]) {
        if self.stopped {
            return;
        }
        let start = self.history.cells.len() as u32;
        self.history.cells.extend_from_slice(seen);
        let end = self.history.cells.len() as u32;
        let now = self.clock;
        let it = &mut self.history.operations[id.index()];
        (it.returned, it.outcome) = (Some(now), Some(outcome));
        if !seen.is_empty() {
            it.observed = Span { start, end };
        }
        let value = match outcome {
            Outcome::Done(count) => u64::from(count),
            Outcome::Failed(errno) => 1 << 33 | errno as u64,
            Outcome::BusError => 1 << 34,
            Outcome::SegmentationFault => 1 << 35,
        };
        self.note(Kind::Return, value << 8 | u64::from(id.0), |_| format!("#{} returns {outcome:?}", id.0));
    }
}
