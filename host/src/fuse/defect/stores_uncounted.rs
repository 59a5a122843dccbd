//! A write counts half of its bytes and stores them all.

use super::{Chance, Entry, Fault, Write};
use crate::fuse::volume::Volume;
use oracle::Class;

pub(super) const ENTRY: Entry = Entry {
    word: "stores-uncounted",
    summary: "every third write inside the file counts only its first half; the other half is stored too and shows after eviction",
    classes: &[Class::Overrun, Class::Return],
    classes_with_writeback_cache: &[],
    fault: || Box::<StoresUncounted>::default(),
};

#[derive(Debug, Default)]
struct StoresUncounted {
    chance: Chance<3>,
}

impl Fault for StoresUncounted {
    fn writing(&mut self, write: &mut Write, volume: &Volume) {
        if let Some(half) = write.half()
            && write.is_inside(volume)
            && self.chance.take()
        {
            write.accepted = half;
        }
    }
}
