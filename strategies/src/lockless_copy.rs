//! `lockless-copy`: `shmem_file_write` of tmpfs in 2.6.20: the user copy runs with no page locked (what would the lock guard against, its comment
//! asks), and the size is raised by the full length before what was not copied is taken off again.
//!
//! As with memory that has no permanent mapping: two cells touched, an atomic copy, then `kmap` and one with faults. It takes `i_mutex` from
//! its beginning to its end, and tmpfs has no other way to write than this one, so that a `writev` calls it for each segment
//! (`do_loop_readv_writev`): between two of them others write, truncate, or append, and one that appends looks for the end anew.

use machine::{Defect, Errno, FileId, Interface, Iov, Kernel, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "lockless-copy",
    what: "the copy runs with no page locked, a segment at a time; the size is raised by the full length first",
    who: "tmpfs of Linux 2.6.20",
    calls: Interface::Shmem,
    write: |k, file, iov, pos| Box::pin(buffered_write(k, file, iov, pos)),
    ..Strategy::USUAL
};

async fn buffered_write(k: &Kernel<'_>, file: FileId, mut iov: Iov<'_>, mut pos: u32) -> Result<u32, Errno> {
    let mut written = 0;
    let mut status = Ok(());
    iov.advance(0);
    while iov.count() > 0 {
        let offset = pos % k.page_size();
        let bytes = (k.page_size() - offset).min(iov.segment_remaining());
        let page = match k.shmem_getpage(file, pos / k.page_size()).await {
            Ok(page) => page,
            Err(errno) => {
                status = Err(errno);
                break;
            }
        };
        let _ = k.fault_in_pages_readable(iov.address(), bytes).await;
        let copied = k.filemap_copy_from_user(page, offset, &iov, bytes).await;
        let counted = if k.mended(Defect::SizeRaisedInFull) { copied } else { bytes };
        let stays = counted == 0 || k.shmem_extend_and_dirty(file, page, pos + counted);
        k.put_page(page);
        if !stays {
            continue;
        }
        let is_last_of_segment = copied == iov.segment_remaining();
        written += copied;
        pos += copied;
        iov.advance(copied);
        if copied < bytes {
            status = Err(Errno::EFAULT);
            break;
        }
        k.preempt().await;
        if is_last_of_segment && iov.count() > 0 && !k.mended(Defect::InodeIsLockedBySegment) {
            pos = k.write_next_segment(file, pos).await;
        }
    }
    if written > 0 { Ok(written) } else { status.map(|()| 0) }
}
