//! `page-flag`: Altaparmakov, 2007-02-04 17:40 (and the first of his two ways of 10:59): as `unlock-and-temp`, but with a flag on the page while it
//! is not locked, which truncate and `readpage` wait for as if it were. Piggin answers (02-06 02:09) that a page fault then has to wait
//! for it as well, and that the fault of the copy itself may be the one that waits.
//!
//! As described, nothing looks whether the page is still the file's when it is locked again: that is what the flag is for. The existing code
//! is left (10:59): so all else is as in `unlock-and-temp`.

use crate::shared::idea::{Chunk, Counts, Stop, ChunkSize, buffered_write};
use crate::shared::temporary_page::fill_temporary;
use machine::{Defect, Difference, Interface, Kernel, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "page-flag",
    what: "unlock-and-temp, with a page flag that keeps truncate and readpage away while the page is not locked",
    who: "Altaparmakov, 2007-02-04 17:40",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| {
        Box::pin(
            async move { buffered_write(k, file, iov, pos, ChunkSize::Segment, async |it| chunk(k, &it).await).await },
        )
    },
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};

async fn chunk(k: &Kernel<'_>, it: &Chunk<'_>) -> Result<Counts, Stop> {
    it.prepare(k).await?;
    let copied = it.copy_atomically(k);
    if copied == it.bytes {
        return it.commit_in_full(k, copied).await.map(Counts::GoesOn);
    }
    if k.mended(Defect::KeepsTheFaultAway) {
        return copy_without_the_flag(k, it, copied).await;
    }
    k.keep_away(it.page).await;
    k.unlock_page(it.page);
    let temporary = fill_temporary(k, it.offset, &it.iov, it.bytes).await;
    k.relock_page(it.page).await;
    let result = match temporary {
        Ok((source, copied)) => {
            let cells = if k.mended(Defect::IdeaCommitsInFull) { copied } else { it.bytes };
            k.copy_page(source, it.offset, it.page, it.offset, cells);
            k.put_page(source);
            it.commit_in_full(k, copied).await.map(|counted| it.counts(copied, counted))
        }
        Err(errno) => it.commit_in_full(k, copied).await.map(|counted| Counts::Ends(counted, errno)),
    };
    k.stop_keeping_away(it.page);
    result
}

/// The mended way: what was prepared is given up before the page is unlocked, so that nobody has to keep away from it.
async fn copy_without_the_flag(k: &Kernel<'_>, it: &Chunk<'_>, copied: u32) -> Result<Counts, Stop> {
    let counted = it.commit_copied(k, copied).await?;
    if counted > 0 {
        return Ok(Counts::GoesOn(counted));
    }
    k.unlock_page(it.page);
    let temporary = fill_temporary(k, it.offset, &it.iov, it.bytes).await;
    let still_there = k.relock_page(it.page).await;
    let (source, copied) = temporary.map_err(Stop::Failed)?;
    if !still_there {
        k.put_page(source);
        k.unlock_page(it.page);
        return Err(Stop::StartsOver);
    }
    let prepared = it.prepare(k).await;
    if prepared.is_ok() {
        let cells = if k.mended(Defect::IdeaCommitsInFull) { copied } else { it.bytes };
        k.copy_page(source, it.offset, it.page, it.offset, cells);
    }
    k.put_page(source);
    prepared?;
    it.commit_in_full(k, copied).await.map(|counted| it.counts(copied, counted))
}
