//! `temp-page`: Piggin's second idea as posted (2007-02-04 15:10). A destination that is not uptodate is unlocked, the source is copied
//! into a temporary page, and from there under the lock; an uptodate one takes an atomic copy, and a commit of the full length.

use crate::shared::series::write_failed;
use crate::shared::temporary_page::{copy_and_commit, copy_to_temporary};
use machine::{Defect, Difference, Errno, FileId, Interface, Iov, Kernel, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "temp-page",
    what: "a page that is not uptodate is filled from a temporary page; an uptodate one atomically, committing the full length",
    who: "Piggin, 2007-02-04 15:10",
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
        if !k.is_uptodate(page) {
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
            if !k.relock_page(page).await {
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
