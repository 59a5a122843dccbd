//! `idea-42`: Morton's idea of 2007-02-06 05:30: with the page locked and nothing prepared, read a cell of the source atomically. If that
//! faults, unlock and try again; if not, and it is the page itself that is copied from, it is locked, so nobody will unmap it.
//!
//! Taken here: the loop of 2.6.20, a segment at a time, of which the first and the last source page are looked at; then its copy, with
//! faults allowed. What that loop makes of the touch beforehand he leaves as it is: nobody looks whether it succeeded. So a
//! source that is not there at all is tried for ever.

use crate::shared::idea::{Chunk, Counts, Stop, ChunkSize, buffered_write};
use machine::{Defect, Difference, Interface, Kernel, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "idea-42",
    what: "with the page locked, the source is looked at atomically; nothing is prepared unless it is there; then a copy with faults",
    who: "Morton, 2007-02-06 05:30",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| {
        Box::pin(async move { buffered_write(k, file, iov, pos, ChunkSize::Segment, async |it| chunk(k, &it).await).await })
    },
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};

async fn chunk(k: &Kernel<'_>, it: &Chunk<'_>) -> Result<Counts, Stop> {
    let first = it.iov.address();
    let last = first.plus(it.bytes - 1);
    if !k.get_user_atomic(first) || !k.get_user_atomic(last) {
        k.unlock_page(it.page);
        return Err(Stop::StartsOver);
    }
    it.prepare(k).await?;
    let copied = k.filemap_copy_from_user(it.page, it.offset, &it.iov, it.bytes).await;
    let counted = it.commit_in_full(k, copied).await?;
    let goes_on = k.mended(Defect::FaultsWithThePageLocked);
    Ok(if goes_on { Counts::GoesOn(counted) } else { it.counts(copied, counted) })
}
