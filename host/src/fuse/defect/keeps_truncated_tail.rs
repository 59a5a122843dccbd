//! A truncate keeps the rest of its last block, which shows again when the file grows.

use super::{Chance, End, Entry, Fault, leave};
use crate::fuse::volume::Volume;
use oracle::Class;

pub(super) const ENTRY: Entry = Entry {
    word: "keeps-truncated-tail",
    summary: "every second truncate inside a block keeps the rest of the block; it shows when the file has grown again and the page was evicted",
    classes: &[Class::Resurrected],
    classes_with_writeback_cache: &[Class::Resurrected],
    fault: || Box::<KeepsTruncatedTail>::default(),
};

#[derive(Debug, Default)]
struct KeepsTruncatedTail {
    chance: Chance<2>,
}

impl Fault for KeepsTruncatedTail {
    fn moved_end(&mut self, end: &End, volume: &mut Volume) {
        if end.cut.iter().any(|it| *it != 0) && self.chance.take() {
            leave(volume, end.file, end.to, &end.cut);
        }
    }
}
