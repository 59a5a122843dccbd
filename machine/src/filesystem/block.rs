//! `block`: a filesystem on a disk with buffers, as ext2 is.
//!
//! Forms: `prepare_write`/`commit_write` of 2.6.20, and `block_write_begin`/`generic_write_end` of 2.6.24, which keep a
//! new buffer marked as new until the copy is done; then the same with `ext2_write_failed`, which gives back what a
//! short write allocated past the end.

use super::{buffer, buffer_io};
use crate::defect::Defect;
use crate::kernel::Kernel;
use crate::names::PageId;
use case::Form;
use oracle::{Errno, FileId};

pub(super) const FORMS: &[Form] = &[Form::PrepareWrite, Form::WriteBegin, Form::WriteBeginTrims];

pub(super) use buffer::{
    block_prepare_write as prepare_write, generic_commit_write as commit_write, truncate_blocks as truncate,
};
pub(super) use buffer_io::{block_read_full_page as readpage, block_write_full_page as writepage};

pub(super) async fn write_begin(k: &Kernel<'_>, file: FileId, pos: u32, len: u32) -> Result<PageId, Errno> {
    let size = k.with(|s| s.geometry.page);
    let page = k.grab_cache_page(file, pos / size, None).await?;
    let from = pos % size;
    let prepared = buffer::write_begin_blocks(k, file, page, from, from + len).await;
    if let Err(errno) = prepared {
        k.unlock_page(page);
        k.put_page(page);
        k.trim_blocks(file, pos + len).await;
        return Err(errno);
    }
    Ok(page)
}

pub(super) async fn write_end(
    k: &Kernel<'_>,
    file: FileId,
    pos: u32,
    len: u32,
    copied: u32,
    page: PageId,
) -> Result<u32, Errno> {
    let accepted = buffer::block_write_end(k, page, pos, len, copied).await;
    k.with(|s| {
        // Under the page's lock, so that no writeback sees the new content with the old size.
        let nothing = accepted == 0 && len > 0 && s.mended(Defect::SizeRaisedForNothing);
        if !nothing && pos + accepted > s.size(file) {
            s.set_size(file, pos + accepted);
        }
    });
    k.preempt().await;
    k.unlock_page(page);
    k.put_page(page);
    if accepted < len && k.with(|s| s.form == Form::WriteBeginTrims || s.mended(Defect::BlocksPastTheEndStay)) {
        k.trim_blocks(file, pos + len).await;
    }
    Ok(accepted)
}
