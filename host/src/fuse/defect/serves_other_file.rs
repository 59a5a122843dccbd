//! A block is read from another file, at the same offset.

use super::{Chance, Entry, Fault, Read};
use crate::fuse::blocks::parts;
use crate::fuse::volume::Volume;
use oracle::Class;

pub(super) const ENTRY: Entry = Entry {
    word: "serves-other-file",
    summary: "every third block that another file has too is read from that file; a cached page shows it after eviction",
    classes: &[Class::ForeignFile],
    classes_with_writeback_cache: &[Class::ForeignFile],
    fault: || Box::<ServesOtherFile>::default(),
};

#[derive(Debug, Default)]
struct ServesOtherFile {
    chance: Chance<3>,
}

impl Fault for ServesOtherFile {
    fn reading(&mut self, read: &mut Read, volume: &Volume) {
        for (block, inside, outside) in parts(read.offset, read.data.len()) {
            let other = volume.others(read.file).find(|it| it.linked && it.blocks.has(block));
            if let Some(other) = other
                && self.chance.take()
            {
                let offset = read.offset + outside.start as u64;
                read.data[outside].copy_from_slice(&other.blocks.read(offset, inside.len()));
            }
        }
    }
}
