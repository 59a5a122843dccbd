//! A write that makes the file longer and ends inside a block makes it end where the block does.

use super::{Chance, End, Entry, Fault, Mover};
use crate::fuse::volume::{Volume, block_end};
use oracle::Class;

pub(super) const ENTRY: Entry = Entry {
    word: "publishes-size-early",
    summary: "every third write that extends a file to inside a block moves its end to the block's; a writeback cache knows better",
    classes: &[Class::Size],
    classes_with_writeback_cache: &[],
    fault: || Box::<PublishesSizeEarly>::default(),
};

#[derive(Debug, Default)]
struct PublishesSizeEarly {
    chance: Chance<3>,
}

impl Fault for PublishesSizeEarly {
    fn moved_end(&mut self, end: &End, volume: &mut Volume) {
        let rounded = block_end(end.to);
        let extended = end.mover == Mover::Write && end.to > end.from;
        if extended
            && rounded != end.to
            && self.chance.take()
            && let Ok(file) = volume.file_mut(end.file)
        {
            file.size = rounded;
        }
    }
}
