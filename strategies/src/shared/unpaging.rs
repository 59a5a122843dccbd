//! Strategies that prevent the source from being unmapped: Morton's sketch of 2007-02-04 09:44 around the chunk of
//! 2.6.20.
//!
//! The sketch is five lines: take the lock, touch the source, copy, release the lock. Everything else is as in
//! 2.6.20: one chunk a segment, the result of the touch is ignored, only a failed `prepare_write` has its blocks
//! trimmed, and a short copy ends the write.

use super::idea::{Chunk, Counts, Stop, give_up};
use machine::{Defect, Errno, FileId, Iov, Kernel};

/// When the source is touched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Touched {
    /// Under the lock, as first proposed.
    UnderTheLock,
    /// Before the lock is taken and again under it, so that the second touch hardly ever has to allocate.
    Twice,
}

/// The loop of 2.6.20, a segment at a time: the lock for reading, the source touched, the page prepared, copied to with
/// faults allowed, the lock given back, the page committed.
pub(crate) async fn buffered_write(
    k: &Kernel<'_>,
    file: FileId,
    mut iov: Iov<'_>,
    mut pos: u32,
    touched: Touched,
) -> Result<u32, Errno> {
    let mut written = 0;
    let mut status = Ok(());
    if iov.segments() > 1 {
        iov.advance_do_while(0);
    }
    while status.is_ok() && iov.count() > 0 {
        let offset = pos % k.page_size();
        let bytes = (k.page_size() - offset).min(iov.segment_remaining());
        if touched == Touched::Twice && !is_there(k, &iov, bytes).await {
            status = Err(Errno::EFAULT);
            break;
        }
        // Mended, it is taken later, and only around the copy.
        let late = k.mended(Defect::UnpagingLockIsTakenEarly);
        let lock = if late { None } else { k.down_read_unpaging(iov.address().memory).await };
        if !is_there(k, &iov, bytes).await {
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
        let came = copy_chunk(k, &Chunk { file, page, offset, bytes, iov }, lock, late).await;
        match came {
            Ok(Counts::GoesOn(counted) | Counts::Ends(counted, _)) => {
                k.unlock_page(page);
                k.put_page(page);
                written += counted;
                pos += counted;
                iov.advance_do_while(counted);
                k.preempt().await;
            }
            Err(stop) => status = give_up(k, file, page, pos + bytes, stop).await,
        }
        if let Ok(Counts::Ends(_, errno)) = came {
            status = Err(errno);
        }
    }
    if written > 0 { Ok(written) } else { status.map(|()| 0) }
}

/// Touches the source. False if that failed and the copy will not find out by faulting.
async fn is_there(k: &Kernel<'_>, iov: &Iov<'_>, bytes: u32) -> bool {
    // Nobody runs out of memory under this lock, but two source pages can evict each other from the last frame.
    let touched = if k.mended(Defect::TouchesMoreThanItNeeds) { bytes.min(1) } else { bytes };
    let there = k.fault_in_pages_readable(iov.address(), touched).await;
    there.is_ok() || bytes == 0 || !k.mended(Defect::FaultsWithThePageLocked)
}

/// Prepares, copies, gives the lock back, and commits the full length. A segment of length 0 is a chunk that does
/// nothing.
async fn copy_chunk(k: &Kernel<'_>, it: &Chunk<'_>, lock: Option<u8>, late: bool) -> Result<Counts, Stop> {
    if it.bytes == 0 {
        k.up_read_unpaging(lock);
        return Ok(Counts::GoesOn(0));
    }
    if let Err(stop) = it.prepare(k).await {
        k.up_read_unpaging(lock);
        return Err(stop);
    }
    let lock = if late { k.down_read_unpaging(it.iov.address().memory).await } else { lock };
    let copied = k.filemap_copy_from_user(it.page, it.offset, &it.iov, it.bytes).await;
    k.up_read_unpaging(lock);
    let counted = it.commit_in_full(k, copied).await?;
    let goes_on = k.mended(Defect::FaultsWithThePageLocked);
    Ok(if goes_on { Counts::GoesOn(counted) } else { it.counts(copied, counted) })
}
