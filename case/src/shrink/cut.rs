//! Cuts a page or a block out of a file, or a page out of a memory: everything beyond it, wherever it is named, moves
//! down.

use super::Shrinker;
use crate::mutate::{memory, segments_mut};
use crate::{Case, MemoryKind, Operation, PageRange, Range};

/// Blocks of a file that are tried one by one.
const MOST_BLOCKS: u32 = 40;

impl Shrinker<'_> {
    /// Pages, then blocks, of files; pages of memories.
    pub(super) fn cut_pages(&mut self) {
        for file in 0..self.best.files.len() {
            for width in [self.best.geometry.page, self.best.geometry.block] {
                let count = self.best.files[file].size.div_ceil(width).clamp(4, MOST_BLOCKS);
                for at in (0..count).rev() {
                    self.change(|case| cut_file(case, file, Cut { at: at * width, width }));
                }
            }
        }
        for memory in 0..self.best.memories.len() {
            for page in (0..self.best.memories[memory].pages).rev() {
                if self.best.memories[memory].pages > 1 {
                    self.change(|case| cut_memory(case, memory, page));
                }
            }
        }
    }
}

/// What is cut out: so many cells from here.
#[derive(Clone, Copy)]
struct Cut {
    at: u32,
    width: u32,
}

impl Cut {
    /// Where a place is after the cut.
    const fn place(self, place: &mut u32) {
        if *place > self.at + self.width {
            *place -= self.width;
        } else if *place > self.at {
            *place = self.at;
        }
    }

    const fn range(self, range: &mut Range) {
        self.place(&mut range.start);
        self.place(&mut range.end);
    }

    fn pages(self, pages: &mut PageRange, page: u32) {
        if self.width == page {
            let cut = Self { at: self.at / page, width: 1 };
            cut.place(&mut pages.start);
            cut.place(&mut pages.end);
            pages.end = pages.end.max(pages.start + 1);
        }
    }
}

fn cut_file(case: &mut Case, file: usize, cut: Cut) {
    let page = case.geometry.page;
    let changed = &mut case.files[file];
    cut.place(&mut changed.size);
    changed.extents.iter_mut().for_each(|extent| cut.range(&mut extent.range));
    if cut.width == page {
        let gone = cut.at / page;
        changed.cached.retain(|cached| cached.page != gone);
        changed.cached.iter_mut().filter(|cached| cached.page > gone).for_each(|cached| cached.page -= 1);
        for memory in &mut case.memories {
            if let MemoryKind::Map { file: mapped, page, .. } = &mut memory.kind {
                *page -= u32::from(*mapped == file && *page > gone);
            }
        }
    }
    for operation in super::remove::operations_mut(case) {
        match operation {
            Operation::Write { file: of, offset, .. } if *of == file => cut.place(offset),
            Operation::Truncate { file: of, size, .. } if *of == file => cut.place(size),
            Operation::Read { file: of, range } | Operation::Punch { file: of, range } if *of == file => {
                cut.range(range)
            }
            Operation::Reclaim { file: of, pages } if *of == file => cut.pages(pages, page),
            _ => {}
        }
    }
}

fn cut_memory(case: &mut Case, index: usize, page: u32) {
    let cells = case.geometry.page;
    let cut = Cut { at: page * cells, width: cells };
    let without = |mask: u32| (mask & ((1 << page) - 1)) | (mask >> (page + 1) << page);
    let changed = &mut case.memories[index];
    changed.pages -= 1;
    changed.resident = without(changed.resident);
    changed.unreadable = without(changed.unreadable);
    if let MemoryKind::Map { page: first, .. } = &mut changed.kind {
        // The pages behind stay those of the file that they were, where it is the front that goes.
        *first += u32::from(page == 0);
    }
    for operation in super::remove::operations_mut(case) {
        for segment in segments_mut(operation).into_iter().flatten().filter(|segment| segment.memory == index) {
            cut.range(&mut segment.range);
        }
        if memory(operation) != Some(index) {
            continue;
        }
        match operation {
            Operation::Load { range, .. } | Operation::Store { range, .. } => cut.range(range),
            Operation::Munmap { pages, .. }
            | Operation::DontNeed { pages, .. }
            | Operation::ReclaimPte { pages, .. } => cut.pages(pages, cells),
            _ => {}
        }
    }
}
