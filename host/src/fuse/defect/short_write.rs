//! A write accepts half of what it was given, for no reason.

use super::{Chance, Entry, Fault, Write};
use crate::fuse::volume::Volume;
use oracle::Class;

pub(super) const ENTRY: Entry = Entry {
    word: "short-write",
    summary: "every third write of 128 bytes or more accepts half of them; a writeback cache does not check that, and the rest is lost after eviction",
    classes: &[Class::Return],
    classes_with_writeback_cache: &[Class::LostWrite, Class::Rollback, Class::Zero],
    fault: || Box::<ShortWrite>::default(),
};

#[derive(Debug, Default)]
struct ShortWrite {
    chance: Chance<3>,
}

impl Fault for ShortWrite {
    fn writing(&mut self, write: &mut Write, _volume: &Volume) {
        if let Some(half) = write.half()
            && self.chance.take()
        {
            write.accepted = half;
            write.data.truncate(half);
        }
    }
}
