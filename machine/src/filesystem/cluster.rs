//! `cluster`: a disk shared with other nodes. What is in the cache is good for as long as this node has the cluster's
//! lock on the file. It is asked for with the page locked, without waiting; if another node has it, the page is
//! unlocked, the lock waited for and given back, and the caller starts over with `AOP_TRUNCATED_PAGE`.
//!
//! Forms: ocfs2 of 2.6.20, which takes the lock in readpage, prepare and commit, each for itself; and gfs2 of the same
//! time, which holds it from prepare to commit, and does not expect to be asked for it by the page fault of its own
//! write.
//!
//! Another node that truncates or writes the file is a truncate without `i_mutex` or an invalidation: it takes the lock
//! alone, which first writes out and drops what is in the cache here.

use super::short_copy::undo_failed_commit;
use super::{Committed, buffer, buffer_io};
use crate::defect::Defect;
use crate::kernel::Kernel;
use crate::names::{LockKey, Mode, PageFlag, PageId, Site};
use crate::page_cache::AopError;
use case::Form;
use oracle::{Errno, FaultKind, FileId};

pub(super) const FORMS: &[Form] = &[Form::PrepareWrite, Form::Glock];

pub(super) use super::{no_write_begin as write_begin, no_write_end as write_end};
pub(super) use buffer_io::block_write_full_page as writepage;

/// `ocfs2_meta_lock_with_page`: the lock at once, or not at all: then the page is unlocked, the lock waited for and
/// given back.
async fn lock_with_page(k: &Kernel<'_>, file: FileId, page: PageId, mode: Mode) -> Result<(), AopError> {
    let key = LockKey::Cluster(file);
    k.preempt().await;
    let (busy, mine) = k.with(|s| {
        let mine = s.holds(key);
        let elsewhere = s.chance(FaultKind::TruncatedPage).is_some();
        (elsewhere || !s.try_lock(key, mode, Site::ClusterLock), mine)
    });
    if mine {
        k.oops("took a cluster lock that it already held");
        return std::future::pending().await;
    }
    if !busy {
        return Ok(());
    }
    k.unlock_page(page);
    k.lock(key, mode, Site::ClusterLock).await;
    k.release(key);
    Err(AopError::Truncated)
}

/// What a mended `readpage` does where the lock was refused: waits for it and keeps it, and locks the page under it.
/// False if the page is no longer the file's: then nothing is held.
async fn lock_page_again(k: &Kernel<'_>, file: FileId, page: PageId) -> bool {
    if !k.mended(Defect::ReadersTakeTurns) {
        return false;
    }
    k.lock(LockKey::Cluster(file), Mode::Shared, Site::ClusterLock).await;
    if k.relock_page(page).await {
        return true;
    }
    k.unlock_page(page);
    k.release(LockKey::Cluster(file));
    false
}

pub(super) async fn readpage(k: &Kernel<'_>, file: FileId, page: PageId) -> Result<(), AopError> {
    if let Err(refused) = lock_with_page(k, file, page, Mode::Shared).await {
        if !lock_page_again(k, file, page).await {
            return Err(refused);
        }
        if k.is_uptodate(page) {
            k.unlock_page(page);
            k.release(LockKey::Cluster(file));
            return Ok(());
        }
    }
    let result = buffer_io::block_read_full_page(k, file, page).await;
    k.release(LockKey::Cluster(file));
    result
}

pub(super) async fn prepare_write(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    from: u32,
    to: u32,
) -> Result<(), AopError> {
    let spans_copy = k.with(|s| s.form == Form::Glock || s.mended(Defect::ClusterLockIsDroppedBeforeTheCommit));
    lock_with_page(k, file, page, if spans_copy { Mode::Exclusive } else { Mode::Shared }).await?;
    let result = buffer::block_prepare_write(k, file, page, from, to).await;
    if !spans_copy || result.is_err() {
        k.release(LockKey::Cluster(file));
    }
    result
}

pub(super) async fn commit_write(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    range: Committed,
) -> Result<u32, AopError> {
    if k.with(|s| s.form != Form::Glock && !s.mended(Defect::ClusterLockIsDroppedBeforeTheCommit)) {
        // What was copied is still in the page, and will be copied again.
        lock_with_page(k, file, page, Mode::Exclusive).await?;
    }
    let result = if k.with(|s| s.chance(FaultKind::FailedCommit).is_some()) {
        fail_commit(k, file, page, range).await
    } else {
        buffer::generic_commit_write(k, file, page, range).await
    };
    k.release(LockKey::Cluster(file));
    result
}

/// Both fail before `generic_commit_write`, under the lock: `ocfs2_commit_write` where it cannot start its transaction
/// or have the inode's block in it, `gfs2_commit_write` where it cannot read the inode's block: and that one then takes
/// the page for not uptodate.
async fn fail_commit(k: &Kernel<'_>, file: FileId, page: PageId, range: Committed) -> Result<u32, AopError> {
    undo_failed_commit(k, file, page, range).await;
    k.with(|s| {
        if s.form == Form::Glock && !s.mended(Defect::FailedCommitStays) {
            s.set(page, PageFlag::Uptodate, false);
        }
    });
    Err(AopError::Failed(Errno::EIO))
}

/// `->truncate`, under the lock that [`Kernel::cluster_lock`] took.
pub(super) use buffer::truncate_blocks as truncate;

impl Kernel<'_> {
    /// The lock alone, for a truncate of this node.
    pub(super) async fn cluster_lock(&self, file: FileId) {
        self.lock(LockKey::Cluster(file), Mode::Exclusive, Site::ClusterLock).await;
    }

    /// Another node gets the lock: `ocfs2_data_convert_worker` unmaps, writes out and drops everything that is cached
    /// of the file.
    pub(crate) async fn cluster_demotion(&self, file: FileId) {
        self.lock(LockKey::Cluster(file), Mode::Exclusive, Site::ClusterDemotion).await;
        if self.mended(Defect::DemotionLosesStores) {
            return self.demote_page_by_page(file).await;
        }
        self.unmap_for_truncate(file, 0, false).await;
        self.write_cache_pages(file).await;
        self.wait_for_demoted(file).await;
        self.truncate_inode_pages(file, 0).await;
        if self.with(|s| s.options.fault) == case::FaultForm::LocksAlways {
            self.unmap_for_truncate(file, 0, false).await;
        }
    }

    /// The cluster's lock for who takes none, and should: whether it was taken, which is where this defect is mended.
    pub(crate) async fn lock_cluster_where_mended(&self, file: FileId, defect: Defect) -> bool {
        let takes = self.with(|s| s.filesystem) == case::Filesystem::Cluster && self.mended(defect);
        if takes {
            self.cluster_lock(file).await;
        }
        takes
    }

    /// Waits for the writeback; nobody is there to be told that it failed.
    async fn wait_for_demoted(&self, file: FileId) {
        let failed = self.wait_for_writeback(file).await.is_err();
        if failed && self.mended(Defect::DemotionSwallowsAWriteError) {
            self.with(|s| s.file_mut(file).write_failed = true);
        }
    }

    /// The mended demotion: a page goes in the same step in which it is unmapped and found clean.
    async fn demote_page_by_page(&self, file: FileId) {
        loop {
            self.write_cache_pages(file).await;
            self.wait_for_demoted(file).await;
            if self.invalidate_inode_pages2(file).await.is_ok() {
                return;
            }
        }
    }

    /// It gives it back.
    pub(crate) fn cluster_unlock(&self, file: FileId) {
        self.release(LockKey::Cluster(file));
    }
}
