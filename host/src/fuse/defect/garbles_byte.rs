//! The last byte of a write becomes one that no case ever writes.

use super::{Chance, Entry, Fault, Write};
use crate::fuse::volume::Volume;
use oracle::Class;

pub(super) const ENTRY: Entry = Entry {
    word: "garbles-byte",
    summary: "the last byte of every third write is stored as 255; a cached page shows it after eviction",
    classes: &[Class::Garbage],
    classes_with_writeback_cache: &[Class::Garbage],
    fault: || Box::<GarblesByte>::default(),
};

#[derive(Debug, Default)]
struct GarblesByte {
    chance: Chance<3>,
}

impl Fault for GarblesByte {
    fn writing(&mut self, write: &mut Write, _volume: &Volume) {
        if let Some(last) = write.data.last_mut()
            && self.chance.take()
        {
            *last = u8::MAX;
        }
    }
}
