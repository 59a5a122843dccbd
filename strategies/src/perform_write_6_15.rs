//! `perform-write-6.15`: `generic_perform_write` since 6.15: the copy is tried first, and the source is touched only after a try that got
//! nowhere, when no page is locked. (There are no large folios here, so no chunk is ever halved.)

use machine::{Errno, FileId, Interface, Iov, Kernel, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "perform-write-6.15",
    what: "atomic copy first; the source is touched only after a try that got nowhere, with no page locked",
    who: "Linux 6.15",
    calls: Interface::CurrentWriteBegin,
    write: |k, file, iov, pos| Box::pin(buffered_write(k, file, iov, pos)),
    ..Strategy::USUAL
};

async fn buffered_write(k: &Kernel<'_>, file: FileId, mut iov: Iov<'_>, mut pos: u32) -> Result<u32, Errno> {
    let mut written = 0;
    let mut status = Ok(());
    iov.advance(0);
    let mut limit = u32::MAX;
    while iov.count() > 0 {
        let offset = pos % k.page_size();
        let bytes = (k.page_size() - offset).min(iov.count()).min(limit);
        limit = u32::MAX;
        k.preempt().await;
        if k.fatal_signal_pending() {
            status = Err(Errno::EINTR);
            break;
        }
        let page = match k.write_begin(file, pos, bytes).await {
            Ok(page) => page,
            Err(errno) => {
                status = Err(errno);
                break;
            }
        };
        let copied = k.copy_page_from_iter_atomic(page, offset, &iov, bytes);
        let accepted = match k.write_end(file, pos, bytes, copied, page).await {
            Ok(accepted) => accepted,
            Err(errno) => {
                status = Err(errno);
                break;
            }
        };
        if accepted > 0 {
            iov.advance(accepted);
            pos += accepted;
            written += accepted;
        } else if copied > 0 {
            // A short copy was rejected whole: what was copied will be there again.
            limit = copied;
        } else if k.fault_in_iov_iter_readable(&iov, bytes).await == bytes {
            status = Err(Errno::EFAULT);
            break;
        }
    }
    if written > 0 { Ok(written) } else { status.map(|()| 0) }
}
