//! The loop of both versions of patch 9: a destination that is not uptodate is unlocked, the source page is pinned
//! with `get_user_pages`, and the copy is made from it under the lock. The versions differ in how they map the two
//! pages.

use super::series::{commit_copied, commit_write, write_failed};
use machine::{AopError, Defect, Errno, FileId, Iov, Kernel, PageId};

/// How the pinned source page and the destination are mapped into the kernel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Map {
    /// With two calls of `kmap`, of which there are only so many slots.
    Kmap,
    /// With two calls of `kmap_atomic`, each into a slot of the processor's own.
    KmapAtomic,
}

/// `generic_file_buffered_write` after patch 9.
pub(crate) async fn buffered_write(
    k: &Kernel<'_>,
    file: FileId,
    mut iov: Iov<'_>,
    mut pos: u32,
    map: Map,
) -> Result<u32, Errno> {
    let mut written = 0;
    let mut status = Ok(());
    while iov.count() > 0 {
        if k.mended(Defect::EmptySegmentsStay) {
            iov.advance(0);
        }
        let offset = pos % k.page_size();
        let mut bytes = (k.page_size() - offset).min(iov.count());
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
        let mut source = None;
        let exempt = k.is_kernel_ds() && k.mended(Defect::GupWithoutAnMm);
        if !k.is_uptodate(page) && !exempt {
            k.unlock_page(page);
            // To the end of the source page, and not to the end of the segment.
            bytes = bytes.min(k.page_size() - iov.address().offset % k.page_size());
            if k.mended(Defect::GupGoesPastTheSegment) {
                bytes = bytes.min(segment);
            }
            match k.get_user_page(iov.address()).await {
                Ok(pinned) => source = Some(pinned),
                Err(errno) => {
                    k.put_page(page);
                    status = Err(errno);
                    break;
                }
            }
            if !k.relock_page(page).await {
                k.unlock_page(page);
                k.put_page(page);
                source.into_iter().for_each(|source| k.put_page(source));
                continue;
            }
        }
        match copy_and_commit(k, file, page, source, offset, bytes, &iov, map).await {
            Ok(copied) => {
                k.unlock_page(page);
                k.put_page(page);
                source.into_iter().for_each(|source| k.put_page(source));
                written += copied;
                pos += copied;
                iov.advance_while(copied);
                k.preempt().await;
            }
            Err(error) => {
                status = write_failed(k, file, page, source, pos + bytes, error).await;
                if status.is_err() {
                    break;
                }
            }
        }
    }
    if written > 0 { Ok(written) } else { status.map(|()| 0) }
}

#[allow(clippy::too_many_arguments, reason = "a part of the loop above")]
async fn copy_and_commit(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    source: Option<PageId>,
    offset: u32,
    bytes: u32,
    iov: &Iov<'_>,
    map: Map,
) -> Result<u32, AopError> {
    k.prepare_write(file, page, offset, offset + bytes).await?;
    let copied = match source {
        None => k.copy_from_user_atomic(page, offset, iov, bytes),
        Some(source) => {
            let slots = map == Map::Kmap && !k.mended(Defect::TwoKmapSlots);
            if slots {
                k.kmap().await;
                k.kmap().await;
            }
            k.copy_pinned_page(source, iov.address().offset % k.page_size(), page, offset, bytes);
            if slots {
                k.kunmap();
                k.kunmap();
            }
            bytes
        }
    };
    if k.mended(Defect::GupCommitsInFull) {
        return commit_copied(k, file, page, offset, bytes, copied).await;
    }
    let part = commit_write(k, file, page, offset, offset + bytes).await?;
    Ok(if part > 0 { copied.min(part) } else { copied })
}
