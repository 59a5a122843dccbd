//! What the strategies with a temporary page share: filling it, and copying from it under the destination's lock.

use super::series::{commit_copied, commit_write};
use machine::{AopError, Defect, Errno, FileId, Iov, Kernel, PageId};

/// A temporary page with the source at the same offset, and how much of it there is: with no page locked, so faults are harmless.
pub(crate) async fn copy_to_temporary(
    k: &Kernel<'_>,
    offset: u32,
    iov: &Iov<'_>,
    bytes: u32,
) -> Result<(PageId, u32), Errno> {
    let (temporary, copied) = fill_temporary(k, offset, iov, bytes).await?;
    if copied == 0 {
        k.put_page(temporary);
        return Err(Errno::EFAULT);
    }
    Ok((temporary, copied))
}

/// The same, where it need not be anything: what there is not of it is cleared.
pub(crate) async fn fill_temporary(
    k: &Kernel<'_>,
    offset: u32,
    iov: &Iov<'_>,
    bytes: u32,
) -> Result<(PageId, u32), Errno> {
    let temporary = k.alloc_page().await.ok_or(Errno::ENOMEM)?;
    let copied = k.kmap_copy_from_user(temporary, offset, iov, bytes).await;
    Ok((temporary, copied))
}

/// Prepares, copies from the temporary page (or atomically from the user, if the page is uptodate) and commits.
pub(crate) async fn copy_and_commit(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    source: Option<PageId>,
    offset: u32,
    bytes: u32,
    iov: &Iov<'_>,
) -> Result<u32, AopError> {
    k.prepare_write(file, page, offset, offset + bytes).await?;
    let copied = match source {
        None => k.copy_from_user_atomic(page, offset, iov, bytes),
        Some(source) => {
            k.copy_page(source, offset, page, offset, bytes);
            bytes
        }
    };
    // What is copied atomically into a page that is not uptodate comes from the kernel: another defect's mend keeps that from happening.
    if k.mended(Defect::TempPageCommitsInFull) && (source.is_some() || k.is_uptodate(page)) {
        return commit_copied(k, file, page, offset, bytes, copied).await;
    }
    // The full length, even after a short copy: the page was uptodate before, so nothing is wrong with the rest of it.
    let part = commit_write(k, file, page, offset, offset + bytes).await?;
    Ok(if part > 0 { copied.min(part) } else { copied })
}
