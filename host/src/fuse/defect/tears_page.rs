//! A page is read once with its second half as it was before the last write; then it is right again.

use super::{Chance, End, Entry, Fault, Read, Write};
use crate::fuse::blocks::{BLOCK, parts};
use crate::fuse::volume::Volume;
use oracle::Class;
use std::collections::BTreeMap;

pub(super) const ENTRY: Entry = Entry {
    word: "tears-page",
    summary: "every second page whose second half was overwritten is read once, after eviction, with the old second half",
    classes: &[Class::Rollback, Class::LostWrite, Class::Torn],
    classes_with_writeback_cache: &[Class::Rollback, Class::LostWrite, Class::Torn],
    fault: || Box::<TearsPage>::default(),
};

const HALF: usize = BLOCK / 2;

#[derive(Debug, Default)]
struct TearsPage {
    chance: Chance<2>,
    /// The old second half, by file and block.
    before: BTreeMap<(u64, u64), Vec<u8>>,
}

impl Fault for TearsPage {
    fn writing(&mut self, write: &mut Write, volume: &Volume) {
        let Ok(file) = volume.file(write.file) else { return };
        for (block, inside, _) in parts(write.offset, write.data.len()) {
            let half = block * BLOCK as u64 + HALF as u64;
            if inside.end > HALF && half + HALF as u64 <= file.size && file.blocks.has(block) {
                self.before.insert((write.file, block), file.blocks.read(half, HALF));
            }
        }
    }

    fn moved_end(&mut self, end: &End, _volume: &mut Volume) {
        // Returning data that a truncate cut off would be another fault.
        if end.to < end.from {
            self.before.retain(|(file, _), _| *file != end.file);
        }
    }

    fn reading(&mut self, read: &mut Read, _volume: &Volume) {
        for (block, inside, outside) in parts(read.offset, read.data.len()) {
            if inside != (0..BLOCK) || !self.before.contains_key(&(read.file, block)) || !self.chance.take() {
                continue;
            }
            if let Some(before) = self.before.remove(&(read.file, block)) {
                read.data[outside][HALF..].copy_from_slice(&before);
            }
        }
    }
}
