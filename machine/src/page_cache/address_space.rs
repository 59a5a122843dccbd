//! The address-space operations: what the page cache calls of the filesystem above it.

use crate::kernel::Kernel;
use crate::names::PageId;
use oracle::{Errno, FileId};

/// Why an address-space operation did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AopError {
    /// `AOP_TRUNCATED_PAGE`: the filesystem has dropped the page's lock, and the caller starts over.
    Truncated,
    /// An error.
    Failed(Errno),
}

impl From<Errno> for AopError {
    fn from(errno: Errno) -> Self {
        Self::Failed(errno)
    }
}

/// `struct address_space_operations`, and `->truncate`. The page cache calls them and does not know the filesystems:
/// those implement the trait in a module above. Calls are bound at compile time, and nothing is allocated for them.
pub(crate) trait AddressSpaceOperations {
    /// `->readpage`, with the page locked: it comes back unlocked, now or when the disk has answered.
    async fn aop_readpage(&self, file: FileId, page: PageId) -> Result<(), AopError>;

    /// `->writepage`: of a locked page that is no longer marked dirty; it comes back unlocked.
    async fn writepage(&self, file: FileId, page: PageId);

    /// `->truncate`: frees the blocks past the size.
    async fn truncate_blocks(&self, file: FileId, size: u32);
}

impl Kernel<'_> {
    /// `->readpage`, with the page locked: it comes back unlocked, now or when the disk has answered.
    ///
    /// # Errors
    /// With [`AopError::Truncated`] the caller starts over.
    pub async fn readpage(&self, file: FileId, page: PageId) -> Result<(), AopError> {
        self.preempt().await;
        self.aop_readpage(file, page).await
    }
}
