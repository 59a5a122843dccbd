//! After a write that extends the file, the kernel is told the old size once, so the next append goes to the old end.

use super::{Chance, End, Entry, Fault, Mover};
use crate::fuse::volume::Volume;
use oracle::Class;
use std::collections::BTreeMap;

pub(super) const ENTRY: Entry = Entry {
    word: "appends-overlap",
    summary: "after every second write that extends a file, the next call that asks is told the old size and appends there; not with a writeback cache",
    classes: &[Class::AppendOverlap, Class::Size],
    classes_with_writeback_cache: &[],
    fault: || Box::<AppendsOverlap>::default(),
};

#[derive(Debug, Default)]
struct AppendsOverlap {
    chance: Chance<2>,
    /// The old size of each file whose size lags.
    old: BTreeMap<u64, u64>,
}

impl Fault for AppendsOverlap {
    fn moved_end(&mut self, end: &End, _volume: &mut Volume) {
        self.old.remove(&end.file);
        if end.mover == Mover::Write && self.chance.take() {
            self.old.insert(end.file, end.from);
        }
    }

    fn describing(&mut self, file: u64, size: &mut u64) {
        if let Some(old) = self.old.remove(&file) {
            *size = old;
        }
    }
}
