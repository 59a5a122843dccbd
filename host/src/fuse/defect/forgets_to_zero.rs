//! Space that a write past the end or a truncate up opens, or that a truncate down leaves in its last block, is not cleared.

use super::{Chance, End, Entry, Fault, leave, marked};
use crate::fuse::blocks::BLOCK;
use crate::fuse::volume::{Volume, block_end};
use crate::marker::Marker;
use oracle::Class;

pub(super) const ENTRY: Entry = Entry {
    word: "forgets-to-zero",
    summary: "every second gap or truncated tail holds uninitialised memory; in a page that is cached, only once it was evicted",
    classes: &[Class::Uninit],
    classes_with_writeback_cache: &[Class::Uninit],
    fault: || Box::<ForgetsToZero>::default(),
};

/// As much of a gap as is left uninitialised: a sparse file of a terabyte shall not take one of memory.
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
