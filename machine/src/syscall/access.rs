//! Loads and stores of a task: through its ptes, with faults where they are missing.

use crate::kernel::Kernel;
use crate::page_cache::{Access, BadAccess};
use crate::pages::fill_run;
use crate::state::State;
use crate::trace::Event;
use case::Range;
use oracle::{Cell, MemoryId, OperationId, Origin, Outcome};

impl State {
    fn load_present(&mut self, memory: MemoryId, offset: u32, cells: u32, into: u32) -> bool {
        let size = self.geometry.page;
        let Some(page) = self.memory(memory).resident(offset / size) else { return false };
        let start = offset % size;
        self.copy_to_history(page, start, cells, into);
        self.note(Event::CopyOut { page, start, end: start + cells });
        true
    }

    fn store_present(&mut self, id: OperationId, memory: MemoryId, offset: u32, cells: u32) -> bool {
        let size = self.geometry.page;
        let index = offset / size;
        if !self.can_access(memory, index, true) {
            return false;
        }
        let Some(page) = self.memory(memory).resident(index) else { return false };
        let start = offset % size;
        let first = Cell::new(Origin::Stored { operation: id, offset });
        let target = &mut self.cells_of_mut(page)[start as usize..(start + cells) as usize];
        fill_run(target, first);
        self.note(Event::Store { page, start, end: start + cells });
        self.memory_mut(memory).pristine &= !(1 << index);
        if self.page(page).mapping.is_some() {
            self.set_page_dirty(page);
        }
        true
    }
}

const fn signal(bad: BadAccess) -> Outcome {
    match bad {
        BadAccess::Segment => Outcome::SegmentationFault,
        BadAccess::Bus | BadAccess::NoMemory => Outcome::BusError,
    }
}

impl Kernel<'_> {
    pub(super) async fn load(&self, id: OperationId, memory: usize, range: Range) -> Outcome {
        let memory = MemoryId(memory as u8);
        let into = self.with(|s| s.reserve_observed(id, range.len()));
        let mut done = 0;
        let result = loop {
            if done == range.len() {
                break Outcome::Done(done);
            }
            let (offset, piece) = self.next_piece(range, done);
            self.preempt().await;
            if self.with(|s| s.load_present(memory, offset, piece, into + done)) {
                done += piece;
                continue;
            }
            let index = self.with(|s| offset / s.geometry.page);
            if let Err(bad) = self.fault(memory, index, false, Access::User).await {
                break signal(bad);
            }
        };
        self.with(|s| s.history.operations[id.index()].observed.end = into + done);
        result
    }

    pub(super) async fn store(&self, id: OperationId, memory: usize, range: Range) -> Outcome {
        let memory = MemoryId(memory as u8);
        let mut done = 0;
        while done < range.len() {
            let (offset, piece) = self.next_piece(range, done);
            self.preempt().await;
            if self.with(|s| s.store_present(id, memory, offset, piece)) {
                done += piece;
                continue;
            }
            let index = self.with(|s| offset / s.geometry.page);
            if let Err(bad) = self.fault(memory, index, true, Access::User).await {
                return signal(bad);
            }
        }
        Outcome::Done(done)
    }

    /// The next part of a range that lies in one page: where it begins and how long it is.
    fn next_piece(&self, range: Range, done: u32) -> (u32, u32) {
        let size = self.with(|s| s.geometry.page);
        let offset = range.start + done;
        (offset, (size - offset % size).min(range.len() - done))
    }
}
