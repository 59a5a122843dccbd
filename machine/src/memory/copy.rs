//! Copies from user memory that never fault: as far as pages are present.

use super::{Address, Iov, Memory};
use crate::defect::Defect;
use crate::names::PageId;
use crate::trace::Event;
use case::CopyForm;
use oracle::{Cell, OperationId, ZeroSite};

impl Memory {
    /// Copies what is present of `cells` from `address` to a page; returns how many. Copies forwards, cell by cell, as
    /// `memcpy` does where source and destination overlap.
    pub(crate) fn copy_present(&mut self, address: Address, to: PageId, start: u32, cells: u32) -> u32 {
        let size = self.geometry.page;
        let write = self.current_operation().unwrap_or(OperationId(0));
        let mut copied = 0;
        while copied < cells {
            let (index, offset) = ((address.offset + copied) / size, (address.offset + copied) % size);
            let Some(from) = self.memory(address.memory).resident(index) else { break };
            let piece = (size - offset).min(cells - copied);
            self.copy_cells(from, offset, to, start + copied, piece, write);
            copied += piece;
        }
        self.counters.cells_from_user += u64::from(copied);
        copied
    }

    /// Copies what is present, up to the first page that is not. `form` says what happens to the rest of the segment it
    /// stops in.
    pub(crate) fn copy_atomically(
        &mut self,
        page: PageId,
        start: u32,
        iov: &Iov<'_>,
        cells: u32,
        form: CopyForm,
    ) -> u32 {
        self.is_about_to_copy(page, start, cells);
        let mut copied = 0;
        for (address, length) in iov.pieces(cells) {
            let piece = self.copy_present(address, page, start + copied, length);
            copied += piece;
            if piece < length {
                if form == CopyForm::ClearsTail {
                    let end = start + copied + (length - piece);
                    self.clear(page, start + copied, end, ZeroSite::AtomicCopyTail);
                }
                break;
            }
        }
        self.note(Event::CopyIn { page, start, wanted: cells, copied });
        copied
    }

    /// What the machine's atomic copy does with what it cannot copy.
    pub(crate) fn form_of_atomic_copies(&mut self) -> CopyForm {
        if self.mended(Defect::AtomicCopyClears) { CopyForm::LeavesTail } else { self.options.copy }
    }

    pub(crate) fn copy_cells(
        &mut self,
        from: PageId,
        offset: u32,
        to: PageId,
        start: u32,
        cells: u32,
        write: OperationId,
    ) {
        let size = self.geometry.page as usize;
        let (from, to) = (from.index() * size + offset as usize, to.index() * size + start as usize);
        let cells = cells as usize;
        if from.abs_diff(to) < cells {
            for at in 0..cells {
                self.cells[to + at] = self.cells[from + at].copied_by(write);
            }
        } else {
            let (source, target) = disjoint(&mut self.cells, from, to, cells);
            for (target, source) in target.iter_mut().zip(source) {
                *target = source.copied_by(write);
            }
        }
    }
}

fn disjoint(cells: &mut [Cell], from: usize, to: usize, length: usize) -> (&[Cell], &mut [Cell]) {
    if from < to {
        let (left, right) = cells.split_at_mut(to);
        (&left[from..from + length], &mut right[..length])
    } else {
        let (left, right) = cells.split_at_mut(from);
        (&right[..length], &mut left[to..to + length])
    }
}
