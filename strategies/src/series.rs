//! What the patches of the series of 2007-02-04 share: the loop after patches 2 and 3, which takes a whole page's worth of segments at once.

use machine::{AopError, Errno, FileId, Iov, Kernel, PageId, Pagevec};

/// Whether the source is touched before the page is locked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prefault {
    /// The first segment's part of the chunk is (its result is not looked at).
    FirstSegment,
    /// Patch 5 under `CONFIG_DEBUG_VM`: nothing is.
    CompiledOut,
}

/// `generic_file_buffered_write` after patches 2 to 4, and 5 with the prefault compiled out.
pub(crate) async fn buffered_write(
    k: &Kernel<'_>,
    file: FileId,
    mut iov: Iov<'_>,
    mut pos: u32,
    prefault: Prefault,
) -> Result<u32, Errno> {
    let mut lru = Pagevec::default();
    let mut written = 0;
    let mut status = Ok(());
    while status.is_ok() {
        let offset = pos % k.page_size();
        let bytes = (k.page_size() - offset).min(iov.count());
        if prefault == Prefault::FirstSegment {
            let _ = k.fault_in_pages_readable(iov.address(), bytes.min(iov.segment_remaining())).await;
        }
        let page = match k.grab_cache_page(file, pos / k.page_size(), Some(&mut lru)).await {
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
        let copied = k.filemap_copy_from_user(page, offset, &iov, bytes).await;
        match k.commit_write(file, page, offset, offset + bytes).await {
            Ok(part) => {
                // Patch 2 brings the test for copied > 0 back: a copy of nothing advances nothing.
                let counted = if part == 0 || copied == 0 { copied } else { part };
                written += counted;
                pos += counted;
                iov.advance_while(counted);
                if copied != bytes {
                    status = Err(Errno::EFAULT);
                }
            }
            Err(AopError::Truncated) => {
                k.put_page(page);
                continue;
            }
            Err(AopError::Failed(errno)) => status = Err(errno),
        }
        k.unlock_page(page);
        k.put_page(page);
        k.preempt().await;
        if iov.count() == 0 {
            break;
        }
    }
    k.drain(lru);
    if written > 0 { Ok(written) } else { status.map(|()| 0) }
}

/// Blocks that a write allocated past the end and did not fill go again.
pub(crate) async fn trim(k: &Kernel<'_>, file: FileId, end: u32) {
    let size = k.size(file);
    if end > size {
        k.vmtruncate(file, size).await;
    }
}

/// The error label of patches 6 and 9: the lock unless the filesystem dropped it, the page, the source page, the blocks past the end.
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
    trim(k, file, end).await;
    match error {
        AopError::Truncated => Ok(()),
        AopError::Failed(errno) => Err(errno),
    }
}
