//! What the strategies share that keep their source from being unmapped: Morton's sketch of 2007-02-04 09:44 around the chunk of 2.6.20.

use crate::idea::Chunk;
use crate::series::trim;
use machine::{AopError, Defect, Errno, FileId, Iov, Kernel};

/// When the source is touched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Touched {
    /// Under the lock, as first proposed.
    UnderTheLock,
    /// Before the lock is taken, and again under it, so that the second time will hardly have to allocate.
    Twice,
}

/// The loop of 2.6.20, a segment at a time: the lock for reading, the source touched, the page prepared, copied to with faults allowed,
/// committed, and the lock given back.
pub(crate) async fn buffered_write(
    k: &Kernel<'_>,
    file: FileId,
    mut iov: Iov<'_>,
    mut pos: u32,
    touched: Touched,
) -> Result<u32, Errno> {
    let mut written = 0;
    let mut status = Ok(());
    iov.advance(0);
    while status.is_ok() && iov.count() > 0 {
        let offset = pos % k.page_size();
        let bytes = (k.page_size() - offset).min(iov.segment_remaining());
        // Under this lock nobody runs out of memory, but two source pages can take turns in the last frame.
        let bytes_touched = if k.mended(Defect::TouchesMoreThanItNeeds) { 1 } else { bytes };
        if touched == Touched::Twice && k.fault_in_pages_readable(iov.address(), bytes_touched).await.is_err() {
            status = Err(Errno::EFAULT);
            break;
        }
        // Mended, it is taken later, and only around the copy.
        let late = k.mended(Defect::UnpagingLockIsTakenEarly);
        let lock = if late { None } else { k.down_read_unpaging(iov.address().memory).await };
        if k.fault_in_pages_readable(iov.address(), bytes_touched).await.is_err() {
            k.up_read_unpaging(lock);
            status = Err(Errno::EFAULT);
            break;
        }
        let page = match k.grab_cache_page(file, pos / k.page_size(), None).await {
            Ok(page) => page,
            Err(errno) => {
                k.up_read_unpaging(lock);
                status = Err(errno);
                break;
            }
        };
        let it = Chunk { file, page, offset, bytes, iov };
        let attempt = async {
            it.prepare(k).await?;
            let lock = if late { k.down_read_unpaging(iov.address().memory).await } else { None };
            let copied = k.filemap_copy_from_user(page, offset, &iov, bytes).await;
            k.up_read_unpaging(lock);
            it.commit(k, bytes, copied).await
        };
        let result = attempt.await;
        if result != Err(AopError::Truncated) {
            k.unlock_page(page);
        }
        k.put_page(page);
        k.up_read_unpaging(lock);
        match result {
            Ok(counted) => {
                written += counted;
                pos += counted;
                iov.advance(counted);
                k.preempt().await;
            }
            Err(AopError::Truncated) => {}
            Err(AopError::Failed(errno)) => {
                trim(k, file, pos + bytes).await;
                status = Err(errno);
            }
        }
    }
    if written > 0 { Ok(written) } else { status.map(|()| 0) }
}
