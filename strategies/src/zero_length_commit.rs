//! `zero-length-commit`: Piggin's first idea (October 2006, told again on 2007-02-04 10:46): an atomic copy into a page that is not
//! uptodate and comes up short is committed with length 0, and tried again with a single segment.
//!
//! The thread only tells of it. Taken here: it runs on the filesystems as they were, without the change that made their commits of length 0
//! do nothing, for "broke lots of filesystems" is about those; an uptodate page is committed as far as it was copied.

use crate::series::trim;
use machine::{AopError, Defect, Difference, Errno, FileId, Interface, Iov, Kernel, PageId, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "zero-length-commit",
    what: "atomic copy; if it comes up short and the page is not uptodate, commit nothing and try again with one segment",
    who: "Piggin, October 2006 (2007-02-04 10:46)",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| Box::pin(buffered_write(k, file, iov, pos)),
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};

async fn buffered_write(k: &Kernel<'_>, file: FileId, mut iov: Iov<'_>, mut pos: u32) -> Result<u32, Errno> {
    let mut written = 0;
    let mut status = Ok(());
    let mut single_segment = false;
    while iov.count() > 0 {
        if k.mended(Defect::EmptySegmentsStay) {
            iov.advance(0);
        }
        let offset = pos % k.page_size();
        let mut bytes = (k.page_size() - offset).min(iov.count());
        let segment = bytes.min(iov.segment_remaining());
        if single_segment {
            bytes = segment;
        }
        if segment > 0 && k.fault_in_pages_readable(iov.address(), segment).await.is_err() {
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
        match copy_and_commit(k, file, page, offset, bytes, &iov).await {
            Ok(copied) => {
                k.unlock_page(page);
                k.put_page(page);
                single_segment = copied == 0;
                written += copied;
                pos += copied;
                iov.advance(copied);
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

async fn copy_and_commit(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    offset: u32,
    bytes: u32,
    iov: &Iov<'_>,
) -> Result<u32, AopError> {
    k.prepare_write(file, page, offset, offset + bytes).await?;
    let mut copied = k.copy_from_user_atomic(page, offset, iov, bytes);
    if copied < bytes && k.mended(Defect::ZeroLengthCommit) {
        return k.commit_copied(file, page, offset, bytes, copied).await;
    }
    if copied < bytes && !k.is_uptodate(page) {
        // Blocks that were only just allocated stay behind, neither written nor uptodate.
        copied = 0;
    }
    let part = k.commit_write(file, page, offset, offset + copied).await?;
    Ok(if part > 0 { copied.min(part) } else { copied })
}
