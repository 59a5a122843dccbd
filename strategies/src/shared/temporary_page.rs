//! Filling a temporary page, and copying from it under the lock of the destination.

use super::series::{commit_copied, commit_write};
use machine::{AopError, Defect, Errno, FileId, Iov, Kernel, PageId};

/// Copies the source to a temporary page at the same offset, with no page locked, so that faults are harmless.
/// Returns the page and how much was copied.
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

/// The same, but a copy of nothing is no error; the part that was not copied is cleared.
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
    // An atomic copy into a page that is not uptodate is from kernel memory: the mend of another defect prevents it.
    if k.mended(Defect::TempPageCommitsInFull) && (source.is_some() || k.is_uptodate(page)) {
        return commit_copied(k, file, page, offset, bytes, copied).await;
    }
    // The full length, even after a short copy: the page was uptodate, so the rest of it is still right.
    let part = commit_write(k, file, page, offset, offset + bytes).await?;
    Ok(if part > 0 { copied.min(part) } else { copied })
}
