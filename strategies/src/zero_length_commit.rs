//! `zero-length-commit`: Piggin's first idea (October 2006, mentioned again on 2007-02-04 10:46): if an atomic copy
//! into a page that is not uptodate comes up short, length 0 is committed, and the write tries again with a single
//! segment.
//!
//! The thread only mentions it. In October 2006 he asked filesystem authors about it (linux-fsdevel): an uptodate
//! page is committed as far as it was copied; otherwise length 0 is committed at the prepared offset, and the write
//! tries again. Assumed here: the filesystems are as they were, without the change that made commits of length 0 do
//! nothing, since "broke lots of filesystems" is about those; the loop is the one after patches 2 and 3, with their
//! advance, and trims blocks as before patch 6; and the result of the prefault is checked, which point 1a of patch 9
//! asks of everyone who retries an atomic copy.

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
        // Blocks that were just allocated stay, neither written nor uptodate.
        copied = 0;
    }
    it.commit(k, copied, copied).await.map(Counts::GoesOn)
}
