//! The loop of `generic_perform_write` in 2.6.24, which the strategies on `write_begin` and `write_end` share.

use machine::{Defect, Errno, FileId, Iov, Kernel};

/// How far an advance goes where empty segments follow.
pub(crate) type Advance = for<'c> fn(&mut Iov<'c>, u32);

/// `generic_perform_write` of 2.6.24.
pub(crate) async fn buffered_write(
    k: &Kernel<'_>,
    file: FileId,
    mut iov: Iov<'_>,
    mut pos: u32,
    advance: Advance,
) -> Result<u32, Errno> {
    let mut written = 0;
    let mut status = Ok(());
    advance(&mut iov, 0);
    let mut limit = u32::MAX;
    while iov.count() > 0 {
        if k.mended(Defect::EmptySegmentsStay) {
            iov.advance(0);
        }
        let offset = pos % k.page_size();
        let bytes = (k.page_size() - offset).min(iov.count()).min(limit);
        let segment = bytes.min(iov.segment_remaining());
        if segment > 0 && k.fault_in_pages_readable(iov.address(), segment).await.is_err() {
            status = Err(Errno::EFAULT);
            break;
        }
        let page = match k.write_begin(file, pos, bytes).await {
            Ok(page) => page,
            Err(errno) => {
                status = Err(errno);
                break;
            }
        };
        let copied = k.copy_from_user_atomic(page, offset, &iov, bytes);
        let accepted = match k.write_end(file, pos, bytes, copied, page).await {
            Ok(accepted) => accepted,
            Err(errno) => {
                status = Err(errno);
                break;
            }
        };
        k.preempt().await;
        // If nothing was copied, the retry takes only the rest of the current segment.
        limit = if accepted == 0 { iov.segment_remaining() } else { u32::MAX };
        advance(&mut iov, accepted);
        pos += accepted;
        written += accepted;
    }
    if written > 0 { Ok(written) } else { status.map(|()| 0) }
}
