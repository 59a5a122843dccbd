//! What a task can call: one family of system calls a file, and the task that makes its calls one after the other.

mod access;
mod files;
mod mappings;
mod write;

use crate::kernel::Kernel;
use crate::state::State;
use crate::strategy::Strategy;
use crate::trace::Event;
use case::Operation;
use oracle::{OperationId, Outcome};

impl State {
    fn invoke(&mut self, operation: OperationId) {
        // A tick of its own, so that what a task calls after a return is also later on the clock.
        self.clock += 1;
        let task = usize::from(self.current);
        self.tasks[task].operation = Some(operation);
        self.history.operations[operation.index()].invoked = Some(self.clock);
        self.note(Event::Invoke(operation));
    }

    fn return_to_user(&mut self, operation: OperationId, outcome: Outcome) {
        let task = usize::from(self.current);
        if !self.tasks[task].held.is_empty() {
            return self.oops("returned to user mode with a lock held");
        }
        if self.tasks[task].prepared.take().is_some() {
            return self.oops("returned to user mode with a prepared page that had no commit");
        }
        let it = &mut self.history.operations[operation.index()];
        it.returned = Some(self.clock);
        it.outcome = Some(outcome);
        self.note(Event::Return(operation, outcome));
    }
}

/// Makes a task's calls. `first` is the operation's id of the first.
pub(crate) async fn run_task(k: &Kernel, operations: &[Operation], first: u8, strategy: &Strategy) {
    for (operation, id) in operations.iter().zip(first..) {
        let id = OperationId(id);
        k.with(|s| s.invoke(id));
        let outcome = k.call(id, operation, strategy).await;
        k.with(|s| s.return_to_user(id, outcome));
        if k.with(|s| s.stopped) {
            // Nothing may run after an oops.
            std::future::pending::<()>().await;
        }
    }
}

const DONE: Outcome = Outcome::Done(0);

impl Kernel {
    async fn call(&self, id: OperationId, operation: &Operation, strategy: &Strategy) -> Outcome {
        match operation {
            Operation::Write { file, offset, segments } => {
                self.sys_write(id, *file, Some(*offset), segments, strategy).await
            }
            Operation::Append { file, segments } => self.sys_write(id, *file, None, segments, strategy).await,
            Operation::Read { file, range } => self.sys_read(id, *file, *range).await,
            Operation::Stat { file } => self.sys_stat(id, *file).await,
            Operation::Load { memory, range } => self.load(id, *memory, *range).await,
            Operation::Store { memory, range } => self.store(id, *memory, *range).await,
            Operation::Truncate { file, size, locked } => self.sys_truncate(*file, *size, *locked).await,
            Operation::Punch { file, range } => self.sys_punch(*file, *range).await,
            Operation::Munmap { memory, pages } => self.sys_munmap(*memory, pages.start..pages.end).await,
            Operation::Mremap { memory } => self.sys_mremap(*memory).await,
            Operation::DontNeed { memory, pages } => self.sys_madvise_dontneed(*memory, pages.start..pages.end).await,
            Operation::Mlock { memory } => self.sys_mlock(*memory).await,
            Operation::ReclaimPte { memory, pages } => self.reclaim_ptes(*memory, pages.start..pages.end).await,
            Operation::Reclaim { file, pages } => self.reclaim_pages(*file, pages.start..pages.end).await,
            Operation::Invalidate { file, kind } => self.invalidate(*file, *kind).await,
            Operation::Writeback { file } => self.writeback(*file).await,
            Operation::Fsync { file } => self.sys_fsync(*file).await,
            Operation::Crash => unreachable!("refused at the start"),
        }
    }
}
