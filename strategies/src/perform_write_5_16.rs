//! `perform-write-5.16`: `generic_perform_write` from 5.14 to 6.14, as of 5.16: the source is touched over all its segments, and it is an error
//! only if nothing of it is there; a short copy that was rejected is tried again with the length that was copied.

use machine::{Errno, FileId, Interface, Iov, Kernel, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "perform-write-5.16",
    what: "all segments touched first, an error only if nothing is there; a rejected short copy again with the length copied",
    who: "Linux 5.16",
    calls: Interface::CurrentWriteBegin,
    write: |k, file, iov, pos| Box::pin(buffered_write(k, file, iov, pos)),
    ..Strategy::USUAL
};

async fn buffered_write(k: &Kernel<'_>, file: FileId, mut iov: Iov<'_>, mut pos: u32) -> Result<u32, Errno> {
    let mut written = 0;
    let mut status = Ok(());
    iov.advance(0);
    let mut again = None;
    while iov.count() > 0 {
        let offset = pos % k.page_size();
        let bytes = again.take().unwrap_or_else(|| (k.page_size() - offset).min(iov.count()));
        if k.fault_in_iov_iter_readable(&iov, bytes).await == bytes {
            status = Err(Errno::EFAULT);
            break;
        }
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
        k.preempt().await;
        if accepted == 0 {
            // Rejected whole, or nothing was there to copy: the same place again, with what was copied, if anything was.
            again = Some(if copied > 0 { copied } else { bytes });
            continue;
        }
        iov.advance(accepted);
        pos += accepted;
        written += accepted;
    }
    if written > 0 { Ok(written) } else { status.map(|()| 0) }
}
