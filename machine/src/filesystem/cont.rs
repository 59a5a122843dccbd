//! `cont`: a filesystem whose files have no holes, as FAT is. What lies between a file's end and a write beyond it is
//! allocated and cleared first, page by page, up to a frontier (`mmu_private`).
//!
//! Forms: `cont_prepare_write` of 2.6.20; `cont_write_begin` of 2.6.24, which clears the gap before it locks the page;
//! then the same with `fat_write_failed`, which gives back what a short write allocated past the end.

use super::{Committed, block, buffer};
use crate::defect::Defect;
use crate::inode::Mapping;
use crate::kernel::Kernel;
use crate::names::{PageId, Site};
use crate::page_cache::AopError;
use crate::state::State;
use crate::trace::Event;
use case::Form;
use oracle::{Errno, FileId, Owner, ZeroSite};

pub(super) const FORMS: &[Form] = &[Form::PrepareWrite, Form::WriteBegin, Form::WriteBeginTrims];

pub(super) use super::buffer_io::{block_read_full_page as readpage, block_write_full_page as writepage};
pub(super) use block::write_end;
pub(super) use buffer::generic_commit_write as commit_write;

impl State {
    /// `fat_get_block`: a file grows by the one block that follows its frontier, and by no other.
    pub(crate) fn fat_get_block(&mut self, file: FileId, logical: u32, create: bool) -> Result<(Mapping, bool), Errno> {
        let (block, frontier) = (self.geometry.block, self.file(file).frontier);
        if logical < frontier.div_ceil(block) {
            return self.get_mapped_block(file, logical, false);
        }
        if !create {
            return Ok((Mapping::Hole, false));
        }
        if logical != frontier / block {
            return Err(Errno::EIO);
        }
        let found = self.get_mapped_block(file, logical, true)?;
        self.set_frontier(file, frontier + block);
        Ok(found)
    }

    /// Keeps in mind how long the file was before its gap is filled.
    fn remember_before_gap(&mut self, file: FileId) {
        let size = self.file(file).size;
        self.write_mut().before_gap.get_or_insert(size);
    }

    fn set_frontier(&mut self, file: FileId, frontier: u32) {
        self.file_mut(file).frontier = frontier;
        self.note(Event::Frontier { file, frontier });
    }

    /// What was allocated from here on was given back.
    pub(super) fn frontier_goes_back(&mut self, file: FileId, frontier: u32) {
        if self.file(file).frontier > frontier {
            self.set_frontier(file, frontier);
        }
    }

    /// The last block is about to be filled.
    fn round_frontier(&mut self, file: FileId) {
        let (block, frontier) = (self.geometry.block, self.file(file).frontier);
        if !frontier.is_multiple_of(block) {
            self.set_frontier(file, frontier.next_multiple_of(block));
        }
    }
}

/// `cont_prepare_write`, with the page locked: and it locks others.
pub(super) async fn prepare_write(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    from: u32,
    to: u32,
) -> Result<(), AopError> {
    let Some(index) = k.with(|s| s.page(page).mapping.map(|(_, index)| index)) else {
        k.oops("prepared a page that has left the cache");
        return Ok(());
    };
    let frontier_page = loop {
        let gap = k.with(|s| s.file(file).frontier / s.geometry.page);
        if index <= gap {
            break gap;
        }
        k.with(|s| s.remember_before_gap(file));
        zero_gap_page(k, file, gap).await?;
    };
    let zero_from = k.with(|s| {
        if index < frontier_page {
            return from;
        }
        // The page has the frontier in it.
        let boundary = s.file(file).frontier % s.geometry.page;
        if to > boundary {
            s.round_frontier(file);
        }
        from.min(boundary)
    });
    buffer::block_prepare_write(k, file, page, zero_from, to).await?;
    if zero_from < from {
        k.with(|s| {
            let block = s.geometry.block;
            let end = if s.mended(Defect::GapCommitsTheBlockBehind) { from.next_multiple_of(block) } else { from };
            s.clear(page, zero_from, end, ZeroSite::GapPage);
            // Blocks that are still to be written in part count as written already.
            super::blocks::commit_blocks(s, page, zero_from, from, false);
        });
    }
    Ok(())
}

/// Clears the rest of the page that has the frontier in it, and makes the file that long.
async fn zero_gap_page(k: &Kernel<'_>, file: FileId, gap: u32) -> Result<(), AopError> {
    let page = grab_gap_page(k, file, gap).await?;
    let result = zero_locked_gap_page(k, file, page, gap).await;
    k.unlock_page(page);
    k.put_page(page);
    result
}

async fn zero_locked_gap_page(k: &Kernel<'_>, file: FileId, page: PageId, gap: u32) -> Result<(), AopError> {
    let page_size = k.page_size();
    let frontier = k.with(|s| s.file(file).frontier);
    if frontier / page_size != gap {
        // It moved while this task slept.
        return Ok(());
    }
    let zero_from = frontier % page_size;
    k.with(|s| s.round_frontier(file));
    buffer::block_prepare_write(k, file, page, zero_from, page_size).await?;
    k.with(|s| s.clear(page, zero_from, page_size, ZeroSite::GapPage));
    buffer::generic_commit_write(k, file, page, Committed::all(zero_from, page_size)).await?;
    Ok(())
}

/// `grab_cache_page`, with the page to be written already locked.
async fn grab_gap_page(k: &Kernel<'_>, file: FileId, index: u32) -> Result<PageId, Errno> {
    loop {
        if let Some(page) = k.find_lock_page(file, index, Site::GapPage).await {
            return Ok(page);
        }
        k.preempt().await;
        let page = k.with(|s| s.alloc_page(Owner::File(file))).ok_or(Errno::ENOMEM)?;
        if k.add_to_page_cache_at(page, file, index, Site::GapPage) {
            k.lru_add(None);
            return Ok(page);
        }
        k.put_page(page);
    }
}

/// `cont_write_begin`: the gap first, with no other page locked, then `block_write_begin`.
pub(super) async fn write_begin(k: &Kernel<'_>, file: FileId, pos: u32, len: u32) -> Result<PageId, Errno> {
    cont_expand_zero(k, file, pos).await?;
    k.with(|s| {
        if pos + len > s.file(file).frontier {
            s.round_frontier(file);
        }
    });
    block::write_begin(k, file, pos, len).await
}

/// `cont_expand_zero`: writes zeroes from the frontier up to `pos`, a page at a time. The file is that long from then
/// on.
async fn cont_expand_zero(k: &Kernel<'_>, file: FileId, pos: u32) -> Result<(), Errno> {
    let page_size = k.page_size();
    loop {
        let at = k.with(|s| s.file(file).frontier);
        if pos <= at {
            return Ok(());
        }
        k.with(|s| {
            s.remember_before_gap(file);
            s.round_frontier(file);
        });
        let len = (page_size - at % page_size).min(pos - at);
        let page = block::write_begin(k, file, at, len).await?;
        k.with(|s| s.clear(page, at % page_size, at % page_size + len, ZeroSite::GapPage));
        block::write_end(k, file, at, len, len, page).await?;
        if pos / page_size == at / page_size {
            return Ok(());
        }
        if k.with(|s| s.form == Form::WriteBeginTrims) && k.fatal_signal_pending() {
            return Err(Errno::EINTR);
        }
    }
}

/// `generic_cont_expand_simple`: what makes a file longer on request, by a write of nothing at its new end.
pub(super) async fn expand(k: &Kernel<'_>, file: FileId, size: u32) -> Result<(), Errno> {
    let before = k.size(file);
    if k.mended(Defect::SizesOnTheWay) {
        k.with(|s| s.set_size(file, size));
    }
    let result = expand_by_writing(k, file, size).await;
    k.with(|s| s.write_mut().before_gap = None);
    if result.is_err() && k.mended(Defect::FailedTruncateLengthens) {
        k.vmtruncate(file, before).await;
    }
    result
}

async fn expand_by_writing(k: &Kernel<'_>, file: FileId, size: u32) -> Result<(), Errno> {
    if k.with(|s| s.form != Form::PrepareWrite) {
        let page = write_begin(k, file, size, 0).await?;
        return block::write_end(k, file, size, 0, 0, page).await.map(|_| ());
    }
    let (index, offset) = ((size - 1) / k.page_size(), (size - 1) % k.page_size() + 1);
    let page = k.grab_cache_page(file, index, None).await?;
    let prepared = prepare_write(k, file, page, offset, offset).await;
    let result = match prepared {
        Ok(()) => buffer::generic_commit_write(k, file, page, Committed::all(offset, offset)).await.map(|_| ()),
        Err(error) => Err(error),
    };
    k.unlock_page(page);
    k.put_page(page);
    match result {
        Ok(()) | Err(AopError::Truncated) => Ok(()),
        Err(AopError::Failed(errno)) => {
            let size = k.size(file);
            k.vmtruncate(file, size).await;
            Err(errno)
        }
    }
}

impl Kernel<'_> {
    /// What a mended write does after it wrote nothing: the zeroes in the gap up to where it began go again.
    pub(crate) async fn give_up_gap(&self, file: FileId) {
        let before = self.with(|s| s.write_mut().before_gap.take());
        if let Some(before) = before.filter(|_| self.mended(Defect::GapStays)) {
            self.vmtruncate(file, before).await;
        }
    }
}

/// `fat_truncate`. (FAT of the time leaves the rest of the last block to the next extension, and a mapping shows it
/// until then: a defect of truncate, which would show under every way of writing. Here it is cleared.)
pub(super) async fn truncate(k: &Kernel<'_>, file: FileId, size: u32) {
    k.with(|s| {
        if s.file(file).frontier > size {
            s.set_frontier(file, size);
        }
    });
    buffer::truncate_blocks(k, file, size).await;
}
