//! What a task can call: one family of system calls a file, and the task that makes its calls one after the other.

mod access;
mod files;
mod mappings;
mod write;

use crate::kernel::Kernel;
use crate::memory::Iov;
use crate::names::{LockKey, Mode, Site};
use crate::state::State;
use crate::strategy::Strategy;
use crate::trace::Event;
use case::TaskOperation;
use oracle::{FileId, OperationId, Outcome};

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
        if self.stopped {
            return;
        }
        if self.holds_any() {
            return self.oops("returned to user mode with a lock held");
        }
        if self.take_prepared().is_some() {
            return self.oops("returned to user mode with a prepared page that had no commit");
        }
        let now = self.clock;
        let it = &mut self.history.operations[operation.index()];
        it.returned = Some(now);
        it.outcome = Some(outcome);
        self.note(Event::Return(operation, outcome));
    }
}

const DONE: Outcome = Outcome::Done(0);

/// Makes a task's calls. `first` is the operation's id of the first. (Every step comes through here: a future less
/// between a task and its call is worth a line more.)
pub(crate) async fn run_task(k: &Kernel<'_>, operations: &[TaskOperation], first: u8, strategy: &Strategy) {
    for (operation, id) in operations.iter().zip(first..) {
        let id = OperationId(id);
        // Another thread's signal is this one's too.
        if k.with(|s| s.is_killed()) {
            return;
        }
        k.with(|s| s.invoke(id));
        let outcome = match operation {
            TaskOperation::Write { file, segments, .. } | TaskOperation::Append { file, segments } => {
                let (file, iov) = (FileId(*file as u8), Iov::new(segments));
                k.lock(LockKey::Inode(file), Mode::Exclusive, Site::InodeMutex).await;
                let position = k.begin_write(id, file, operation);
                let result = if iov.count() == 0 { Ok(0) } else { (strategy.write)(k, file, iov, position).await };
                if result.is_err() {
                    k.give_up_gap(file).await;
                }
                k.end_write(file, result)
            }
            TaskOperation::Read { file, range } => k.sys_read(id, *file, *range).await,
            TaskOperation::Stat { file } => k.sys_stat(id, *file).await,
            TaskOperation::Load { memory, range } => k.load(id, *memory, *range).await,
            TaskOperation::Store { memory, range } => k.store(id, *memory, *range).await,
            TaskOperation::Truncate { file, size, locked } => k.sys_truncate(*file, *size, *locked).await,
            TaskOperation::Punch { file, range } => k.sys_punch(*file, *range).await,
            TaskOperation::Munmap { memory, pages } => k.sys_munmap(*memory, pages.start..pages.end).await,
            TaskOperation::Mremap { memory } => k.sys_mremap(*memory).await,
            TaskOperation::DontNeed { memory, pages } => k.sys_madvise_dontneed(*memory, pages.start..pages.end).await,
            TaskOperation::Mlock { memory } => k.sys_mlock(*memory).await,
            TaskOperation::ReclaimPte { memory, pages } => k.reclaim_ptes(*memory, pages.start..pages.end).await,
            TaskOperation::Reclaim { file, pages } => k.reclaim_pages(*file, pages.start..pages.end).await,
            TaskOperation::Invalidate { file, kind } => k.invalidate(*file, *kind).await,
            TaskOperation::Writeback { file } => k.writeback(*file).await,
            TaskOperation::Fsync { file } => k.sys_fsync(*file).await,
            TaskOperation::Crash => k.crash().await,
        };
        let stopped = k.with(|s| {
            s.return_to_user(id, outcome);
            s.stopped
        });
        if stopped {
            // Nothing may run after an oops.
            std::future::pending::<()>().await;
        }
    }
}
