//! `two-copy`: the temporary page as it was merged (Linux 2.6.24, `generic_perform_write_2copy`), for filesystems
//! that had not been converted to `write_begin`. As `temp-page`, but kernel memory is copied directly, and a page
//! that has become uptodate in the meantime starts over. Empty segments are skipped as in 2.6.24.3.

use crate::shared::series::write_failed;
use crate::shared::temporary_page::{copy_and_commit, copy_to_temporary};
use machine::{Defect, Difference, Errno, FileId, Interface, Iov, Kernel, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "two-copy",
    what: "a page that is not uptodate is filled from a temporary page, unless it becomes uptodate meanwhile; an uptodate one atomically",
    who: "Linux 2.6.24",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| Box::pin(buffered_write(k, file, iov, pos)),
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};

async fn buffered_write(k: &Kernel<'_>, file: FileId, mut iov: Iov<'_>, mut pos: u32) -> Result<u32, Errno> {
    let mut written = 0;
    let mut status = Ok(());
    iov.advance(0);
    while iov.count() > 0 {
        let offset = pos % k.page_size();
        let mut bytes = (k.page_size() - offset).min(iov.count());
        let segment = bytes.min(iov.segment_remaining());
        if k.fault_in_pages_readable(iov.address(), segment).await.is_err() {
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
        let exempt = k.is_kernel_ds() && !k.mended(Defect::KernelSourcesExempted);
        if !k.is_uptodate(page) && !exempt {
            k.unlock_page(page);
            match copy_to_temporary(k, offset, &iov, bytes).await {
                Ok((temporary, copied)) => {
                    source = Some(temporary);
                    bytes = copied;
                }
                Err(errno) => {
                    k.put_page(page);
                    status = Err(errno);
                    break;
                }
            }
            // A page that has become uptodate is handled by the other branch.
            if !k.relock_page(page).await || k.is_uptodate(page) {
                k.unlock_page(page);
                k.put_page(page);
                source.into_iter().for_each(|source| k.put_page(source));
                continue;
            }
        }
        match copy_and_commit(k, file, page, source, offset, bytes, &iov).await {
            Ok(copied) => {
                k.unlock_page(page);
                k.put_page(page);
                source.into_iter().for_each(|source| k.put_page(source));
                written += copied;
                pos += copied;
                iov.advance(copied);
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
