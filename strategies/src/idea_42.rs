//! `idea-42`: Morton's idea of 2007-02-06 05:30: with the page locked and nothing prepared, read a cell of the source atomically. If that
//! faults, unlock and try again; if not, and it is the page itself that is copied from, it is locked, so nobody will unmap it.
//!
//! Taken here: the chunks of 2.6.20, a segment at a time, of which the first and the last source page are looked at; then its copy, with
//! faults allowed.

use crate::idea::{Chunk, Takes, buffered_write};
use machine::{AopError, Difference, Interface, Kernel, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "idea-42",
    what: "with the page locked, the source is looked at atomically; nothing is prepared unless it is there; then a copy with faults",
    who: "Morton, 2007-02-06 05:30",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| {
        Box::pin(async move { buffered_write(k, file, iov, pos, Takes::Segment, async |it| chunk(k, &it).await).await })
    },
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};

async fn chunk(k: &Kernel<'_>, it: &Chunk<'_>) -> Result<u32, AopError> {
    let first = it.iov.address();
    let last = first.plus(it.bytes - 1);
    if !k.get_user_atomic(first) || !k.get_user_atomic(last) {
        k.unlock_page(it.page);
        return Err(AopError::Truncated);
    }
    it.prepare(k).await?;
    let copied = k.filemap_copy_from_user(it.page, it.offset, &it.iov, it.bytes).await;
    it.commit(k, it.bytes, copied).await
}
