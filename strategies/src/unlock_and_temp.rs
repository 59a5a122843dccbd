//! `unlock-and-temp`: Altaparmakov, 2007-02-04 10:59, with the second of his two ways about truncate: the code of 2.6.20 with the atomic copy
//! alone; if it comes up short, the prepared page is unlocked, the source copied into a temporary page, the page locked again, filled from
//! there, and committed. If it was truncated meanwhile, the filesystem gives the prepared write up, and the chunk begins anew, a
//! limited number of times.
//!
//! The thread describes it; no patch was posted. The existing code stays, except for the two copy functions, which he
//! calls by their names from before patch 8. So this is the loop of 2.6.20: one chunk a segment, the result of the
//! prefault is ignored, the full length is committed whatever was copied, and a short copy ends the write. If no
//! temporary page can be allocated, the existing code commits what it would have, and the write ends with `ENOMEM`.
//! Assumed here: ten tries; and the temporary page is filled by the copy of 2.6.20, which clears what it cannot fill.

use crate::shared::idea::{Chunk, Counts, Stop, ChunkSize, buffered_write};
use crate::shared::temporary_page::fill_temporary;
use machine::{Defect, Difference, Errno, Interface, Kernel, Strategy};
use std::cell::Cell;

/// How many times the write starts over on a truncated page before it gives up.
const TRIES: u32 = 10;

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "unlock-and-temp",
    what: "a short copy unlocks the prepared page, fills a temporary page, locks again and copies from there; truncated meanwhile: again",
    who: "Altaparmakov, 2007-02-04 10:59",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| {
        Box::pin(async move {
            let tries = Cell::new(0);
            buffered_write(k, file, iov, pos, ChunkSize::Segment, async |it| chunk(k, &it, &tries).await).await
        })
    },
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};

async fn chunk(k: &Kernel<'_>, it: &Chunk<'_>, tries: &Cell<u32>) -> Result<Counts, Stop> {
    it.prepare(k).await?;
    let copied = it.copy_atomically(k);
    if copied == it.bytes {
        return it.commit_in_full(k, copied).await.map(Counts::GoesOn);
    }
    let gives_up_first = k.mended(Defect::UnlocksAPreparedPage);
    if gives_up_first {
        let counted = it.commit_copied(k, copied).await?;
        if counted > 0 {
            return Ok(Counts::GoesOn(counted));
        }
    }
    k.unlock_page(it.page);
    let temporary = fill_temporary(k, it.offset, &it.iov, it.bytes).await;
    let still_there = k.relock_page(it.page).await;
    let (source, copied) = match temporary {
        Ok(temporary) => temporary,
        Err(errno) if gives_up_first => return Err(Stop::Failed(errno)),
        Err(_) if !still_there => return begin_anew(k, it, tries),
        Err(errno) => return it.commit_in_full(k, copied).await.map(|counted| Counts::Ends(counted, errno)),
    };
    if !still_there {
        k.put_page(source);
        return begin_anew(k, it, tries);
    }
    if gives_up_first {
        // Not with `?`: the source page has to be released first.
        let prepared = it.prepare(k).await;
        if let Err(stop) = prepared {
            k.put_page(source);
            return Err(stop);
        }
    }
    let cells = if k.mended(Defect::IdeaCommitsInFull) { copied } else { it.bytes };
    k.copy_page(source, it.offset, it.page, it.offset, cells);
    k.put_page(source);
    it.commit_in_full(k, copied).await.map(|counted| it.counts(copied, counted))
}

/// The page was truncated: `commit_write` notices, and ends what `prepare_write` began.
fn begin_anew(k: &Kernel<'_>, it: &Chunk<'_>, tries: &Cell<u32>) -> Result<Counts, Stop> {
    if !k.mended(Defect::UnlocksAPreparedPage) {
        k.abort_write(it.file, it.page);
    }
    tries.set(tries.get() + 1);
    if tries.get() == TRIES && !k.mended(Defect::GivesUpAfterTenTries) {
        return Err(Stop::Failed(Errno::EDEADLK));
    }
    k.unlock_page(it.page);
    Err(Stop::StartsOver)
}
