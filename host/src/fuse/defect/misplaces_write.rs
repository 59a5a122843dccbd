//! A write goes to the block beside the right one.

use super::{Chance, Entry, Fault, Write};
use crate::fuse::blocks::BLOCK;
use crate::fuse::volume::Volume;
use oracle::Class;

pub(super) const ENTRY: Entry = Entry {
    word: "misplaces-write",
    summary: "every third write inside the file goes a block too high or too low; cached pages show it after eviction",
    classes: &[Class::Misplaced, Class::LostWrite, Class::Rollback],
    classes_with_writeback_cache: &[Class::Misplaced, Class::LostWrite, Class::Rollback],
    fault: || Box::<MisplacesWrite>::default(),
};

#[derive(Debug, Default)]
struct MisplacesWrite {
    chance: Chance<3>,
}

impl Fault for MisplacesWrite {
    fn writing(&mut self, write: &mut Write, volume: &Volume) {
        let shift = BLOCK as u64;
        let size = volume.file(write.file).map_or(0, |it| it.size);
        // Never past the end: a wrong size would be another fault.
        let (up, down) = (write.end() + shift <= size, write.offset >= shift && write.end() <= size);
        if !write.data.is_empty() && (up || down) && self.chance.take() {
            write.offset = if up { write.offset + shift } else { write.offset - shift };
        }
    }
}
