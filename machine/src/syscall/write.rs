//! write(2): what `generic_file_aio_write` does around the strategy, with `i_mutex` held.

use crate::kernel::Kernel;
use crate::names::{LockKey, Mode, Site};
use case::TaskOperation;
use oracle::{Call, Errno, FileId, OperationId, Outcome};

impl Kernel<'_> {
    /// Where the write goes: an append, to the end of the file.
    pub(super) fn begin_write(&self, id: OperationId, file: FileId, operation: &TaskOperation) -> u32 {
        self.with(|s| {
            let position = match operation {
                TaskOperation::Write { offset, .. } => *offset,
                _ => s.size(file),
            };
            s.history.operations[id.index()].position = Some(position);
            let write = s.write_mut();
            write.before_gap = None;
            write.answered_short = false;
            position
        })
    }

    /// What lies between two segments of a `writev` where a file has nothing but `->write` (`do_loop_readv_writev`):
    /// `i_mutex` is given back and taken again. Returns where the next one goes: an append, to the end of the file
    /// once more (`generic_write_checks`).
    pub async fn write_next_segment(&self, file: FileId, pos: u32) -> u32 {
        self.release(LockKey::Inode(file));
        self.lock(LockKey::Inode(file), Mode::Exclusive, Site::InodeMutex).await;
        self.with(|s| {
            let operation = s.current_operation().map(|id| &s.history.operations[id.index()]);
            let appends = operation.is_some_and(|it| matches!(it.call, Call::Write { offset: None, .. }));
            if appends { s.size(file) } else { pos }
        })
    }

    pub(super) fn end_write(&self, file: FileId, result: Result<u32, Errno>) -> Outcome {
        self.release(LockKey::Inode(file));
        result.map_or_else(Outcome::Failed, Outcome::Done)
    }
}
