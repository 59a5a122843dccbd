//! write(2): what `generic_file_aio_write` does around the strategy, with `i_mutex` held.

use crate::defect::Defect;
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
            s.tasks[usize::from(s.current)].before_gap = None;
            position
        })
    }

    /// What a mended write does after it wrote less than it should: what was allocated for the rest goes, and if it wrote nothing, so do
    /// the zeroes in the gap before it.
    pub(super) async fn give_up_unwritten(&self, file: FileId, end: u32, nothing: bool) {
        if nothing {
            self.give_up_gap(file).await;
        }
        if self.with(|s| s.has_blocks_past_the_end(file)) && self.mended(Defect::BlocksStayAfterAFailure) {
            self.trim_blocks(file, end).await;
        }
    }

    pub(super) fn end_write(&self, file: FileId, result: Result<u32, Errno>) -> Outcome {
        self.release(LockKey::Inode(file));
        result.map_or_else(Outcome::Failed, Outcome::Done)
    }
}
