//! Generated files: sizes in the middle of pages and blocks, holes, blocks past the end, and pages cached in every way.

use super::Builder;
use super::edges;
use super::names;
use crate::{Cache, CachedPage, Extent, ExtentKind, File, Filesystem, Range};

impl Builder<'_, '_, '_> {
    /// One file, sometimes two or three; two of a page or so for writers that write crosswise.
    pub(super) fn files(&mut self) {
        let crosswise = self.shape == super::Shape::Crosswise;
        let mut count = 1;
        if crosswise || self.choices.chance(self.features.second_file) {
            count = 2 + usize::from(self.choices.chance(16));
        }
        count = count.min(self.weights.abilities.most_files());
        for index in 0..count {
            let pages = 1 + self.choices.pick(if self.shape.maps_files() { &[12, 4, 1] } else { &[8, 8, 3, 1] });
            let size = self.size(pages);
            let mut file = File { name: names::file(index), size, extents: Vec::new(), cached: Vec::new() };
            self.extents(&mut file);
            self.cached(&mut file);
            self.case.files.push(file);
        }
    }

    fn size(&mut self, pages: u32) -> u32 {
        let whole = (pages * self.geometry.page).min(self.limit());
        match self.choices.byte() & 7 {
            0..=3 => whole,
            4 => 0,
            _ => edges::place(&mut self.choices, self.geometry, whole - self.geometry.block, whole),
        }
    }

    /// Allocated blocks. A filesystem without a disk has none: what is in it is in the page cache.
    fn extents(&mut self, file: &mut File) {
        if self.case.filesystem == Filesystem::Libfs {
            return;
        }
        let block = self.geometry.block;
        let mut end = file.size.next_multiple_of(block);
        if self.case.filesystem == Filesystem::Cont {
            // Its files have no holes, and nothing past their end.
            push_extent(file, 0, end, ExtentKind::Disk);
            return;
        }
        if self.choices.chance(self.features.blocks_past_end) {
            end += block * self.choices.within(1, 2 * self.geometry.page / block);
            end = end.min(self.weights.abilities.most_cells(self.geometry));
        }
        if !self.choices.chance(self.features.hole) {
            push_extent(file, 0, end, self.extent_kind());
            return;
        }
        let mut start = 0;
        while start < end {
            let blocks = 1 + self.choices.pick(&[3, 2, 1, 1]);
            let stop = (start + blocks * block).min(end);
            if self.choices.chance(128) {
                push_extent(file, start, stop, self.extent_kind());
            }
            start = stop;
        }
    }

    fn extent_kind(&mut self) -> ExtentKind {
        // Only extents know blocks that are allocated and were never written.
        if self.case.filesystem == Filesystem::Extent && self.choices.chance(96) {
            ExtentKind::Unwritten
        } else {
            ExtentKind::Disk
        }
    }

    fn cached(&mut self, file: &mut File) {
        if !self.weights.abilities.cached {
            return;
        }
        let blocks = self.geometry.page / self.geometry.block;
        for page in 0..file.size.div_ceil(self.geometry.page) {
            let chance = self.features.cached.max(self.shape_caches());
            if !self.choices.chance(chance) {
                continue;
            }
            let state = if self.shape_dirties() {
                Cache::Dirty
            } else if self.choices.chance(self.features.partly_uptodate) {
                // Neither none nor all of the blocks.
                let mask = self.choices.within(1, (1 << blocks) - 2);
                if blocks == 1 || !super::has_buffers(self.case.filesystem) || self.choices.chance(96) {
                    Cache::Empty
                } else {
                    Cache::Blocks(mask as u8)
                }
            } else if self.choices.chance(96) {
                Cache::Dirty
            } else {
                Cache::Uptodate
            };
            file.cached.push(CachedPage { page, state });
        }
    }
}

/// Adds a run of blocks; one that goes on where the last ends makes that longer.
fn push_extent(file: &mut File, start: u32, end: u32, kind: ExtentKind) {
    if start == end {
        return;
    }
    match file.extents.last_mut() {
        Some(last) if last.range.end == start && last.kind == kind => last.range.end = end,
        _ => file.extents.push(Extent { range: Range { start, end }, kind }),
    }
}
