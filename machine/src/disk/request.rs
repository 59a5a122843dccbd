//! Requests: blocks on their way between memory and disk, and what a page becomes when one completes.

use super::Storage;
use crate::names::{BlockFlag, LockKey, PageFlag, PageId};
use crate::trace::Event;
use oracle::{Failure, FaultKind, OperationId};
use schedule::bits::bits;

/// What a request does when it completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestKind {
    /// `block_read_full_page`: the page becomes uptodate when all its blocks are, and is unlocked.
    ReadPage,
    /// A read of single buffers, whose submitter waits for them.
    ReadBuffers,
    /// Writeback of a page.
    Write,
}

/// Blocks of a page on their way between memory and disk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    kind: RequestKind,
    page: PageId,
    blocks: u8,
    by: Option<OperationId>,
}

impl Storage {
    /// Sends blocks of a page to the disk or asks for them; the buffers are locked until the request completes.
    pub(crate) fn submit(&mut self, kind: RequestKind, page: PageId, blocks: u8) {
        self.set_blocks(page, blocks, BlockFlag::Locked, true);
        self.recheck_buffer_waiters(page, blocks);
        self.get_page(page);
        let by = self.current_operation();
        self.disk.requests.push_back(Request { kind, page, blocks, by });
        self.note(Event::Submit { page, write: kind == RequestKind::Write, blocks });
    }

    /// Completes the oldest request; false if there is none.
    pub(crate) fn complete_oldest_request(&mut self) -> bool {
        let Some(request) = self.disk.requests.pop_front() else { return false };
        let Request { kind, page, blocks, by } = request;
        let fault = if kind == RequestKind::Write { FaultKind::WriteError } else { FaultKind::ReadError };
        let failed = !self.is_truncates(by) && self.chance(fault).is_some();
        if failed {
            self.blame(by, fault);
            self.note_failure(fault, page, blocks, by);
            if kind == RequestKind::Write {
                self.set_write_failed(page);
            }
        }
        self.note(Event::Complete { page, write: kind == RequestKind::Write, failed });
        if !failed {
            for block in bits(u32::from(blocks)) {
                self.transfer(kind, page, block);
            }
            if kind == RequestKind::Write && self.filesystem == case::Filesystem::Extent {
                self.convert_unwritten(page, blocks);
            }
        }
        // A buffer whose write failed is not uptodate any more; iomap has none, and leaves the page as it is.
        let has_buffers = self.form != case::Form::Iomap;
        if kind != RequestKind::Write || failed && has_buffers {
            self.set_blocks(page, blocks, BlockFlag::Uptodate, !failed);
        }
        self.set_blocks(page, blocks, BlockFlag::Locked, false);
        self.recheck_buffer_waiters(page, blocks);
        self.end_request(kind, page, failed);
        self.put_page(page);
        true
    }

    /// Notes in the history that blocks of a page did not come through. A page whose blocks could not all be read is no
    /// page for anybody.
    pub(crate) fn note_failure(&mut self, kind: FaultKind, page: PageId, blocks: u8, by: Option<OperationId>) {
        let Some((file, index)) = self.page(page).mapping.filter(|_| blocks != 0) else { return };
        let size = self.geometry.page;
        let (first, last) = match kind {
            FaultKind::WriteError => (blocks.trailing_zeros(), 7 - blocks.leading_zeros()),
            _ => (0, self.blocks_per_page() - 1),
        };
        let (start, end) = (self.block_range(first).0, self.block_range(last).1);
        let at = self.clock;
        self.history.failures.push(Failure {
            kind,
            file: Some(file),
            start: index * size + start,
            end: index * size + end,
            at,
            by,
        });
    }

    /// `AS_EIO`: `end_buffer_async_write` sets it in the mapping, where fsync finds it whatever becomes of the page.
    pub(crate) fn set_write_failed(&mut self, page: PageId) {
        if let Some((file, _)) = self.page(page).mapping {
            self.file_mut(file).write_failed = true;
        }
    }

    /// A truncate's own read never fails: that 2.6.20 ignores it, and leaves the tail of the block as it was, is a
    /// defect of truncate, which would show under every way of writing.
    fn is_truncates(&self, by: Option<OperationId>) -> bool {
        by.is_some_and(|by| matches!(self.history.operations[by.index()].call, oracle::Call::Truncate { .. }))
    }

    /// Moves one block between page and disk.
    fn transfer(&mut self, kind: RequestKind, page: PageId, block: u8) {
        let size = self.geometry.block as usize;
        let on_disk = self.disk_range(self.page(page).buffers.numbers[usize::from(block)]);
        let in_page = page.index() * self.geometry.page as usize + usize::from(block) * size;
        if kind == RequestKind::Write {
            self.disk.cells[on_disk].copy_from_slice(&self.below.cells[in_page..in_page + size]);
            self.counters.blocks_written += 1;
        } else {
            self.below.cells[in_page..in_page + size].copy_from_slice(&self.disk.cells[on_disk]);
        }
    }

    fn end_request(&mut self, kind: RequestKind, page: PageId, failed: bool) {
        if failed {
            self.set(page, PageFlag::Error, true);
        }
        match kind {
            RequestKind::ReadBuffers => {}
            RequestKind::ReadPage => {
                let all = self.page(page).buffers.with(BlockFlag::Uptodate) == self.all_blocks();
                if all && !self.page(page).has(PageFlag::Error) {
                    self.set(page, PageFlag::Uptodate, true);
                }
                self.disk_unlocks_page(page);
            }
            RequestKind::Write => {
                self.set(page, PageFlag::Writeback, false);
                self.recheck_waiters(LockKey::Writeback(page));
            }
        }
    }
}
