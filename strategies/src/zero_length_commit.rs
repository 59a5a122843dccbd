//! `zero-length-commit`: Piggin's first idea (October 2006, told again on 2007-02-04 10:46): an atomic copy into a page that is not
//! uptodate and comes up short is committed with length 0, and tried again with a single segment.
//!
//! The thread only tells of it. In October 2006 he asked the authors of filesystems about it (linux-fsdevel): an uptodate page is committed as
//! far as it was copied; one that is not, with length 0 at the offset that was prepared; then it is tried again. Taken here: it runs on the
//! filesystems as they were, without the change that made their commits of length 0 do nothing, for "broke lots of filesystems" is about
//! those; the loop is the one after patches 2 and 3, with their advance, and trims as before patch 6; whether the touch beforehand succeeded is
//! looked at, which his point 1a of patch 9 asks of whoever copies atomically and tries again.

use crate::shared::idea::{Chunk, Counts, Stop, ChunkSize, buffered_write};
use machine::{Defect, Difference, Interface, Kernel, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "zero-length-commit",
    what: "atomic copy; if it comes up short and the page is not uptodate, commit nothing and try again with one segment",
    who: "Piggin, October 2006 (2007-02-04 10:46)",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| {
        Box::pin(async move {
            buffered_write(k, file, iov, pos, ChunkSize::PageThenSegment, async |it| chunk(k, &it).await).await
        })
    },
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};

async fn chunk(k: &Kernel<'_>, it: &Chunk<'_>) -> Result<Counts, Stop> {
    it.prepare(k).await?;
    let mut copied = it.copy_atomically(k);
    if copied < it.bytes && k.mended(Defect::ZeroLengthCommit) {
        return it.commit_copied(k, copied).await.map(Counts::GoesOn);
    }
    if copied < it.bytes && !k.is_uptodate(it.page) {
        // Blocks that were only just allocated stay behind, neither written nor uptodate.
        copied = 0;
    }
    it.commit(k, copied, copied).await.map(Counts::GoesOn)
}
