//! Cuts a page or a block out of a file, or a page out of a memory: everything beyond it, wherever it is named, moves
//! down.

use super::Shrinker;
use crate::targets::{memory, segments_mut};
use crate::{Case, MemoryKind, PageRange, Range, TaskOperation};

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
            TaskOperation::Write { file: of, offset, .. } if *of == file => cut.place(offset),
            TaskOperation::Truncate { file: of, size, .. } if *of == file => cut.place(size),
            TaskOperation::Read { file: of, range } | TaskOperation::Punch { file: of, range } if *of == file => {
                cut.range(range)
            }
            TaskOperation::Reclaim { file: of, pages } if *of == file => cut.pages(pages, page),
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
            TaskOperation::Load { range, .. } | TaskOperation::Store { range, .. } => cut.range(range),
            TaskOperation::Munmap { pages, .. }
            | TaskOperation::DontNeed { pages, .. }
            | TaskOperation::ReclaimPte { pages, .. } => cut.pages(pages, cells),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "shortcopy case 1\ngeometry page 64 block 16\nfs block\n";

    #[track_caller]
    fn assert_cut(before: &str, after: &str, change: impl FnOnce(&mut Case)) {
        let mut case = Case::parse("a test's", &format!("{HEAD}{before}")).unwrap_or_else(|error| panic!("{error:?}"));
        change(&mut case);
        assert_eq!(case.print(), format!("{HEAD}{after}"));
    }

    #[test]
    fn what_is_behind_a_page_moves_by_a_page_and_what_is_in_it_to_its_front() {
        let before = "\
file a size 320 disk 0..96 unwritten 128..320 cached 0 uptodate, 1 dirty, 2 empty
file b size 320 disk 0..320 cached 1 uptodate
memory m pages 1 maps a page 1 resident -
memory n pages 1 maps a page 2 resident -
memory o pages 1 maps b page 2 resident -
task w write a 128 [m 0..64]
task w write a 64 [m 0..64]
task w write a 129 [m 0..64]
task w write b 200 [m 0..64]
task w truncate b 200
task w read b 100..200
task w punch b 100..200
task w read a 100..200
task w punch a 10..128
task w truncate a 110
task w reclaim a pages 1..3
task w reclaim a page 1
task w reclaim b pages 1..3
task w load m 0..64
";
        let after = "\
file a size 256 disk 0..64 unwritten 64..256 cached 0 uptodate, 1 empty
file b size 320 disk 0..320 cached 1 uptodate
memory m pages 1 maps a page 1 resident -
memory n pages 1 maps a page 1 resident -
memory o pages 1 maps b page 2 resident -
task w write a 64 [m 0..64]
task w write a 64 [m 0..64]
task w write a 65 [m 0..64]
task w write b 200 [m 0..64]
task w truncate b 200
task w read b 100..200
task w punch b 100..200
task w read a 64..136
task w punch a 10..64
task w truncate a 64
task w reclaim a page 1
task w reclaim a page 1
task w reclaim b pages 1..3
task w load m 0..64
";
        assert_cut(before, after, |case| cut_file(case, 0, Cut { at: 64, width: 64 }));
    }

    #[test]
    fn a_block_goes_without_the_pages_moving() {
        let before = "\
file a size 128 disk 0..128 cached 0 uptodate, 1 empty
memory m pages 1 maps a page 1 resident -
task w write a 40 [m 0..64]
task w read a 16..32
task w reclaim a page 1
";
        let after = "\
file a size 112 disk 0..112 cached 0 uptodate, 1 empty
memory m pages 1 maps a page 1 resident -
task w write a 24 [m 0..64]
task w read a 16..16
task w reclaim a page 1
";
        assert_cut(before, after, |case| cut_file(case, 0, Cut { at: 16, width: 16 }));
    }

    const MEMORY: &str = "\
file a size 256 disk 0..256 cached -
memory m pages 3 resident 0,2 none 1
memory n pages 3 maps a page 1 resident -
task w write a 0 [m 0..8, m 64..128, m 130..140, n 130..140]
task w load m 100..192
task w store m 0..64
task w munmap m pages 1..3
task w madvise-dontneed m page 2
task w madvise-dontneed n page 2
task w reclaim-pte m page 0
";

    #[test]
    fn what_is_behind_a_page_of_memory_moves() {
        let after = "\
file a size 256 disk 0..256 cached -
memory m pages 2 resident 0,1
memory n pages 3 maps a page 1 resident -
task w write a 0 [m 0..8, m 64..64, m 66..76, n 130..140]
task w load m 64..128
task w store m 0..64
task w munmap m page 1
task w madvise-dontneed m page 1
task w madvise-dontneed n page 2
task w reclaim-pte m page 0
";
        assert_cut(MEMORY, after, |case| cut_memory(case, 0, 1));
    }

    #[test]
    fn a_mapping_shows_the_same_pages_where_its_front_goes() {
        for (cut, page) in [(0, 2), (1, 1), (2, 1)] {
            let mut case =
                Case::parse("a test's", &format!("{HEAD}{MEMORY}")).unwrap_or_else(|error| panic!("{error:?}"));
            cut_memory(&mut case, 1, cut);
            let kind = MemoryKind::Map { file: 0, page, shared: true };
            assert_eq!((case.memories[1].kind, case.memories[1].pages), (kind, 2), "without page {cut}");
        }
    }
}
