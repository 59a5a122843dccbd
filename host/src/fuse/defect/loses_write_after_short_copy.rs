//! A write is acknowledged and dropped if the write before it ended inside a page.

use super::{Chance, Entry, Fault, Write};
use crate::fuse::blocks::BLOCK;
use crate::fuse::volume::Volume;
use oracle::Class;
use std::collections::BTreeMap;

pub(super) const ENTRY: Entry = Entry {
    word: "loses-write-after-short-copy",
    summary: "every second write inside the file that follows one which ended inside a page is dropped; cached pages hide it until evicted",
    classes: &[Class::LostWrite, Class::Rollback, Class::Zero],
    classes_with_writeback_cache: &[Class::LostWrite, Class::Rollback, Class::Zero],
    fault: || Box::<LosesWriteAfterShortCopy>::default(),
};

#[derive(Debug, Default)]
struct LosesWriteAfterShortCopy {
    chance: Chance<2>,
    /// Where the last write of each file ended.
    ends: BTreeMap<u64, u64>,
}

impl Fault for LosesWriteAfterShortCopy {
    fn writing(&mut self, write: &mut Write, volume: &Volume) {
        let last = self.ends.insert(write.file, write.end());
        let follows = last.is_some_and(|end| !end.is_multiple_of(BLOCK as u64));
        if follows && write.is_inside(volume) && self.chance.take() {
            write.data.clear();
        }
    }
}
