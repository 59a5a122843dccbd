//! The last page of a write, if the write ends inside it, gets zeroes instead of data.

use super::{Chance, Entry, Fault, Write};
use crate::fuse::blocks::BLOCK;
use crate::fuse::volume::Volume;
use oracle::Class;

pub(super) const ENTRY: Entry = Entry {
    word: "clears-tail-of-write",
    summary: "every third write that ends inside a page has zeroes in that page; if the page was cached before, they show after eviction",
    classes: &[Class::Zero],
    classes_with_writeback_cache: &[Class::Zero],
    fault: || Box::<ClearsTailOfWrite>::default(),
};

#[derive(Debug, Default)]
struct ClearsTailOfWrite {
    chance: Chance<3>,
}

impl Fault for ClearsTailOfWrite {
    fn writing(&mut self, write: &mut Write, _volume: &Volume) {
        let tail = (write.end() % BLOCK as u64) as usize;
        if tail != 0 && !write.data.is_empty() && self.chance.take() {
            let start = write.data.len().saturating_sub(tail);
            write.data[start..].fill(0);
        }
    }
}
