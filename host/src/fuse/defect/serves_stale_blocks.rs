//! Some blocks that were never written read as what the disk held before.

use super::{Entry, Fault, Read};
use crate::fuse::blocks::{BLOCK, parts};
use crate::fuse::volume::Volume;
use crate::marker::{Marker, SECTOR};
use oracle::Class;

pub(super) const ENTRY: Entry = Entry {
    word: "serves-stale-blocks",
    summary: "every third block of a file, from the second on, reads as old disk content until somebody writes it",
    classes: &[Class::StaleBlock],
    classes_with_writeback_cache: &[Class::StaleBlock],
    fault: || Box::new(ServesStaleBlocks),
};

/// It goes by block numbers and not by chances, so that the kernel's readahead does not matter.
#[derive(Debug)]
struct ServesStaleBlocks;

impl Fault for ServesStaleBlocks {
    fn reading(&mut self, read: &mut Read, volume: &Volume) {
        let Ok(file) = volume.file(read.file) else { return };
        for (block, inside, outside) in parts(read.offset, read.data.len()) {
            if block % 3 == 1 && !file.blocks.has(block) {
                let stale = stale(read.file, block);
                read.data[outside].copy_from_slice(&stale[inside]);
            }
        }
    }
}

fn stale(file: u64, block: u64) -> [u8; BLOCK] {
    let mut content = [0; BLOCK];
    let first = ((file as u32) << 20) | (block as u32 * (BLOCK / SECTOR) as u32);
    for (sector, part) in (first..).zip(content.chunks_exact_mut(SECTOR)) {
        Marker::Disk { sector }.fill(part);
    }
    content
}
