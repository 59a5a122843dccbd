//! What a server is asked and answers: WRITE, READ and SETATTR of a smaller size.

use crate::inode::Mapping;
use crate::kernel::Kernel;
use crate::names::PageId;
use crate::state::State;
use crate::trace::Event;
use oracle::{Cell, Errno, Failure, FaultKind, FileId, ZeroSite};
use schedule::bits::bits;

const HOLE: Cell = Cell::zero(ZeroSite::ReadHole, None);
const DISK: Cell = Cell::zero(ZeroSite::Disk, None);

impl State {
    /// The server answers a WRITE of `[from, to)` of a page: how much of it it has stored, which is less only if it ran
    /// out of room.
    pub(super) fn server_writes(
        &mut self,
        (file, index): (FileId, u32),
        page: PageId,
        from: u32,
        to: u32,
    ) -> Result<u32, Errno> {
        let blocks = self.blocks_overlapping(from, to);
        self.note(Event::Submit { page, write: true, blocks });
        // Nothing is sent for a write of nothing.
        let failed = blocks != 0 && self.chance(FaultKind::WriteError).is_some();
        if failed {
            let operation = self.current_operation();
            self.note_failure(FaultKind::WriteError, page, blocks, operation);
        }
        let stored = if failed { Err(Errno::EIO) } else { self.store_on_server(file, index, page, from, to) };
        self.note(Event::Complete { page, write: true, failed: stored.is_err() });
        if let Ok(stored) = stored {
            let end = index * self.geometry.page + from + stored;
            self.server_is_told_of(file, end);
        }
        stored
    }

    fn store_on_server(&mut self, file: FileId, index: u32, page: PageId, from: u32, to: u32) -> Result<u32, Errno> {
        let size = self.geometry.block;
        for block in bits(u32::from(self.blocks_overlapping(from, to))) {
            let logical = index * self.blocks_per_page() + u32::from(block);
            let (start, end) = self.block_range(block.into());
            let (first, last) = (from.max(start), to.min(end));
            let (mapping, new) = match self.get_block(file, logical, true) {
                Err(_) if first > from => return Ok(first - from),
                answer => answer?,
            };
            let Mapping::At(number) = mapping else { continue };
            if new {
                self.disk.block_mut(number, size).fill(DISK);
            }
            self.copy_to_block(page, first..last, number, first - start);
            self.counters.blocks_written += 1;
        }
        Ok(to - from)
    }

    /// Notes in the history what the server left of a write of `[from, to)` of a page, if it took a part.
    pub(super) fn note_answer(&mut self, (file, index): (FileId, u32), from: u32, to: u32, answer: Result<u32, Errno>) {
        let Ok(stored) = answer else { return };
        if stored < to - from {
            let (start, at, by) = (index * self.geometry.page, self.clock, self.current_operation());
            let (kind, file, start, end) = (FaultKind::PartialCommit, Some(file), start + from + stored, start + to);
            self.history.failures.push(Failure { kind, file, start, end, at, by });
        }
    }

    /// The server answers a READ of a page, with zeroes past the end of the file.
    pub(super) fn server_reads(&mut self, file: FileId, page: PageId) -> Result<(), Errno> {
        let size = self.geometry.block;
        let (blocks, end_of_file) = (self.all_blocks(), self.size(file));
        self.note(Event::Submit { page, write: false, blocks });
        let failed = self.chance(FaultKind::ReadError).is_some();
        self.note(Event::Complete { page, write: false, failed });
        if failed {
            let operation = self.current_operation();
            self.note_failure(FaultKind::ReadError, page, blocks, operation);
            return Err(Errno::EIO);
        }
        for block in 0..self.blocks_per_page() {
            let Some(logical) = self.logical(page, block) else { break };
            let mapping = self.file(file).blocks.get(logical as usize).copied();
            let (start, end) = self.block_range(block);
            let inside = match mapping {
                Some(Mapping::At(number)) => {
                    self.copy_from_block(number, page, start);
                    end_of_file.saturating_sub(logical * size).min(size)
                }
                _ => 0,
            };
            self.cells_of_mut(page)[(start + inside) as usize..end as usize].fill(HOLE);
        }
        Ok(())
    }

    /// The server answers a SETATTR of a smaller size: past it, there are only zeroes from now on.
    pub(super) fn server_truncates(&mut self, file: FileId, size: u32) {
        let block = self.geometry.block;
        self.server_has_size(file, size);
        self.free_blocks(file, size.div_ceil(block), u32::MAX);
        let last = self.file(file).blocks.get((size / block) as usize).copied();
        if let Some(Mapping::At(number)) = last {
            let zero = Cell::zero(ZeroSite::TruncateTail, self.current_operation());
            self.disk.block_mut(number, block)[(size % block) as usize..].fill(zero);
        }
    }
}

/// Sends `[from, to)` of a locked page to the server, and waits for it.
pub(super) async fn send_write(k: &Kernel<'_>, file: FileId, page: PageId, from: u32, to: u32) -> Result<u32, Errno> {
    k.preempt().await;
    let answer = k.with(|s| {
        let Some((_, index)) = s.page(page).mapping else {
            s.oops("sent a page that has left the cache");
            return Ok(to - from);
        };
        s.server_writes((file, index), page, from, to)
    });
    k.preempt().await;
    answer
}

/// How much a server takes of what a write sends it: an error of its own is not the disk's.
pub(super) fn accepted_of(k: &Kernel<'_>, count: u32) -> Result<u32, Errno> {
    k.with(|s| {
        if s.chance(FaultKind::FailedCommit).is_some() {
            return Err(Errno::EIO);
        }
        match s.chance(FaultKind::PartialCommit).map(|fault| fault.kind) {
            Some(case::Injection::PartialCommit { cells }) => Ok(cells.min(count)),
            _ => Ok(count),
        }
    })
}
