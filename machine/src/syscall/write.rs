//! write(2): what `generic_file_aio_write` does around the strategy, with `i_mutex` held.

use crate::kernel::Kernel;
use crate::lock::LockKey;
use case::Operation;
use oracle::{Errno, FileId, OperationId, Outcome};

impl Kernel<'_> {
    /// Where the write goes: an append, to the end of the file.
    pub(super) fn begin_write(&self, id: OperationId, file: FileId, operation: &Operation) -> u32 {
        self.with(|s| {
            let position = match operation {
                Operation::Write { offset, .. } => *offset,
                _ => s.size(file),
            };
            s.history.operations[id.index()].position = Some(position);
            let task = &mut s.tasks[usize::from(s.current)];
            task.before_gap = None;
            task.answered_short = false;
            position
        })
    }

    pub(super) fn end_write(&self, file: FileId, result: Result<u32, Errno>) -> Outcome {
        self.release(LockKey::Inode(file));
        result.map_or_else(Outcome::Failed, Outcome::Done)
    }
}
