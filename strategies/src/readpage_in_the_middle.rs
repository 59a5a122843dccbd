//! `readpage-in-the-middle`: Morton, 2007-02-06 05:30: if the atomic copy into a page that is not uptodate comes up short, let `readpage` bring
//! the parts that could not be copied uptodate, wait, lock the page again, and commit.
//!
//! Eight lines of pseudo code in the thread. As there, nothing looks at what `readpage` returns, nor whether the page is still the file's
//! when it is locked again. What was copied may have been overwritten from the disk, which is said to be all right: so it does not count.
//! What comes after the commit he does not say. Taken here: the loop of `zero-tail-retry`, which tries again.

use crate::shared::idea::{Chunk, Counts, Stop, ChunkSize, buffered_write};
use machine::{Defect, Difference, Interface, Kernel, Site, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "readpage-in-the-middle",
    what: "a short copy has readpage fill the rest, between prepare and commit",
    who: "Morton, 2007-02-06 05:30",
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
    if k.mended(Defect::ReadpageBetweenPrepareAndCommit) {
        return it.commit_copied(k, copied).await.map(Counts::GoesOn);
    }
    let _ = k.readpage(it.file, it.page).await;
    k.wait_on_page_locked(it.page, Site::RelockPage).await;
    k.lock_page(it.page, Site::RelockPage).await;
    it.commit_in_full(k, 0).await.map(Counts::GoesOn)
}
