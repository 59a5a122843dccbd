//! `extent`: a filesystem with extents, as xfs is: a write reserves room, writeback allocates it, and what was
//! allocated but never written reads as zeroes. Reads take the inode's lock shared.
//!
//! Forms: with buffers, on `prepare_write` and `commit_write` of 2.6.20 and on `write_begin` and `write_end` of 2.6.24;
//! and on `iomap`, as since 6.1. The forms with buffers have the fix of February 2007 by which a block in an unwritten
//! extent counts as new (without it every way of writing a part of such a block leaves the rest of it uninitialised).

mod iomap;
mod iomap_io;

pub use iomap::{Iomap, Validity};

use super::buffer_io::{block_read_full_page, block_write_full_page};
use crate::inode::Mapping;
use crate::kernel::Kernel;
use crate::names::PageId;
use crate::page_cache::AopError;
use crate::state::State;
use case::Form;
use oracle::{Errno, FileId};

pub(super) const FORMS: &[Form] = &[Form::PrepareWrite, Form::WriteBegin, Form::Iomap];

pub(super) use super::block::{write_begin, write_end};
pub(super) use super::buffer::{
    block_prepare_write as prepare_write, generic_commit_write as commit_write, truncate_blocks as truncate,
};

pub(super) async fn readpage(k: &Kernel<'_>, file: FileId, page: PageId) -> Result<(), AopError> {
    if k.with(|s| s.form == Form::Iomap) {
        iomap_io::iomap_readpage(k, file, page);
        Ok(())
    } else {
        block_read_full_page(k, file, page).await
    }
}

pub(super) async fn writepage(k: &Kernel<'_>, file: FileId, page: PageId) {
    if k.with(|s| s.form == Form::Iomap) {
        iomap_io::iomap_writepage(k, file, page).await;
    } else {
        block_write_full_page(k, file, page).await;
    }
}

impl State {
    /// `xfs_get_blocks`, for a write (`create`) or a read: to a read all but written blocks are holes. The second value
    /// says whether what is not written of the block must be cleared.
    pub(super) fn get_extent_block(
        &mut self,
        file: FileId,
        logical: u32,
        create: bool,
    ) -> Result<(Mapping, bool), Errno> {
        let found = self.look_up_extent(file, logical);
        match found {
            Mapping::At(_) => {
                let past_end = logical * self.geometry.block >= self.size(file);
                Ok((found, create && past_end))
            }
            _ if !create => Ok((Mapping::Hole, false)),
            Mapping::Hole => {
                self.reserve_extents(file, logical, logical + 1)?;
                Ok((Mapping::Delayed, true))
            }
            Mapping::Delayed | Mapping::Unwritten(_) => Ok((found, true)),
        }
    }
}
