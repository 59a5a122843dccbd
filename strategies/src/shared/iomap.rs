//! `iomap_file_buffered_write` and `iomap_write_iter`, with or without revalidation of the mapping under the folio
//! lock.

use machine::{Defect, Errno, FileId, Iomap, Iov, Kernel, Validity};

/// `iomap_file_buffered_write`: a mapping, as many folios as it covers, the next mapping.
pub(crate) async fn file_buffered_write(
    k: &Kernel<'_>,
    file: FileId,
    mut iov: Iov<'_>,
    start: u32,
    validity: Validity,
) -> Result<u32, Errno> {
    let trusted = validity == Validity::Trusted && !k.mended(Defect::StaleMappingIsBelieved);
    let validity = if trusted { Validity::Trusted } else { Validity::Checked };
    let mut pos = start;
    iov.advance(0);
    let mut status = Ok(());
    while iov.count() > 0 {
        let mut iomap = match k.iomap_begin(file, pos, iov.count()).await {
            Ok(iomap) => iomap,
            Err(errno) => {
                status = Err(errno);
                break;
            }
        };
        let before = iov.count();
        let result = write_iter(k, file, &mut iomap, &mut iov, pos, validity).await;
        let written = before - iov.count();
        k.iomap_end(file, &iomap, pos, written).await;
        pos += written;
        // If something was written, an error is met again under the next mapping, or not at all.
        if written == 0 && !iomap.is_stale() {
            status = result;
            break;
        }
    }
    if pos > start { Ok(pos - start) } else { status.map(|()| 0) }
}

/// `iomap_write_iter`: folio by folio under one mapping. The advance of the iovec tells how far it got.
async fn write_iter(
    k: &Kernel<'_>,
    file: FileId,
    iomap: &mut Iomap,
    iov: &mut Iov<'_>,
    mut pos: u32,
    validity: Validity,
) -> Result<(), Errno> {
    let mut limit = u32::MAX;
    while iov.count() > 0 && pos < iomap.end() {
        let offset = pos % k.page_size();
        let bytes = (k.page_size() - offset).min(iov.count()).min(limit);
        // balance_dirty_pages_ratelimited
        k.preempt().await;
        let bytes = bytes.min(iomap.end() - pos);
        if k.fault_in_iov_iter_readable(iov, bytes).await == bytes {
            return Err(Errno::EFAULT);
        }
        let Some(page) = k.iomap_write_begin(file, iomap, pos, bytes, validity).await? else {
            return Ok(());
        };
        let copied = k.copy_page_from_iter_atomic(page, offset, iov, bytes);
        let accepted = k.iomap_write_end(file, page, pos, bytes, copied).await;
        k.preempt().await;
        if accepted == 0 {
            // A short copy was rejected as a whole; the retry copies it again.
            if copied > 0 {
                limit = copied;
            }
            continue;
        }
        limit = u32::MAX;
        iov.advance(accepted);
        pos += accepted;
    }
    Ok(())
}
