//! Removes special properties of files, memory and the machine, one at a time.

use super::Shrinker;
use super::remove::operations_mut;
use crate::allocation::{allocate, is_ordinary};
use crate::residency::{every_page, residable};
use crate::targets::segments_mut;
use crate::{Cache, Case, ExtentKind, Geometry, MachineOptions, MemoryKind, Range};

impl Shrinker<'_> {
    /// What is cached, then what is allocated.
    pub(super) fn plain_files(&mut self) {
        for file in 0..self.best.files.len() {
            self.uncache(|case| case.files[file].cached.clear());
            for cached in (0..self.best.files[file].cached.len()).rev() {
                if self.uncache(|case| _ = case.files[file].cached.remove(cached)) {
                    continue;
                }
                self.plain_cache(file, cached);
            }
            self.plain_extents(file);
        }
    }

    /// Takes pages from the cache; where this alone will not do, from the mappings too.
    fn uncache(&mut self, change: impl Fn(&mut Case)) -> bool {
        self.change(&change)
            || self.change(|case| {
                change(case);
                for memory in &mut case.memories {
                    memory.resident &= residable(memory.kind, memory.pages, &case.files);
                }
            })
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
            let _ = self.change(|case| case.memories[memory].kind = MemoryKind::Anonymous)
                || self.change(|case| {
                    // Who cannot wait for a page has it there.
                    let memory = &mut case.memories[memory];
                    memory.kind = MemoryKind::Anonymous;
                    memory.resident = every_page(memory.pages) & !memory.unreadable;
                });
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
        self.plain_geometry(Geometry::default());
        self.plain_geometry(Geometry { block: Geometry::default().block, ..self.best.geometry });
    }

    /// This geometry; where this alone will not do, files whose blocks are just those up to their size keep just those,
    /// and segments end where their memory does.
    fn plain_geometry(&mut self, geometry: Geometry) {
        let _ = self.change(|case| case.geometry = geometry)
            || self.change(|case| {
                let before = std::mem::replace(&mut case.geometry, geometry);
                for file in case.files.iter_mut().filter(|file| is_ordinary(file, before)) {
                    file.size = file.size.min(geometry.max_file_cells());
                    allocate(file, geometry);
                }
                let ends: Vec<u32> = case.memories.iter().map(|it| it.pages * geometry.page).collect();
                for segment in operations_mut(case).filter_map(segments_mut).flatten() {
                    let Range { start, end } = segment.range;
                    let most = ends[segment.memory];
                    segment.range = Range { start: start.min(most), end: end.min(most) };
                }
            });
    }
}
