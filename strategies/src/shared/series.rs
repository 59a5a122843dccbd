//! `generic_file_buffered_write` as the series of 2007-02-04 leaves it after patch 2, and what each later patch
//! changes.

use machine::{AopError, Defect, Errno, FileId, Iov, Kernel, PageId, Pagevec};

/// How far the series is applied. (Patch 4 only moves code, patch 5 is [`Prefault::CompiledOut`], and patch 9
/// replaces the loop.)
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(crate) enum UpTo {
    /// Reverts the special case of segments of length 0.
    Patch2,
    /// Reverts one prepare and commit a segment.
    Patch3,
    /// A single exit for all errors, which trims blocks.
    Patch6,
    /// The write has no pagevec and no spare page of its own.
    Patch7,
    /// The atomic and the faulting copy are separate functions, of which only the second is called; nothing clears
    /// the rest.
    Patch8,
}

/// Which part of the source is prefaulted before the page is locked. (The result is ignored.)
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prefault {
    /// The first segment's part of the chunk.
    FirstSegment,
    /// Nothing: patch 5 under `CONFIG_DEBUG_VM`.
    CompiledOut,
    /// All segments' parts of the chunk.
    AllSegments,
}

/// The result of a chunk.
enum Chunk {
    /// This many cells were copied and count, if there was no error.
    Done(u32, Result<(), Errno>),
    /// The page is given up, and the chunk starts over.
    StartOver,
    /// The page is given up, and the write ends.
    Failed(Errno),
}

/// `generic_file_buffered_write` with the series up to a patch.
pub(crate) async fn buffered_write(
    k: &Kernel<'_>,
    file: FileId,
    mut iov: Iov<'_>,
    mut pos: u32,
    series: UpTo,
    prefault: Prefault,
) -> Result<u32, Errno> {
    let mut lru = (series < UpTo::Patch7).then(Pagevec::default);
    let mut written = 0;
    let mut status = Ok(());
    while status.is_ok() && iov.count() > 0 {
        if k.mended(Defect::EmptySegmentsStay) {
            iov.advance(0);
        }
        let offset = pos % k.page_size();
        let mut bytes = (k.page_size() - offset).min(iov.count());
        if series < UpTo::Patch3 {
            bytes = bytes.min(iov.segment_remaining());
        }
        let touched = bytes.min(iov.segment_remaining());
        match prefault {
            _ if k.mended(Defect::FaultsWithThePageLocked) => {
                if touched > 0 && k.fault_in_pages_readable(iov.address(), touched).await.is_err() {
                    status = Err(Errno::EFAULT);
                    break;
                }
            }
            Prefault::FirstSegment => {
                let _ = k.fault_in_pages_readable(iov.address(), touched).await;
            }
            Prefault::CompiledOut => {}
            Prefault::AllSegments => _ = k.fault_in_iov_iter_readable(&iov, bytes).await,
        }
        let page = match k.grab_cache_page(file, pos / k.page_size(), lru.as_mut()).await {
            Ok(page) => page,
            Err(errno) => {
                status = Err(errno);
                break;
            }
        };
        let chunk = if series < UpTo::Patch6 {
            copy_chunk(k, file, page, pos, bytes, &iov).await
        } else {
            copy_chunk_trimming(k, file, page, pos, bytes, &iov, series).await
        };
        match chunk {
            Chunk::Done(counted, result) => {
                written += counted;
                pos += counted;
                iov.advance_while(counted);
                status = result;
                k.unlock_page(page);
                k.put_page(page);
                if counted == 0 && status.is_err() && k.mended(Defect::FailedCommitIsNotTrimmed) {
                    trim(k, file, pos + bytes).await;
                }
                k.preempt().await;
            }
            Chunk::StartOver => {}
            Chunk::Failed(errno) => status = Err(errno),
        }
    }
    lru.into_iter().for_each(|lru| k.drain(lru));
    if written > 0 { Ok(written) } else { status.map(|()| 0) }
}

/// A chunk before patch 6: only a failed prepare trims blocks; a failed commit or an unreadable source ends the
/// write.
async fn copy_chunk(k: &Kernel<'_>, file: FileId, page: PageId, pos: u32, bytes: u32, iov: &Iov<'_>) -> Chunk {
    let offset = pos % k.page_size();
    match k.prepare_write(file, page, offset, offset + bytes).await {
        Ok(()) => {}
        Err(AopError::Truncated) => {
            k.put_page(page);
            return Chunk::StartOver;
        }
        Err(AopError::Failed(errno)) => {
            k.unlock_page(page);
            k.put_page(page);
            trim(k, file, pos + bytes).await;
            return Chunk::Failed(errno);
        }
    }
    let copied = k.filemap_copy_from_user(page, offset, iov, bytes).await;
    let committed = if k.mended(Defect::CommitsInFull) {
        k.commit_copied(file, page, offset, bytes, copied).await
    } else {
        // Patch 2 restores the test for copied > 0: a copy of nothing advances nothing.
        let part = k.commit_write(file, page, offset, offset + bytes).await;
        part.map(|part| if part == 0 || copied == 0 { copied } else { part })
    };
    match committed {
        Ok(counted) => {
            let whole = copied == bytes || k.mended(Defect::FaultsWithThePageLocked);
            Chunk::Done(counted, if whole { Ok(()) } else { Err(Errno::EFAULT) })
        }
        Err(AopError::Truncated) => {
            k.put_page(page);
            Chunk::StartOver
        }
        Err(AopError::Failed(errno)) => Chunk::Done(0, Err(errno)),
    }
}

/// A chunk since patch 6: on any failure the page is given up and the blocks past the end are freed. A chunk whose
/// source became unreadable does not count, not even in part.
async fn copy_chunk_trimming(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    pos: u32,
    bytes: u32,
    iov: &Iov<'_>,
    series: UpTo,
) -> Chunk {
    let offset = pos % k.page_size();
    let attempt = async {
        k.prepare_write(file, page, offset, offset + bytes).await?;
        let copied = if series < UpTo::Patch8 {
            k.filemap_copy_from_user(page, offset, iov, bytes).await
        } else {
            k.filemap_copy_from_user_nonatomic(page, offset, iov, bytes).await
        };
        if k.mended(Defect::CommitsInFull) {
            return commit_copied(k, file, page, offset, bytes, copied).await;
        }
        let part = commit_write(k, file, page, offset, offset + bytes).await?;
        if copied != bytes && !k.mended(Defect::FaultsWithThePageLocked) {
            return Err(AopError::Failed(Errno::EFAULT));
        }
        Ok(if part > 0 && copied == bytes { part } else { copied })
    };
    match attempt.await {
        Ok(counted) => Chunk::Done(counted, Ok(())),
        Err(error) => match write_failed(k, file, page, None, pos + bytes, error).await {
            Ok(()) => Chunk::StartOver,
            Err(errno) => Chunk::Failed(errno),
        },
    }
}

/// `commit_write` as patches 6 to 9 check its result: only for being less than 0. `AOP_TRUNCATED_PAGE` is not, so it
/// passes for a partial write of very many cells, and the lock that the filesystem has dropped is dropped again.
pub(crate) async fn commit_write(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    from: u32,
    to: u32,
) -> Result<u32, AopError> {
    match k.commit_write(file, page, from, to).await {
        Err(AopError::Truncated) if !k.mended(Defect::TruncatedPageTakenForAPart) => Ok(to - from),
        result => result,
    }
}

/// What a mended write of patches 6 to 9 commits: what was copied of `bytes`.
pub(crate) async fn commit_copied(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    from: u32,
    bytes: u32,
    copied: u32,
) -> Result<u32, AopError> {
    match k.commit_copied(file, page, from, bytes, copied).await {
        Err(AopError::Truncated) if !k.mended(Defect::TruncatedPageTakenForAPart) => Ok(copied),
        result => result,
    }
}

/// Frees blocks that a write allocated past the end and did not fill.
pub(crate) async fn trim(k: &Kernel<'_>, file: FileId, end: u32) {
    k.trim_blocks(file, end).await;
}

/// The error exit of patches 6 and 9: releases the lock (unless the filesystem did), the page, the source page, and
/// the blocks past the end.
pub(crate) async fn write_failed(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    source: Option<PageId>,
    end: u32,
    error: AopError,
) -> Result<(), Errno> {
    if error != AopError::Truncated {
        k.unlock_page(page);
    }
    k.put_page(page);
    if let Some(source) = source {
        k.put_page(source);
    }
    if error != AopError::Truncated || !k.mended(Defect::TrimsToStartOver) {
        trim(k, file, end).await;
    }
    match error {
        AopError::Truncated => Ok(()),
        AopError::Failed(errno) => Err(errno),
    }
}
