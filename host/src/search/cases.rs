//! The cases that are run on a real kernel: generated ones, limited to what is possible there.

use super::late_crash::make_crash_late;
use super::resolution::raise_resolution;
use crate::manner::{FinalLooks, Manner, Observers};
use arbitrary::Unstructured;
use case::{
    Cache, Case, Filesystem, InjectionSet, MachineOptions, MemoryKind, OperationKind, OperationSet, Runner, Slice,
    Weights, generate,
};
use fastrand::Rng;

/// How many cases share one set of weights.
const BATCH: u32 = 64;
/// Random bytes from which a case is generated.
const BYTES: usize = 1024;

fn copies_from_files(case: &Case) -> bool {
    let mut segments = case.tasks.iter().flat_map(|it| &it.operations).flat_map(|it| it.segments());
    segments.any(|it| matches!(case.memories[it.memory].kind, MemoryKind::Map { .. }))
}

/// Puts every page of every file into the cache, unless it is there already.
pub fn cache_everything(case: &mut Case) {
    for file in &mut case.files {
        let pages = file.size.div_ceil(case.geometry.page);
        let is_cached = |page: u32| file.cached.iter().any(|it| it.page == page);
        let missing: Vec<u32> = (0..pages).filter(|page| !is_cached(*page)).collect();
        file.cached.extend(missing.into_iter().map(|page| case::CachedPage { page, state: Cache::Uptodate }));
        file.cached.sort_by_key(|it| it.page);
    }
}

/// Draws cases.
#[derive(Debug)]
pub struct Cases {
    random: Rng,
    weights: Weights,
    left: u32,
    crashes: bool,
    late: bool,
}

impl Cases {
    /// The cases of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: Rng::with_seed(seed), weights: Weights::default(), left: 0, crashes: false, late: false }
    }

    /// Cases have crashes from now on; with `late`, each case has one that comes late.
    pub const fn crash(&mut self, late: bool) {
        self.crashes = true;
        self.late = late;
        self.left = 0;
    }

    /// The next case, and how to run it.
    pub fn draw(&mut self) -> (Case, Manner) {
        if self.left == 0 {
            self.left = BATCH;
            self.weights = self.weights();
        }
        self.left -= 1;
        let mut bytes = [0; BYTES];
        self.random.fill(&mut bytes);
        let mut case = generate(&mut Unstructured::new(&bytes), &self.weights);
        case.machine = MachineOptions { fault: case.machine.fault, ..MachineOptions::default() };
        if self.late {
            make_crash_late(&mut case, &mut self.random);
        }
        self.fit_schedule(&mut case);
        self.fit_cache(&mut case);
        // If a write copies from a mapping of a file, the oracle follows each cell to its origin, which is slow with
        // many cells.
        if !copies_from_files(&case) && self.random.u8(..3) == 0 {
            raise_resolution(&mut case, &mut self.random);
        }
        (case, self.manner())
    }

    fn weights(&mut self) -> Weights {
        let mut bytes = [0; 256];
        self.random.fill(&mut bytes);
        let without = [OperationKind::TruncateUnlocked, OperationKind::InvalidateAll];
        let all = if self.crashes { OperationSet::all() } else { OperationSet::default() };
        let operations = without.iter().fold(all, |set, it| set.without(*it));
        let mut weights = Weights {
            filesystems: vec![(Filesystem::Block, None)],
            operations,
            faults: InjectionSet::none(),
            schedule: true,
            kernel_threads: false,
            max_tasks: 4,
            ..Weights::default()
        };
        weights.reroll(&mut Unstructured::new(&bytes));
        if self.crashes {
            let all = [OperationKind::Crash, OperationKind::Fsync, OperationKind::Writeback];
            all.iter().for_each(|kind| weights.weight[*kind as usize] = 8);
        }
        let features = &mut weights.features;
        (features.second_mm, features.kernel_thread) = (0, 0);
        (features.fault, features.scarcity, features.kmap, features.partly_uptodate) = (0, 0, 0, 0);
        // Evicting a page takes longer than all the rest of a case.
        if self.random.u8(..4) > 0 {
            features.cached = 255;
        }
        weights
    }

    /// A step is longer here than in the simulated kernel: it ends after an operation or at a stop.
    fn fit_schedule(&mut self, case: &mut Case) {
        case.schedule.retain(|it| it.runner != Runner::Disk);
        for Slice { steps, .. } in &mut case.schedule {
            *steps = steps.map(|_| 1 + self.random.u32(..3));
        }
    }

    fn fit_cache(&self, case: &mut Case) {
        if self.weights.features.cached == 255 {
            cache_everything(case);
        }
    }

    /// Seldom any, and more seldom those that bring pages into the cache, because observers disturb what they look at.
    fn observers(&mut self) -> Observers {
        if self.random.u8(..4) > 0 {
            return Observers::NONE;
        }
        Observers { cache: true, mapping: self.random.u8(..6) == 0, waiting: self.random.u8(..6) == 0 }
    }

    fn manner(&mut self) -> Manner {
        Manner {
            racing: self.random.u8(..8) == 0,
            observers: self.observers(),
            prefixes: false,
            sprayed: false,
            looks: FinalLooks {
                read: self.random.u8(..4) > 0,
                mapping: self.random.u8(..4) == 0,
                evicted: self.random.u8(..4) == 0,
            },
        }
    }
}
