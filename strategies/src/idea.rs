//! What the ideas share that the thread only describes: the loop around a chunk, as the code of the time had it. An idea says what happens to
//! the page between its being locked and unlocked.

use crate::series::trim;
use machine::{AopError, Defect, Errno, FileId, Iov, Kernel, PageId};

/// How much a chunk takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// What one segment has of a page, as in 2.6.20.
    Segment,
    /// A page's worth, of however many segments, as after patch 3 of 2007-02-04.
    Page,
}

/// A chunk under way: its page is locked.
#[derive(Clone, Copy)]
pub(crate) struct Chunk<'c> {
    pub file: FileId,
    pub page: PageId,
    /// Where in the page it begins.
    pub offset: u32,
    /// How many cells it has.
    pub bytes: u32,
    pub iov: Iov<'c>,
}

impl Chunk<'_> {
    /// `prepare_write` of all of it.
    pub async fn prepare(&self, k: &Kernel<'_>) -> Result<(), AopError> {
        k.prepare_write(self.file, self.page, self.offset, self.offset + self.bytes).await
    }

    /// `commit_write` of its first `cells`; returns how many of `copied` count.
    pub async fn commit(&self, k: &Kernel<'_>, cells: u32, copied: u32) -> Result<u32, AopError> {
        if k.mended(Defect::IdeaCommitsInFull) {
            return self.commit_copied(k, copied).await;
        }
        let part = k.commit_write(self.file, self.page, self.offset, self.offset + cells).await?;
        Ok(if part > 0 { copied.min(part) } else { copied })
    }

    /// What a mended write commits: the first `copied` cells; returns how many of them count.
    pub async fn commit_copied(&self, k: &Kernel<'_>, copied: u32) -> Result<u32, AopError> {
        k.commit_copied(self.file, self.page, self.offset, self.bytes, copied).await
    }

    /// The atomic copy of all of it.
    pub fn copy_atomically(&self, k: &Kernel<'_>) -> u32 {
        k.copy_from_user_atomic(self.page, self.offset, &self.iov, self.bytes)
    }
}

/// The loop: the first segment's part is touched, the page found or made, and locked; then `idea` does what it does, and returns with the page
/// locked (unless with [`AopError::Truncated`], which begins the chunk anew) how many cells count.
pub(crate) async fn buffered_write<'c>(
    k: &Kernel<'_>,
    file: FileId,
    mut iov: Iov<'c>,
    mut pos: u32,
    takes: Takes,
    idea: impl AsyncFn(Chunk<'c>) -> Result<u32, AopError>,
) -> Result<u32, Errno> {
    let mut written = 0;
    let mut status = Ok(());
    iov.advance(0);
    while iov.count() > 0 {
        let offset = pos % k.page_size();
        let mut bytes = (k.page_size() - offset).min(iov.count());
        let segment = bytes.min(iov.segment_remaining());
        if takes == Takes::Segment {
            bytes = segment;
        }
        if k.fault_in_pages_readable(iov.address(), segment).await.is_err() {
            status = Err(Errno::EFAULT);
            break;
        }
        let page = match k.grab_cache_page(file, pos / k.page_size(), None).await {
            Ok(page) => page,
            Err(errno) => {
                status = Err(errno);
                break;
            }
        };
        match idea(Chunk { file, page, offset, bytes, iov }).await {
            Ok(counted) => {
                k.unlock_page(page);
                k.put_page(page);
                written += counted;
                pos += counted;
                iov.advance(counted);
                k.preempt().await;
            }
            Err(AopError::Truncated) => k.put_page(page),
            Err(AopError::Failed(errno)) => {
                k.unlock_page(page);
                k.put_page(page);
                trim(k, file, pos + bytes).await;
                status = Err(errno);
                break;
            }
        }
    }
    if written > 0 { Ok(written) } else { status.map(|()| 0) }
}
