//! The loop around a chunk for the ideas that the thread only describes, as the code of the time had it. An idea says
//! what happens to the page while it is locked.

use super::series::trim;
use machine::{AopError, Defect, Errno, FileId, Iov, Kernel, PageId};

/// The kernel version whose loop an idea was described for: it determines the size of a chunk, and whether a failed
/// prefault ends the write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChunkSize {
    /// One segment's part of a page, as in 2.6.20: an empty segment is a chunk of its own, which does nothing, and
    /// the result of the prefault is ignored.
    Segment,
    /// A page's worth of any number of segments, as after patch 3 of 2007-02-04 08:50, with the advance of patch 2.
    /// The result of the prefault of the first segment is checked, because an atomic copy cannot tell (patch 9 of
    /// 08:51, its point 1a).
    Page,
    /// The same, but after a chunk of which nothing was copied, a single segment.
    PageThenSegment,
}

/// The result of a chunk, with the page still locked.
#[derive(Clone, Copy)]
pub(crate) enum Counts {
    /// This many cells count, and the write goes on.
    GoesOn(u32),
    /// This many cells count, and the write ends.
    Ends(u32, Errno),
}

/// Why nothing of a chunk counts.
#[derive(Clone, Copy)]
pub(crate) enum Stop {
    /// The page is unlocked, and the chunk starts over.
    StartsOver,
    /// `prepare_write` failed: its blocks are freed.
    NotPrepared(Errno),
    /// A later step failed: in 2.6.20 the blocks stay.
    Failed(Errno),
}

impl From<AopError> for Stop {
    fn from(error: AopError) -> Self {
        match error {
            AopError::Truncated => Self::StartsOver,
            AopError::Failed(errno) => Self::Failed(errno),
        }
    }
}

/// A chunk under way: its page is locked.
#[derive(Clone, Copy)]
pub(crate) struct Chunk<'c> {
    pub file: FileId,
    pub page: PageId,
    /// Where in the page it begins.
    pub offset: u32,
    /// How many cells it has.
    pub bytes: u32,
    pub iov: Iov<'c>,
}

impl Chunk<'_> {
    /// `prepare_write` of all of it.
    pub async fn prepare(&self, k: &Kernel<'_>) -> Result<(), Stop> {
        let prepared = k.prepare_write(self.file, self.page, self.offset, self.offset + self.bytes).await;
        prepared.map_err(|error| match error {
            AopError::Truncated => Stop::StartsOver,
            AopError::Failed(errno) => Stop::NotPrepared(errno),
        })
    }

    /// `commit_write` of its first `cells`; returns how many of `copied` count.
    pub async fn commit(&self, k: &Kernel<'_>, cells: u32, copied: u32) -> Result<u32, Stop> {
        let part = k.commit_write(self.file, self.page, self.offset, self.offset + cells).await?;
        Ok(if part > 0 { copied.min(part) } else { copied })
    }

    /// `commit_write` of all of it, whatever was copied, as in 2.6.20.
    pub async fn commit_in_full(&self, k: &Kernel<'_>, copied: u32) -> Result<u32, Stop> {
        if k.mended(Defect::IdeaCommitsInFull) {
            return self.commit_copied(k, copied).await;
        }
        self.commit(k, self.bytes, copied).await
    }

    /// The commit of a mended write: the first `copied` cells. Returns how many of them count.
    pub async fn commit_copied(&self, k: &Kernel<'_>, copied: u32) -> Result<u32, Stop> {
        Ok(k.commit_copied(self.file, self.page, self.offset, self.bytes, copied).await?)
    }

    /// The end of a committed chunk in 2.6.20: a short copy ends the write.
    pub const fn counts(&self, copied: u32, counted: u32) -> Counts {
        if copied == self.bytes { Counts::GoesOn(counted) } else { Counts::Ends(counted, Errno::EFAULT) }
    }

    /// The atomic copy of all of it.
    pub fn copy_atomically(&self, k: &Kernel<'_>) -> u32 {
        k.copy_from_user_atomic(self.page, self.offset, &self.iov, self.bytes)
    }
}

/// The loop: prefaults the first segment's part and finds or creates the page, locked. Then `idea` runs, and returns
/// with the page locked, unless the chunk starts over.
pub(crate) async fn buffered_write<'c>(
    k: &Kernel<'_>,
    file: FileId,
    mut iov: Iov<'c>,
    mut pos: u32,
    chunk_size: ChunkSize,
    idea: impl AsyncFn(Chunk<'c>) -> Result<Counts, Stop>,
) -> Result<u32, Errno> {
    let mut written = 0;
    let mut status = Ok(());
    let mut nothing_came = false;
    if chunk_size == ChunkSize::Segment && iov.segments() > 1 {
        iov.advance_do_while(0);
    }
    while status.is_ok() && iov.count() > 0 {
        if chunk_size != ChunkSize::Segment && k.mended(Defect::EmptySegmentsStay) {
            iov.advance(0);
        }
        let offset = pos % k.page_size();
        let mut bytes = (k.page_size() - offset).min(iov.count());
        let segment = bytes.min(iov.segment_remaining());
        if chunk_size == ChunkSize::Segment || chunk_size == ChunkSize::PageThenSegment && nothing_came {
            bytes = segment;
        }
        if !is_there(k, &iov, segment, chunk_size).await {
            status = Err(Errno::EFAULT);
            break;
        }
        let page = match k.grab_cache_page(file, pos / k.page_size(), None).await {
            Ok(page) => page,
            Err(errno) => {
                status = Err(errno);
                break;
            }
        };
        let came = if chunk_size == ChunkSize::Segment && bytes == 0 {
            Ok(Counts::GoesOn(0))
        } else {
            idea(Chunk { file, page, offset, bytes, iov }).await
        };
        match came {
            Ok(Counts::GoesOn(counted) | Counts::Ends(counted, _)) => {
                k.unlock_page(page);
                k.put_page(page);
                written += counted;
                pos += counted;
                nothing_came = counted == 0;
                let advance = if chunk_size == ChunkSize::Segment { Iov::advance_do_while } else { Iov::advance_while };
                advance(&mut iov, counted);
                k.preempt().await;
            }
            Err(stop) => status = give_up(k, file, page, pos + bytes, stop).await,
        }
        if let Ok(Counts::Ends(_, errno)) = came {
            status = Err(errno);
        }
    }
    if written > 0 { Ok(written) } else { status.map(|()| 0) }
}

/// Prefaults a chunk's part of its first segment. False if that failed, where the result is checked.
async fn is_there(k: &Kernel<'_>, iov: &Iov<'_>, segment: u32, chunk_size: ChunkSize) -> bool {
    if chunk_size == ChunkSize::Segment {
        let there = k.fault_in_pages_readable(iov.address(), segment).await;
        return there.is_ok() || segment == 0 || !k.mended(Defect::PrefaultIsIgnored);
    }
    segment == 0 || k.fault_in_pages_readable(iov.address(), segment).await.is_ok()
}

/// What 2.6.20 does if nothing of a chunk counts: if `prepare_write` failed, its blocks are freed; if a later step
/// failed, they are not.
pub(crate) async fn give_up(k: &Kernel<'_>, file: FileId, page: PageId, end: u32, stop: Stop) -> Result<(), Errno> {
    if !matches!(stop, Stop::StartsOver) {
        k.unlock_page(page);
    }
    k.put_page(page);
    match stop {
        Stop::StartsOver => Ok(()),
        Stop::NotPrepared(errno) => {
            trim(k, file, end).await;
            Err(errno)
        }
        Stop::Failed(errno) => {
            if k.mended(Defect::FailedCommitIsNotTrimmed) {
                trim(k, file, end).await;
            }
            Err(errno)
        }
    }
}
