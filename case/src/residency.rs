//! Which pages of a memory can be resident from the beginning.

use crate::{Cache, File, MemoryKind};

/// The pages that can be resident from the beginning: all pages of anonymous memory; of a mapping, those that are
/// cached and uptodate.
pub(crate) fn residable(kind: MemoryKind, pages: u32, files: &[File]) -> u32 {
    let MemoryKind::Map { file, page, .. } = kind else { return every_page(pages) };
    let mut mask = 0;
    for cached in &files[file].cached {
        let there = matches!(cached.state, Cache::Uptodate | Cache::Dirty);
        if there && (page..page + pages).contains(&cached.page) {
            mask |= 1 << (cached.page - page);
        }
    }
    mask
}

/// The mask of this many pages.
pub(crate) const fn every_page(pages: u32) -> u32 {
    if pages >= 32 { u32::MAX } else { (1 << pages) - 1 }
}
