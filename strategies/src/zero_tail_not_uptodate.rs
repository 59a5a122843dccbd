//! `zero-tail-not-uptodate`: suggested by Morton (2007-02-04 11:10) and Altaparmakov (17:40): as `zero-tail-retry`,
//! but what was not copied is not marked uptodate, so that nobody sees the zeroes; a reader will try to bring it
//! uptodate.
//!
//! Assumed here: after a short copy into a page that is not uptodate, the rest is cleared and only what was copied is
//! committed. Blocks that hold only the rest are neither uptodate nor dirty, but allocated on disk. The loop is that
//! of `zero-tail-retry`.

use crate::shared::idea::{Chunk, Counts, Stop, ChunkSize, buffered_write};
use machine::{Defect, Difference, Interface, Kernel, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "zero-tail-not-uptodate",
    what: "zero-tail-retry, committing only what was copied, so that the cleared rest is not uptodate",
    who: "Morton, 2007-02-04 11:10; Altaparmakov, 2007-02-04 17:40",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| {
        Box::pin(async move { buffered_write(k, file, iov, pos, ChunkSize::Page, async |it| chunk(k, &it).await).await })
    },
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};

async fn chunk(k: &Kernel<'_>, it: &Chunk<'_>) -> Result<Counts, Stop> {
    it.prepare(k).await?;
    let copied = it.copy_atomically(k);
    if copied == it.bytes || k.is_uptodate(it.page) {
        return it.commit_in_full(k, copied).await.map(Counts::GoesOn);
    }
    if k.mended(Defect::ZeroTailForgetsFreshBlocks) {
        return it.commit_copied(k, copied).await.map(Counts::GoesOn);
    }
    k.clear(it.page, it.offset + copied, it.offset + it.bytes);
    it.commit(k, copied, copied).await.map(Counts::GoesOn)
}
