//! `fs/mpage.c`: reading and writing a page that has no buffers, in one request; where it cannot, the page gets buffers
//! after all.

use super::buffer_io::{block_read_full_page, write_dirty_blocks};
use crate::disk::RequestKind;
use crate::inode::Mapping;
use crate::kernel::Kernel;
use crate::names::{BlockFlag, LockKey, PageFlag, PageId};
use crate::page_cache::AopError;
use crate::pages::Buffers;
use crate::state::State;
use oracle::{FileId, ZeroSite};

/// The disk blocks of the first blocks of a page, one after the other on the disk.
struct Run {
    numbers: [u16; 8],
    length: u32,
}

impl Run {
    const EMPTY: Self = Self { numbers: [0; 8], length: 0 };

    /// Takes the next block; false if it does not follow the last on the disk.
    fn push(&mut self, number: u16) -> bool {
        let follows = self.length == 0 || self.numbers[self.length as usize - 1] + 1 == number;
        self.numbers[self.length as usize] = number;
        self.length += 1;
        follows
    }

    const fn mask(&self) -> u8 {
        ((1_u32 << self.length) - 1) as u8
    }
}

/// `mpage_readpage`: blocks that follow each other, then perhaps a hole up to the end of the page; anything else gets
/// buffers.
pub(super) async fn mpage_readpage(k: &Kernel<'_>, file: FileId, page: PageId) -> Result<(), AopError> {
    match k.with(|s| blocks_to_read(s, file, page)) {
        Some(run) => {
            k.with(|s| read_run(s, page, &run));
            Ok(())
        }
        None => block_read_full_page(k, file, page).await,
    }
}

fn blocks_to_read(s: &mut State, file: FileId, page: PageId) -> Option<Run> {
    let first = s.logical(page, 0).filter(|_| !s.page(page).has(PageFlag::Private))?;
    let end_block = s.size(file).div_ceil(s.geometry.block);
    let mut run = Run::EMPTY;
    for block in 0..s.blocks_per_page() {
        let inside = first + block < end_block;
        if let (true, Ok((Mapping::At(number), _))) = (inside, s.get_block(file, first + block, false))
            && (run.length < block || !run.push(number))
        {
            return None;
        }
    }
    Some(run)
}

fn read_run(s: &mut State, page: PageId, run: &Run) {
    s.set(page, PageFlag::Error, false);
    let hole = s.all_blocks() & !run.mask();
    let (end_of_run, size) = (run.length * s.geometry.block, s.geometry.page);
    s.clear(page, end_of_run, size, ZeroSite::ReadHole);
    if run.length == 0 {
        s.set(page, PageFlag::Uptodate, true);
        return s.release(LockKey::Page(page));
    }
    if hole == 0 {
        s.set(page, PageFlag::MappedToDisk, true);
    }
    s.use_as_request(page, run);
    s.set_blocks(page, hole, BlockFlag::Uptodate, true);
    s.submit(RequestKind::ReadPage, page, run.mask());
    s.hand_page_lock_to_disk(page);
}

/// `mpage_writepage`, of a locked page whose part past the end of the file is cleared: all its blocks up to `size`,
/// without a look at which of them are dirty. The page comes back unlocked.
pub(super) fn mpage_writepage(s: &mut State, file: FileId, page: PageId, size: u32) {
    if s.page(page).has(PageFlag::Private) {
        return write_dirty_blocks(s, file, page, size);
    }
    if !s.page(page).has(PageFlag::Uptodate) {
        // The kernel checks this with a BUG_ON.
        s.oops("wrote a page that has no buffers and is not uptodate");
        return s.release(LockKey::Page(page));
    }
    let Some(run) = blocks_to_write(s, file, page, size) else { return write_dirty_blocks(s, file, page, size) };
    s.use_as_request(page, &run);
    s.set(page, PageFlag::Writeback, true);
    s.recheck_waiters(LockKey::Writeback(page));
    s.submit(RequestKind::Write, page, run.mask());
    s.release(LockKey::Page(page));
}

fn blocks_to_write(s: &mut State, file: FileId, page: PageId, size: u32) -> Option<Run> {
    let first = s.logical(page, 0)?;
    let last = size.div_ceil(s.geometry.block).saturating_sub(first).min(s.blocks_per_page());
    let mut run = Run::EMPTY;
    for block in 0..last {
        match s.get_block(file, first + block, true) {
            Ok((Mapping::At(number), _)) if run.push(number) => {}
            _ => return None,
        }
    }
    Some(run)
}

impl State {
    /// The buffers of a page that has none hold what a request is for.
    fn use_as_request(&mut self, page: PageId, run: &Run) {
        let buffers = &mut self.page_mut(page).buffers;
        *buffers = Buffers::default();
        buffers.numbers = run.numbers;
    }
}
