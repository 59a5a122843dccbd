//! `zero-tail-retry`: Morton (2006, again 2007-02-04 11:10): copy atomically under the page's lock; if the source went away, clear what was
//! not copied (unless the page was uptodate), commit the full length, unlock, and go on with the rest.
//!
//! The thread only describes it; no patch was posted. What is cleared can be read in two ways: here the part that was
//! not copied (11:10), in `zero-page-retry` the rest of the page. Where the description is silent, this is assumed:
//! the loop is that after his own patches 2 and 3, where a chunk is a page's worth of segments, the first of them is
//! prefaulted, and the advance is that of patch 2; the result of the prefault is checked, because otherwise the retry
//! would not end (Piggin, point 1a of patch 9); "redo the whole thing" means to continue after what was copied, as
//! Piggin reads it on 02-06 04:41; and only a failed `prepare_write` trims blocks, as before patch 6.

use crate::shared::idea::{Chunk, Counts, Stop, ChunkSize, buffered_write};
use machine::{Defect, Difference, Interface, Kernel, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "zero-tail-retry",
    what: "atomic copy under the lock; if it comes up short, clear the rest, commit the full length, and go on",
    who: "Morton, 2007-02-04 11:10",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| {
        Box::pin(async move {
            buffered_write(k, file, iov, pos, ChunkSize::Page, async |it| chunk(k, &it, Rest::OfTheChunk).await).await
        })
    },
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};

/// What is cleared after a short copy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// What was to be copied and was not.
    OfTheChunk,
    /// Everything up to the end of the page.
    OfThePage,
}

pub(crate) async fn chunk(k: &Kernel<'_>, it: &Chunk<'_>, rest: Rest) -> Result<Counts, Stop> {
    it.prepare(k).await?;
    let copied = it.copy_atomically(k);
    if k.mended(Defect::ZeroTailCommitsInFull) {
        return it.commit_copied(k, copied).await.map(Counts::GoesOn);
    }
    if copied < it.bytes && !k.is_uptodate(it.page) {
        // The zeroes that a reader will see.
        let whole_page = rest == Rest::OfThePage && !k.mended(Defect::ClearsPastTheChunk);
        let end = if whole_page { k.page_size() } else { it.offset + it.bytes };
        k.clear(it.page, it.offset + copied, end);
    }
    it.commit(k, it.bytes, copied).await.map(Counts::GoesOn)
}
