//! `baseline`: `generic_file_buffered_write` of 2.6.20 as it stood before the series of 2007-02-04, with the two earlier fixes that
//! patches 2 and 3 of it revert: one prepare and commit a segment, and a special case for segments of length 0.

use machine::{AopError, Defect, Difference, Errno, FileId, Interface, Iov, Kernel, PageId, Pagevec, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "baseline",
    what: "2.6.20: one prepare and commit a segment; what the atomic copy misses is copied with the page locked and faults allowed",
    who: "Linux 2.6.20, before Piggin's series of 2007-02-04",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| Box::pin(buffered_write(k, file, iov, pos)),
    // With `faults-with-the-page-locked` mended it looks at a segment before it copies any of it, and so counts whole segments and pages.
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};

async fn buffered_write(k: &Kernel<'_>, file: FileId, mut iov: Iov<'_>, mut pos: u32) -> Result<u32, Errno> {
    let mut lru = Pagevec::default();
    let mut written = 0;
    let mut status = Ok(());
    if iov.segments() > 1 {
        iov.advance_do_while(0);
    }
    while status.is_ok() {
        if k.mended(Defect::EmptySegmentsStay) {
            iov.advance(0);
        }
        let offset = pos % k.page_size();
        let bytes = (k.page_size() - offset).min(iov.count()).min(iov.segment_remaining());
        // Only a hint: whether it succeeded is not looked at.
        let there = k.fault_in_pages_readable(iov.address(), bytes).await;
        if there.is_err() && bytes > 0 && k.mended(Defect::FaultsWithThePageLocked) {
            status = Err(Errno::EFAULT);
            break;
        }
        let page = match k.grab_cache_page(file, pos / k.page_size(), Some(&mut lru)).await {
            Ok(page) => page,
            Err(errno) => {
                status = Err(errno);
                break;
            }
        };
        let (copied, committed) = match copy_chunk(k, file, page, pos, bytes, &iov).await {
            Chunk::Done { copied, committed } => (copied, committed),
            Chunk::StartOver => {
                k.put_page(page);
                continue;
            }
            Chunk::PrepareFailed(errno) => {
                k.unlock_page(page);
                k.put_page(page);
                k.trim_blocks(file, pos + bytes).await;
                status = Err(errno);
                break;
            }
        };
        match committed {
            Ok(counted) => {
                written += counted;
                pos += counted;
                iov.advance_do_while(counted);
                if copied != bytes && !k.mended(Defect::FaultsWithThePageLocked) {
                    status = Err(Errno::EFAULT);
                }
            }
            Err(errno) => status = Err(errno),
        }
        k.unlock_page(page);
        k.put_page(page);
        if committed.is_err() && k.mended(Defect::FailedCommitIsNotTrimmed) {
            k.trim_blocks(file, pos + bytes).await;
        }
        k.preempt().await;
        if iov.count() == 0 {
            break;
        }
    }
    k.drain(lru);
    if written > 0 { Ok(written) } else { status.map(|()| 0) }
}

enum Chunk {
    Done { copied: u32, committed: Result<u32, Errno> },
    StartOver,
    PrepareFailed(Errno),
}

/// Prepares, copies and commits with the page locked. The commit is of the full length, whatever was copied.
async fn copy_chunk(k: &Kernel<'_>, file: FileId, page: PageId, pos: u32, bytes: u32, iov: &Iov<'_>) -> Chunk {
    let offset = pos % k.page_size();
    if bytes == 0 {
        return Chunk::Done { copied: 0, committed: Ok(0) };
    }
    match k.prepare_write(file, page, offset, offset + bytes).await {
        Ok(()) => {}
        Err(AopError::Truncated) => return Chunk::StartOver,
        Err(AopError::Failed(errno)) => return Chunk::PrepareFailed(errno),
    }
    let copied = k.filemap_copy_from_user(page, offset, iov, bytes).await;
    let committed = if k.mended(Defect::CommitsInFull) {
        k.commit_copied(file, page, offset, bytes, copied).await.map(Some)
    } else {
        k.commit_write(file, page, offset, offset + bytes).await.map(|part| Some(part).filter(|part| *part > 0))
    };
    match committed {
        Ok(part) => Chunk::Done { copied, committed: Ok(part.unwrap_or(copied)) },
        Err(AopError::Truncated) => Chunk::StartOver,
        Err(AopError::Failed(errno)) => Chunk::Done { copied, committed: Err(errno) },
    }
}
