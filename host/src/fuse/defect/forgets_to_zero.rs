//! The gap of a write past the end or a truncate up, or the tail of the last block after a truncate down, is not
//! cleared.

use super::{Chance, End, Entry, Fault, leave, marked};
use crate::fuse::blocks::BLOCK;
use crate::fuse::volume::{Volume, block_end};
use crate::marker::Marker;
use oracle::Class;

pub(super) const ENTRY: Entry = Entry {
    word: "forgets-to-zero",
    summary: "every second gap or truncated tail holds uninitialised memory; a cached page shows it after eviction",
    classes: &[Class::Uninit],
    classes_with_writeback_cache: &[Class::Uninit],
    fault: || Box::<ForgetsToZero>::default(),
};

/// At most this much of a gap is left uninitialised, so that a sparse file of a terabyte does not take as much memory.
const MOST: u64 = 16 * BLOCK as u64;

#[derive(Debug, Default)]
struct ForgetsToZero {
    chance: Chance<2>,
    page: u32,
}

impl Fault for ForgetsToZero {
    fn moved_end(&mut self, end: &End, volume: &mut Volume) {
        let opened = if end.to < end.from { end.to..block_end(end.to) } else { end.gap.clone() };
        if opened.is_empty() || !self.chance.take() {
            return;
        }
        let length = (opened.end - opened.start).min(MOST) as usize;
        self.page += 1;
        leave(volume, end.file, opened.start, &marked(Marker::Memory { page: self.page }, opened.start, length));
    }
}
