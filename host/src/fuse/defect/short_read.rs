//! A read returns half of what there is.

use super::{Chance, Entry, Fault, Read};
use crate::fuse::volume::Volume;
use oracle::Class;

pub(super) const ENTRY: Entry = Entry {
    word: "short-read",
    summary: "every fourth read of pages that are not cached returns half; the kernel takes that for the end and caches zeroes behind it",
    classes: &[Class::ShortRead, Class::Size, Class::Zero],
    classes_with_writeback_cache: &[Class::Zero],
    fault: || Box::<ShortRead>::default(),
};

#[derive(Debug, Default)]
struct ShortRead {
    chance: Chance<4>,
}

impl Fault for ShortRead {
    fn reading(&mut self, read: &mut Read, _volume: &Volume) {
        if read.data.len() > 1 && self.chance.take() {
            read.data.truncate(read.data.len() / 2);
        }
    }
}
