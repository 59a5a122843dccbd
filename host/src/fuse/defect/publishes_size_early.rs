//! A write that extends the file and ends inside a block makes the file end at the end of that block.

use super::{Chance, End, Entry, Fault, Mover};
use crate::fuse::volume::{Volume, block_end};
use oracle::Class;

pub(super) const ENTRY: Entry = Entry {
    word: "publishes-size-early",
    summary: "every third write that extends a file and ends inside a block moves the file's end to the end of the block; not with a writeback cache",
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
