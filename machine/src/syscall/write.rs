//! write(2): `generic_file_aio_write` around the strategy.

use crate::kernel::Kernel;
use crate::lock::{LockKey, Mode, Site};
use crate::memory::Iov;
use crate::strategy::Strategy;
use case::Segment;
use oracle::{FileId, OperationId, Outcome};

impl Kernel {
    pub(super) async fn sys_write(
        &self,
        id: OperationId,
        file: usize,
        offset: Option<u32>,
        segments: &[Segment],
        strategy: &Strategy,
    ) -> Outcome {
        let file = FileId(file as u8);
        let iov = Iov::new(segments);
        self.lock(LockKey::Inode(file), Mode::Exclusive, Site::InodeMutex).await;
        let position = match offset {
            Some(offset) => offset,
            None => self.size(file),
        };
        self.with(|s| s.history.operations[id.index()].position = Some(position));
        let result = if iov.count() == 0 { Ok(0) } else { (strategy.write)(self, file, iov, position).await };
        self.release(LockKey::Inode(file));
        match result {
            Ok(written) => Outcome::Done(written),
            Err(errno) => Outcome::Failed(errno),
        }
    }
}
