//! read(2), stat(2), truncate(2), the hole punch, fsync(2), and what the kernel does to files on its own.

use super::DONE;
use crate::defect::Defect;
use crate::kernel::Kernel;
use crate::names::{LockKey, Mode, Site};
use crate::state::State;
use case::Invalidation;
use oracle::{Cell, FileId, OperationId, Outcome, Span, ZeroSite};
use std::ops::Range;

impl State {
    /// Room in the history for what an operation will see.
    pub(super) fn reserve_observed(&mut self, id: OperationId, cells: u32) -> u32 {
        let start = self.history.cells.len() as u32;
        self.history.cells.resize((start + cells) as usize, Cell::zero(ZeroSite::Start, None));
        self.history.operations[id.index()].observed = Span { start, end: start };
        start
    }
}

impl Kernel<'_> {
    pub(super) async fn sys_read(&self, id: OperationId, file: usize, range: case::Range) -> Outcome {
        let into = self.with(|s| s.reserve_observed(id, range.len()));
        let file = FileId(file as u8);
        // xfs_file_read: no write goes on meanwhile.
        let locked = self.with(|s| s.filesystem == case::Filesystem::Extent);
        if locked {
            self.lock(LockKey::Inode(file), Mode::Shared, Site::InodeMutex).await;
        }
        let result = self.generic_file_read(file, range.start, range.len(), into).await;
        if locked {
            self.release(LockKey::Inode(file));
        }
        match result {
            Ok(read) => {
                self.with(|s| s.history.operations[id.index()].observed.end = into + read);
                Outcome::Done(read)
            }
            Err(errno) => Outcome::Failed(errno),
        }
    }

    pub(super) async fn sys_stat(&self, id: OperationId, file: usize) -> Outcome {
        self.preempt().await;
        let size = self.size(FileId(file as u8));
        self.with(|s| s.history.operations[id.index()].position = Some(size));
        DONE
    }

    pub(super) async fn sys_truncate(&self, file: usize, size: u32, locked: bool) -> Outcome {
        let file = FileId(file as u8);
        if locked {
            self.lock(LockKey::Inode(file), Mode::Exclusive, Site::InodeMutex).await;
        }
        let result =
            if locked { self.setattr_size(file, size).await } else { self.truncate_elsewhere(file, size).await };
        if locked {
            self.release(LockKey::Inode(file));
        }
        result.map_or_else(Outcome::Failed, |()| DONE)
    }

    pub(super) async fn sys_punch(&self, file: usize, range: case::Range) -> Outcome {
        let file = FileId(file as u8);
        self.lock(LockKey::Inode(file), Mode::Exclusive, Site::InodeMutex).await;
        let result = self.punch_hole(file, range.start, range.end).await;
        self.release(LockKey::Inode(file));
        result.map_or_else(Outcome::Failed, |()| DONE)
    }

    pub(super) async fn sys_fsync(&self, file: usize) -> Outcome {
        let file = FileId(file as u8);
        let locked = self.lock_cluster_where_mended(file, Defect::FsyncPersistsUnwrittenBlocks).await;
        self.write_cache_pages(file).await;
        let result = self.wait_for_writeback(file).await;
        self.commit_metadata().await;
        self.with(|s| s.persist_inode(file));
        if locked {
            self.cluster_unlock(file);
        }
        result.map_or_else(Outcome::Failed, |()| DONE)
    }

    /// The flusher's turn: and the journal's, if there is one.
    pub(super) async fn writeback(&self, file: usize) -> Outcome {
        self.write_cache_pages(FileId(file as u8)).await;
        self.with(|s| s.persist_unordered_inode(FileId(file as u8)));
        self.commit_metadata().await;
        DONE
    }

    async fn commit_metadata(&self) {
        if self.with(|s| s.filesystem) == case::Filesystem::Journal {
            self.journal_commit().await;
        }
    }

    pub(super) async fn reclaim_pages(&self, file: usize, pages: Range<u32>) -> Outcome {
        for index in pages {
            self.reclaim_page(FileId(file as u8), index).await;
        }
        DONE
    }

    pub(super) async fn invalidate(&self, file: usize, kind: Invalidation) -> Outcome {
        let file = FileId(file as u8);
        match kind {
            Invalidation::Unused => {
                self.invalidate_mapping_pages(file).await;
                DONE
            }
            Invalidation::All if self.with(|s| s.filesystem) == case::Filesystem::Cluster => {
                self.cluster_demotion(file).await;
                self.cluster_unlock(file);
                DONE
            }
            Invalidation::All => self.invalidate_inode_pages2(file).await.map_or_else(Outcome::Failed, |()| DONE),
        }
    }
}
