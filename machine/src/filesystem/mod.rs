//! The address-space operations, and the filesystems that implement them: one family of forms a file.

mod block;
mod blocks;
mod buffer;
mod buffer_io;
mod cluster;
mod cont;
mod extent;
mod fuse;
mod interface;
mod journal;
mod libfs;
mod mpage;
mod nobh;
mod punch;
mod server;
mod server_requests;
mod short_copy;

pub use extent::{Iomap, Validity};
pub use interface::Interface;

use crate::defect::Defect;
use crate::kernel::Kernel;
use crate::names::{LockKey, PageId};
use crate::page_cache::{AddressSpaceOperations, AopError};
use crate::state::State;
use case::{Filesystem, Form};
use oracle::{Errno, FaultKind, FileId};

/// What is committed of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Committed {
    /// Where in the page it begins.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// How much of it was copied, which is less than all only in a mended write.
    pub copied: u32,
}

impl Committed {
    /// All of a range.
    pub const fn all(from: u32, to: u32) -> Self {
        Self { from, to, copied: to - from }
    }

    /// Whether less was copied than was prepared.
    pub const fn is_short(self) -> bool {
        self.copied < self.to - self.from
    }
}

/// Lists the filesystems: adding one is a line here and its file.
macro_rules! filesystems {
    ($($name:ident => $module:ident,)*) => {
        /// The filesystems that are built, each with its forms.
        pub const BUILT: &[(Filesystem, &[Form])] = &[$((Filesystem::$name, $module::FORMS),)*];

        impl Kernel<'_> {
            async fn dispatch_prepare(&self, file: FileId, page: PageId, from: u32, to: u32) -> Result<(), AopError> {
                match self.with(|s| s.filesystem) {
                    $(Filesystem::$name => $module::prepare_write(self, file, page, from, to).await,)*
                }
            }

            async fn dispatch_commit(&self, file: FileId, page: PageId, range: Committed) -> Result<u32, AopError> {
                match self.with(|s| s.filesystem) {
                    $(Filesystem::$name => $module::commit_write(self, file, page, range).await,)*
                }
            }

            async fn dispatch_write_begin(&self, file: FileId, pos: u32, len: u32) -> Result<PageId, Errno> {
                match self.with(|s| s.filesystem) {
                    $(Filesystem::$name => $module::write_begin(self, file, pos, len).await,)*
                }
            }

            async fn dispatch_write_end(
                &self,
                file: FileId,
                pos: u32,
                len: u32,
                copied: u32,
                page: PageId,
            ) -> Result<u32, Errno> {
                match self.with(|s| s.filesystem) {
                    $(Filesystem::$name => $module::write_end(self, file, pos, len, copied, page).await,)*
                }
            }

        }

        impl AddressSpaceOperations for Kernel<'_> {
            async fn aop_readpage(&self, file: FileId, page: PageId) -> Result<(), AopError> {
                match self.with(|s| s.filesystem) {
                    $(Filesystem::$name => $module::readpage(self, file, page).await,)*
                }
            }

            async fn writepage(&self, file: FileId, page: PageId) {
                match self.with(|s| s.filesystem) {
                    $(Filesystem::$name => $module::writepage(self, file, page).await,)*
                }
            }

            async fn truncate_blocks(&self, file: FileId, size: u32) {
                match self.with(|s| s.filesystem) {
                    $(Filesystem::$name => $module::truncate(self, file, size).await,)*
                }
            }
        }
    };
}

filesystems! {
    Libfs => libfs,
    Nobh => nobh,
    Block => block,
    Cont => cont,
    Journal => journal,
    Cluster => cluster,
    Server => server,
    Extent => extent,
}

/// `->write_begin` of a filesystem none of whose forms has it.
async fn no_write_begin(_k: &Kernel<'_>, _file: FileId, _pos: u32, _len: u32) -> Result<PageId, Errno> {
    unreachable!("refused at the start")
}

/// `->write_end` of such a filesystem.
async fn no_write_end(
    _k: &Kernel<'_>,
    _file: FileId,
    _pos: u32,
    _len: u32,
    _copied: u32,
    _page: PageId,
) -> Result<u32, Errno> {
    unreachable!("refused at the start")
}

impl Kernel<'_> {
    /// `->setattr` of a new size, without which the file has it from `vmtruncate`.
    ///
    /// # Errors
    /// If the file cannot be made longer.
    pub(crate) async fn setattr_size(&self, file: FileId, size: u32) -> Result<(), Errno> {
        if self.with(|s| s.filesystem) == Filesystem::Cont && size > self.size(file) {
            return cont::expand(self, file, size).await;
        }
        let cluster = self.with(|s| s.filesystem) == Filesystem::Cluster;
        if cluster {
            self.cluster_lock(file).await;
        }
        self.vmtruncate(file, size).await;
        self.with(|s| s.server_has_size(file, size));
        if cluster {
            self.cluster_unlock(file);
        }
        Ok(())
    }

    /// A truncate by somebody who does not hold `i_mutex`: in a cluster, another node.
    pub(crate) async fn truncate_elsewhere(&self, file: FileId, size: u32) -> Result<(), Errno> {
        if self.with(|s| s.filesystem) != Filesystem::Cluster {
            return self.setattr_size(file, size).await;
        }
        self.cluster_demotion(file).await;
        self.vmtruncate(file, size).await;
        self.cluster_unlock(file);
        Ok(())
    }

    /// `->prepare_write(page, from, to)`, with the page locked.
    ///
    /// # Errors
    /// With [`AopError::Truncated`] the page's lock is gone.
    pub async fn prepare_write(&self, file: FileId, page: PageId, from: u32, to: u32) -> Result<(), AopError> {
        self.preempt().await;
        self.with(|s| {
            s.counters.prepare_calls += 1;
            if s.chance(FaultKind::TruncatedPage).is_some() {
                s.release(LockKey::Page(page));
                return Err(AopError::Truncated);
            }
            Ok(())
        })?;
        let result = self.dispatch_prepare(file, page, from, to).await;
        if result.is_ok() {
            self.with(|s| s.begin_prepared(page));
        }
        result
    }

    /// `->commit_write(page, from, to)`, with the page locked. Returns 0, or how many cells the filesystem accepted if
    /// not all. (No filesystem of 2.6.20 accepts a part: here, a mended one does.)
    ///
    /// # Errors
    /// With [`AopError::Truncated`] the page's lock is gone.
    pub async fn commit_write(&self, file: FileId, page: PageId, from: u32, to: u32) -> Result<u32, AopError> {
        self.keep_copied(page);
        self.preempt().await;
        self.with(|s| {
            s.counters.commit_calls += 1;
            s.end_prepared(page);
        });
        self.dispatch_commit(file, page, Committed::all(from, to)).await
    }

    /// What a mended write calls instead of `commit_write`: commits the first `copied` cells of the `bytes` that were
    /// prepared at `from`, as `write_end` of 2.6.24 does, and returns exactly how many of them count.
    ///
    /// # Errors
    /// With [`AopError::Truncated`] the page's lock is gone.
    pub async fn commit_copied(
        &self,
        file: FileId,
        page: PageId,
        from: u32,
        bytes: u32,
        copied: u32,
    ) -> Result<u32, AopError> {
        if copied == bytes {
            let part = self.commit_write(file, page, from, from + bytes).await?;
            return Ok(if part > 0 { part } else { bytes });
        }
        self.keep_copied(page);
        self.preempt().await;
        self.with(|s| {
            s.counters.commit_calls += 1;
            s.end_prepared(page);
        });
        self.dispatch_commit(file, page, Committed { from, to: from + bytes, copied }).await
    }

    fn keep_copied(&self, page: PageId) {
        self.with(|s| {
            if s.may_be_undone() {
                s.keep_copied(page);
            }
        });
    }

    /// Ends what [`Kernel::prepare_write`] began of a page that has left the cache meanwhile: there is nothing to
    /// commit it to.
    pub fn abort_write(&self, file: FileId, page: PageId) {
        self.with(|s| s.end_prepared(page));
        self.end_transaction(file);
    }

    /// Gives back what the filesystem holds from prepare to commit, where it comes to no commit.
    fn end_transaction(&self, file: FileId) {
        match self.with(|s| (s.filesystem, s.form)) {
            (Filesystem::Journal, _) => self.journal_stop(),
            (Filesystem::Cluster, Form::Glock) => self.cluster_unlock(file),
            (Filesystem::Cluster, _) if self.mended(Defect::ClusterLockIsDroppedBeforeTheCommit) => {
                self.cluster_unlock(file)
            }
            _ => {}
        }
    }

    /// `->write_begin(pos, len)`: the page, locked, with a reference, and prepared.
    ///
    /// # Errors
    /// Nothing is held then.
    pub async fn write_begin(&self, file: FileId, pos: u32, len: u32) -> Result<PageId, Errno> {
        self.with(|s| s.counters.prepare_calls += 1);
        let page = self.dispatch_write_begin(file, pos, len).await?;
        self.with(|s| s.begin_prepared(page));
        Ok(page)
    }

    /// `->write_end(pos, len, copied)`: unlocks and releases the page. Returns how many of the cells copied it accepts.
    ///
    /// # Errors
    /// If nothing could be accepted.
    pub async fn write_end(&self, file: FileId, pos: u32, len: u32, copied: u32, page: PageId) -> Result<u32, Errno> {
        self.keep_copied(page);
        self.preempt().await;
        self.with(|s| {
            s.counters.commit_calls += 1;
            s.end_prepared(page);
        });
        self.dispatch_write_end(file, pos, len, copied, page).await
    }
}

impl State {
    /// Keeps in mind which blocks of the page that is prepared were only just allocated.
    fn remember_fresh(&mut self, blocks: u8) {
        self.write_mut().fresh = blocks;
    }

    fn take_fresh(&mut self) -> u8 {
        std::mem::take(&mut self.write_mut().fresh)
    }
}
