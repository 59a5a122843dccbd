//! `zero-tail-retry`: Morton (2006, again 2007-02-04 10:56 and 11:10): copy atomically under the page's lock; if the source went away,
//! clear what was not copied (unless the page was uptodate), commit the full length, unlock, and go on with the rest.
//!
//! Only described in the thread, never posted as a patch. Where the words leave it open, this is taken: a chunk is a page's worth of
//! segments of which the first is touched beforehand; "the rest" begins after what was copied, as Piggin reads it on 02-06 04:41.

use crate::series::trim;
use machine::{AopError, Defect, Difference, Errno, FileId, Interface, Iov, Kernel, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "zero-tail-retry",
    what: "atomic copy under the lock; if it comes up short, clear the rest, commit the full length, and go on",
    who: "Morton, 2007-02-04 10:56 and 11:10",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| Box::pin(buffered_write(k, file, iov, pos)),
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};

async fn buffered_write(k: &Kernel<'_>, file: FileId, mut iov: Iov<'_>, mut pos: u32) -> Result<u32, Errno> {
    let mut written = 0;
    let mut status = Ok(());
    while iov.count() > 0 {
        if k.mended(Defect::EmptySegmentsStay) {
            iov.advance(0);
        }
        let offset = pos % k.page_size();
        let bytes = (k.page_size() - offset).min(iov.count());
        let segment = bytes.min(iov.segment_remaining());
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
        match k.prepare_write(file, page, offset, offset + bytes).await {
            Ok(()) => {}
            Err(AopError::Truncated) => {
                k.put_page(page);
                continue;
            }
            Err(AopError::Failed(errno)) => {
                k.unlock_page(page);
                k.put_page(page);
                trim(k, file, pos + bytes).await;
                status = Err(errno);
                break;
            }
        }
        let mut copied = k.copy_from_user_atomic(page, offset, &iov, bytes);
        let mended = k.mended(Defect::ZeroTailCommitsInFull);
        if copied < bytes && !k.is_uptodate(page) && !mended {
            // The zeroes that a reader will see.
            k.clear(page, offset + copied, offset + bytes);
        }
        let committed = if mended {
            k.commit_copied(file, page, offset, bytes, copied).await
        } else {
            k.commit_write(file, page, offset, offset + bytes).await
        };
        match committed {
            Ok(counted) if mended => copied = counted,
            Ok(0) => {}
            Ok(part) => copied = copied.min(part),
            Err(AopError::Truncated) => {
                k.put_page(page);
                continue;
            }
            Err(AopError::Failed(errno)) => {
                k.unlock_page(page);
                k.put_page(page);
                status = Err(errno);
                break;
            }
        }
        k.unlock_page(page);
        k.put_page(page);
        written += copied;
        pos += copied;
        iov.advance(copied);
        k.preempt().await;
    }
    if written > 0 { Ok(written) } else { status.map(|()| 0) }
}
