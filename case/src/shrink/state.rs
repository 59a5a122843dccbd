//! Removes special properties of files, memory and the machine, one at a time.

use super::Shrinker;
use crate::allocation::allocate;
use crate::residency::residable;
use crate::{Cache, Case, ExtentKind, Geometry, MachineOptions, MemoryKind};

impl Shrinker<'_> {
    /// What is cached, then what is allocated.
    pub(super) fn plain_files(&mut self) {
        for file in 0..self.best.files.len() {
            self.change(|case| case.files[file].cached.clear());
            for cached in (0..self.best.files[file].cached.len()).rev() {
                if self.change(|case| _ = case.files[file].cached.remove(cached)) {
                    continue;
                }
                self.plain_cache(file, cached);
            }
            self.plain_extents(file);
        }
    }

    fn plain_cache(&mut self, file: usize, cached: usize) {
        for state in [Cache::Uptodate, Cache::Dirty, Cache::Empty] {
            if self.change(|case| case.files[file].cached[cached].state = state) {
                return;
            }
        }
        for block in 0..8 {
            if let Cache::Blocks(mask) = self.best.files[file].cached[cached].state {
                self.change(|case| case.files[file].cached[cached].state = Cache::Blocks(mask & !(1 << block)));
            }
        }
    }

    fn plain_extents(&mut self, file: usize) {
        if self.change(|case| allocate(&mut case.files[file], case.geometry))
            || self.change(|case| case.files[file].extents.clear())
        {
            return;
        }
        for extent in (0..self.best.files[file].extents.len()).rev() {
            if extent >= self.best.files[file].extents.len()
                || self.change(|case| _ = case.files[file].extents.remove(extent))
            {
                continue;
            }
            // Up to the next: the hole between goes.
            let next = self.best.files[file].extents.get(extent + 1).map(|next| next.range.start);
            if let Some(end) = next {
                self.change(|case| case.files[file].extents[extent].range.end = end);
            }
            self.change(|case| case.files[file].extents[extent].kind = ExtentKind::Disk);
            let end = self.best.files[file].size.next_multiple_of(self.best.geometry.block);
            self.change(|case| {
                let range = &mut case.files[file].extents[extent].range;
                range.end = range.end.min(end).max(range.start);
            });
        }
    }

    /// Anonymous, readable, all there, few pages, one address space.
    pub(super) fn plain_memories(&mut self) {
        self.change(|case| {
            case.memories.iter_mut().for_each(|memory| memory.mm = Some(0));
            case.tasks.iter_mut().for_each(|task| task.mm = Some(0));
        });
        for memory in 0..self.best.memories.len() {
            for pages in 1..self.best.memories[memory].pages {
                if self.change(|case| case.memories[memory].pages = pages) {
                    break;
                }
            }
            self.change(|case| case.memories[memory].kind = MemoryKind::Anonymous);
            self.plain_map(memory);
            self.change(|case| case.memories[memory].unreadable = 0);
            self.plain_residency(memory);
        }
    }

    /// Everything there that can be, at once and then page by page.
    fn plain_residency(&mut self, memory: usize) {
        let of = |case: &Case| residable(case.memories[memory].kind, case.memories[memory].pages, &case.files);
        self.change(|case| case.memories[memory].resident = of(case));
        for page in 0..self.best.memories[memory].pages {
            let bit = 1 << page;
            self.change(|case| case.memories[memory].unreadable &= !bit);
            self.change(|case| {
                let wanted = of(case) & bit;
                let resident = &mut case.memories[memory].resident;
                *resident = *resident & !bit | wanted;
            });
        }
    }

    fn plain_map(&mut self, memory: usize) {
        let MemoryKind::Map { file, page, shared } = self.best.memories[memory].kind else { return };
        let mut plainer = vec![MemoryKind::Map { file, page: 0, shared: true }];
        plainer.extend((0..page).map(|page| MemoryKind::Map { file, page, shared }));
        plainer.push(MemoryKind::Map { file, page, shared: true });
        for kind in plainer {
            if self.change(|case| case.memories[memory].kind = kind) {
                break;
            }
        }
    }

    /// The default machine, which needs no line in the text.
    pub(super) fn plain_machine(&mut self) {
        let default = MachineOptions::default();
        self.change(|case| case.machine = default);
        self.change(|case| case.machine.fault = default.fault);
        self.change(|case| case.machine.copy = default.copy);
        self.change(|case| case.machine.kmap_slots = default.kmap_slots);
        self.change(|case| case.machine.free_frames = default.free_frames);
        self.change(|case| case.machine.free_blocks = default.free_blocks);
        self.change(|case| case.geometry = Geometry::default());
        self.change(|case| case.geometry.block = Geometry::default().block);
    }
}
