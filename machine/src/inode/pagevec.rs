//! Putting pages on the LRU lists: in batches, for the lists' lock is contended.

use super::Inodes;

/// Pages in one batch.
const BATCH: u32 = 14;

/// A batch of pages on their way to the LRU lists (only their number matters here).
#[derive(Debug, Default)]
pub struct Pagevec {
    pages: u32,
}

impl Pagevec {
    /// Adds a page; true if the batch is full, and so goes to the lists under their lock.
    fn add(&mut self) -> bool {
        self.pages += 1;
        let full = self.pages == BATCH;
        if full {
            self.pages = 0;
        }
        full
    }
}

impl Inodes {
    /// A run begins with an empty batch.
    pub(crate) fn start_pagevec(&mut self) {
        self.pagevec = Pagevec::default();
    }

    /// `lru_cache_add`: into the caller's own batch, or into the processor's.
    pub(crate) fn lru_add(&mut self, own: Option<&mut Pagevec>) {
        let full = own.unwrap_or(&mut self.pagevec).add();
        self.counters.lru_lock += u64::from(full);
    }

    /// `pagevec_lru_add` at the end of a write: what is left of a batch of the caller's own goes to the lists.
    pub(crate) fn drain(&mut self, batch: &Pagevec) {
        self.counters.lru_lock += u64::from(batch.pages > 0);
    }
}
