//! `nobh`: ext2 and jfs mounted so that their pages have no buffers: `nobh_prepare_write` and its like of 2.6.20.
//!
//! Forms: before and after Piggin's patch 1 of 2007-02-04 08:49. As posted, the patch leaves `nobh_truncate_page` as it
//! was, which until then had its page marked uptodate by `nobh_prepare_write`.

use super::mpage::mpage_writepage;
use super::{Committed, buffer};
use crate::defect::Defect;
use crate::inode::Mapping;
use crate::kernel::Kernel;
use crate::names::{BlockFlag, LockKey, PageFlag, PageId};
use crate::page_cache::AopError;
use crate::state::State;
use case::Form;
use oracle::{Errno, FileId, ZeroSite};
use schedule::bits::bits;

pub(super) const FORMS: &[Form] = &[Form::AfterPatch1, Form::BeforePatch1];

pub(super) use super::mpage::mpage_readpage as readpage;
pub(super) use super::{no_write_begin as write_begin, no_write_end as write_end};

/// What `nobh_prepare_write` finds out about a page.
struct Prepared {
    mapped_to_disk: bool,
    dirtied: bool,
    reads: u8,
}

/// `nobh_prepare_write`. A page that is known to be on the disk as a whole is left alone, uptodate or not.
pub(super) async fn prepare_write(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    from: u32,
    to: u32,
) -> Result<(), AopError> {
    let by_buffers = k.with(|s| {
        let by_buffers = has_newer_buffers(s, page);
        s.write_mut().by_buffers = by_buffers;
        by_buffers
    });
    if by_buffers {
        return buffer::block_prepare_write(k, file, page, from, to).await;
    }
    let known = k.with(|s| {
        s.test(page, PageFlag::MappedToDisk)
            && (s.page(page).has(PageFlag::Uptodate) || !s.mended(Defect::NobhBelievesMappedToDisk))
    });
    if known {
        return Ok(());
    }
    let result = prepare_blocks(k, file, page, (from, to), true).await;
    let result = k.with(|s| match result {
        Ok(prepared) => {
            if prepared.mapped_to_disk {
                s.set(page, PageFlag::MappedToDisk, true);
            }
            if s.form == Form::BeforePatch1 && !s.mended(Defect::NobhPrepareIsUptodateEarly) {
                // The range to be written is still as it was, and yet the page is readable from now on.
                s.set(page, PageFlag::Uptodate, true);
                if prepared.dirtied {
                    s.set_page_dirty(page);
                }
            }
            Ok(())
        }
        Err(errno) if s.mended(Defect::NobhPrepareFailureClears) => {
            keep_fresh_blocks(s, page);
            Err(AopError::Failed(errno))
        }
        Err(errno) => {
            // The whole page, whatever was in it before: what was allocated is to be cleared on the disk by writeback.
            let size = s.geometry.page;
            s.clear(page, 0, size, ZeroSite::ErrorPath);
            s.set(page, PageFlag::Uptodate, true);
            s.set_page_dirty(page);
            Err(AopError::Failed(errno))
        }
    });
    if k.with(|s| s.form == Form::BeforePatch1 && !s.mended(Defect::NobhPrepareIsUptodateEarly)) {
        // From here on readers do not wait.
        k.preempt().await;
    }
    result
}

/// Whether a page that is not uptodate has buffers that are newer than the disk, or on their way to it: only a mended
/// write leaves such a page.
fn has_newer_buffers(s: &State, page: PageId) -> bool {
    let it = s.page(page);
    let newer = it.buffers.with(BlockFlag::Dirty) | it.buffers.with(BlockFlag::Locked);
    it.has(PageFlag::Private) && !it.has(PageFlag::Uptodate) && newer != 0
}

/// Buffers for a page that was prepared without, as `nobh_write_end` of 2.6.25 attaches them after a short copy: what
/// was prepared is uptodate, but for the blocks that the write covers whole.
fn attach_prepared_buffers(s: &mut State, file: FileId, page: PageId, Committed { from, to, .. }: Committed) {
    let uptodate = s.page(page).has(PageFlag::Uptodate);
    let fresh = s.write().fresh;
    s.attach_buffers(page);
    for block in 0..s.blocks_per_page() {
        map_as_on_disk(s, file, page, block);
        let (start, end) = s.block_range(block);
        let covered = start < to && end > from && (from <= start && to >= end || fresh & 1 << block != 0);
        s.set_block(page, block, BlockFlag::Uptodate, uptodate || !covered);
    }
    // Blocks before the range are allocated too, and were cleared.
    let before = fresh & !s.blocks_overlapping(from, to);
    s.mark_buffers_dirty(page, before);
    s.set(page, PageFlag::MappedToDisk, false);
}

/// Maps a buffer to where the block is, if it is anywhere.
fn map_as_on_disk(s: &mut State, file: FileId, page: PageId, block: u32) {
    let mapping = s.logical(page, block).and_then(|logical| s.file(file).blocks.get(logical as usize).copied());
    s.map_buffer(page, block, mapping.unwrap_or(Mapping::Hole), false);
}

/// After a failure, the blocks that were allocated for nothing are cleared and kept; the rest of the page is not known,
/// since what was cleared around the range may have gone into blocks that were uptodate. The disk has them.
fn keep_fresh_blocks(s: &mut State, page: PageId) {
    let fresh = s.write().fresh;
    let Some((file, _)) = s.page(page).mapping else { return };
    if !s.test(page, PageFlag::Uptodate) {
        let others = s.all_blocks() & !fresh;
        s.set_blocks(page, others, BlockFlag::Uptodate, false);
    }
    if fresh == 0 {
        return;
    }
    if s.test(page, PageFlag::Uptodate) {
        return s.set_page_dirty(page);
    }
    s.attach_buffers(page);
    for block in bits(u32::from(fresh)) {
        let (start, end) = s.block_range(u32::from(block));
        map_as_on_disk(s, file, page, u32::from(block));
        s.clear(page, start, end, ZeroSite::ErrorPath);
    }
    s.set_blocks(page, fresh, BlockFlag::Uptodate, true);
    s.mark_buffers_dirty(page, fresh);
}

/// Looks at all blocks of a page; allocates those up to `to` if the caller `creates`, as a write does.
async fn prepare_blocks(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    (from, to): (u32, u32),
    creates: bool,
) -> Result<Prepared, Errno> {
    let mut prepared = Prepared { mapped_to_disk: true, dirtied: false, reads: 0 };
    k.with(|s| s.remember_fresh(0));
    for block in 0..k.with(|s| s.blocks_per_page()) {
        let create = creates && k.with(|s| s.block_range(block).0) < to;
        if create {
            k.preempt().await;
        }
        k.with(|s| prepare_block(s, file, page, block, (from, to), create, &mut prepared))?;
    }
    // The buffers that are read are temporary: the page keeps none.
    k.with(|s| s.set_blocks(page, prepared.reads, BlockFlag::Uptodate, false));
    super::blocks::read_buffers(k, page, prepared.reads).await?;
    Ok(prepared)
}

fn prepare_block(
    s: &mut State,
    file: FileId,
    page: PageId,
    block: u32,
    (from, to): (u32, u32),
    create: bool,
    prepared: &mut Prepared,
) -> Result<(), Errno> {
    let Some(logical) = s.logical(page, block) else {
        s.oops("prepared a page that has left the cache");
        return Ok(());
    };
    // Blocks before the range are allocated too.
    let (mapping, new) = s.get_block(file, logical, create)?;
    if new {
        s.write_mut().fresh |= 1 << block;
    }
    prepared.mapped_to_disk &= mapping != Mapping::Hole;
    if s.test(page, PageFlag::Uptodate) {
        return Ok(());
    }
    let (start, end) = s.block_range(block);
    match mapping {
        Mapping::At(number) if !new => {
            if start < from || end > to {
                s.page_mut(page).buffers.numbers[block as usize] = number;
                prepared.reads |= 1 << block;
            }
        }
        _ => {
            // Both go past the block itself; what is read comes later, and wins.
            s.clear(page, start, from, ZeroSite::PrepareEdge);
            s.clear(page, to, end, ZeroSite::PrepareEdge);
            prepared.dirtied |= start < from || end > to;
        }
    }
    Ok(())
}

/// `nobh_commit_write`.
pub(super) async fn commit_write(
    k: &Kernel<'_>,
    file: FileId,
    page: PageId,
    range: Committed,
) -> Result<u32, AopError> {
    if k.with(|s| s.write().by_buffers) {
        return buffer::generic_commit_write(k, file, page, range).await;
    }
    if range.is_short() {
        k.with(|s| attach_prepared_buffers(s, file, page, range));
        return buffer::generic_commit_write(k, file, page, range).await;
    }
    let to = range.to;
    let index = k.with(|s| {
        let Some((_, index)) = s.page(page).mapping else {
            s.oops("committed a page that has left the cache");
            return 0;
        };
        if s.form != Form::BeforePatch1 || s.mended(Defect::NobhPrepareIsUptodateEarly) {
            s.set(page, PageFlag::Uptodate, true);
        }
        s.set_page_dirty(page);
        index
    });
    k.preempt().await;
    k.with(|s| {
        let end = index * s.geometry.page + to;
        if end > s.size(file) {
            s.set_size(file, end);
        }
    });
    Ok(0)
}

/// `nobh_writepage`.
pub(super) async fn writepage(k: &Kernel<'_>, file: FileId, page: PageId) {
    k.preempt().await;
    k.with(|s| {
        let (page_size, size) = (s.geometry.page, s.size(file));
        match s.page(page).mapping {
            Some((_, index)) if index * page_size < size => {
                if (index + 1) * page_size > size {
                    s.clear(page, size % page_size, page_size, ZeroSite::EndOfFile);
                }
                mpage_writepage(s, file, page, size);
            }
            _ => s.release(LockKey::Page(page)),
        }
    });
}

/// `->truncate`: `nobh_truncate_page`, then the blocks past it are freed.
pub(super) async fn truncate(k: &Kernel<'_>, file: FileId, size: u32) {
    let block_size = k.with(|s| s.geometry.block);
    if !size.is_multiple_of(block_size) {
        nobh_truncate_page(k, file, size).await;
    }
    k.preempt().await;
    k.with(|s| s.free_blocks(file, size.div_ceil(block_size), u32::MAX));
}

async fn nobh_truncate_page(k: &Kernel<'_>, file: FileId, size: u32) {
    let (page_size, block_size) = k.with(|s| (s.geometry.page, s.geometry.block));
    let offset = size % page_size;
    let page = k.grab_cache_page_nofail(file, size / page_size).await;
    if k.with(|s| has_newer_buffers(s, page)) {
        buffer::truncate_locked_page(k, file, page, size).await;
        k.unlock_page(page);
        return k.put_page(page);
    }
    let end = offset.next_multiple_of(block_size);
    let prepared = if k.mended(Defect::NobhTruncateAllocates) {
        prepare_blocks(k, file, page, (offset, end), false).await.map(|_| ()).map_err(AopError::Failed)
    } else {
        prepare_write(k, file, page, offset, end).await
    };
    if prepared.is_ok() {
        k.with(|s| {
            s.clear(page, offset, page_size, ZeroSite::TruncateTail);
            if s.mended(Defect::NobhTruncateDirties) {
                s.set(page, PageFlag::Uptodate, true);
            }
            s.set_page_dirty(page);
        });
    }
    k.unlock_page(page);
    k.put_page(page);
}
