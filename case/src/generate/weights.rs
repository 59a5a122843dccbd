//! What the generator prefers: swarm-style random weights for a batch of cases, and the limits that a strategy sets.

use super::choices::{Chance, Choices};
use crate::kinds::{InjectionSet, OperationKind, OperationSet};
use crate::{Abilities, Case, Filesystem, Form, Injection};
use arbitrary::Unstructured;

/// Weights of the generator. The first group limits it to what is supported and wanted, and is kept by
/// [`Weights::reroll`]. The rest is drawn anew for each batch: leaving most features out of a case makes the remaining
/// ones occur together more often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    /// What whoever runs the cases can do. It holds whatever the rest of the weights says.
    pub abilities: Abilities,
    /// The filesystems to choose from; empty means those of the thread's generic path: `block`, `libfs` and `nobh`.
    /// Who does not know the simulated kernel always gets `block`, which needs no form.
    pub filesystems: Vec<(Filesystem, Option<Form>)>,
    /// The operations that may occur.
    pub operations: OperationSet,
    /// The faults that may occur.
    pub faults: InjectionSet,
    /// Whether a case gets random slices; without, its schedule is empty and a scheduler decides.
    pub schedule: bool,
    /// Whether there may be kernel threads (tasks without an mm).
    pub kernel_threads: bool,
    /// Segments of a write; 1 for a strategy that takes no vector.
    pub max_segments: usize,
    /// Tasks of a case.
    pub max_tasks: usize,

    /// How likely each kind of operation is, by [`OperationKind`].
    pub weight: [u8; OperationKind::ALL.len()],
    /// How likely each feature is.
    pub features: Features,
}

/// How likely each feature of a case is, in 256ths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// A source that maps a file.
    pub mapped_source: u8,
    /// A mapping of a file beside the sources, for loads, stores and mlock.
    pub mapped_observer: u8,
    /// A write whose source maps the very page that it goes to.
    pub same_page: u8,
    /// Two writers whose sources map each other's files.
    pub crosswise: u8,
    /// A write while other tasks write its page out, or drop it and read it in again.
    pub writeback_or_invalidation: u8,
    /// A source page that is not there.
    pub absent_source: u8,
    /// A source page that cannot be read.
    pub unreadable: u8,
    /// A segment that runs past its memory.
    pub bad_pointer: u8,
    /// A page of a file that is in the cache.
    pub cached: u8,
    /// A cached page of which nothing, or only some blocks, is uptodate.
    pub partly_uptodate: u8,
    /// A block of a file that is not allocated.
    pub hole: u8,
    /// Blocks allocated past the end of a file.
    pub blocks_past_end: u8,
    /// A second file.
    pub second_file: u8,
    /// A write with several segments.
    pub vector: u8,
    /// A segment without a cell.
    pub empty_segment: u8,
    /// A kernel thread that writes.
    pub kernel_thread: u8,
    /// A second address space.
    pub second_mm: u8,
    /// A fault.
    pub fault: u8,
    /// Few free frames or blocks.
    pub scarcity: u8,
    /// Few slots for `kmap`.
    pub kmap: u8,
    /// An operation on the same file, range or memory as the operations before it.
    pub focus: u8,
}

/// How likely a feature is while it is switched off, usual, and the subject of the batch.
struct Levels {
    low: Chance,
    usual: Chance,
    high: Chance,
}

impl Levels {
    const fn new(low: Chance, usual: Chance, high: Chance) -> Self {
        Self { low, usual, high }
    }

    fn draw(&self, choices: &mut Choices<'_, '_>) -> Chance {
        [self.usual, self.low, self.high][choices.index(3)]
    }
}

impl Default for Weights {
    /// Everything at its usual weight.
    fn default() -> Self {
        let mut weights = Self {
            abilities: Abilities::EVERYTHING,
            filesystems: Vec::new(),
            operations: OperationSet::default(),
            faults: InjectionSet::default(),
            schedule: false,
            kernel_threads: true,
            max_segments: 4,
            max_tasks: 6.min(Case::MAX_TASKS),
            weight: [1; OperationKind::ALL.len()],
            features: Features::default(),
        };
        // No bytes: each draw gives the usual level.
        weights.reroll(&mut Unstructured::new(&[]));
        weights
    }
}

impl Weights {
    /// Random weights, nothing narrowed.
    #[must_use]
    pub fn swarm(u: &mut Unstructured<'_>) -> Self {
        let mut weights = Self::default();
        weights.reroll(u);
        weights
    }

    /// Draws the weights anew; what narrows the generator stays.
    pub fn reroll(&mut self, u: &mut Unstructured<'_>) {
        let choices = &mut Choices::new(u);
        for (kind, weight) in OperationKind::ALL.into_iter().zip(&mut self.weight) {
            *weight = [usual_weight(kind), 0, 12][choices.index(3)];
        }
        // A case without a write tests nothing of a write path.
        let write = &mut self.weight[OperationKind::Write as usize];
        *write = (*write).max(2);
        self.features = Features::draw(choices);
    }

    /// The weight of a kind of operation; 0 if it may not occur.
    #[must_use]
    pub fn of(&self, kind: OperationKind) -> u8 {
        if self.allows(kind) { self.weight[kind as usize] } else { 0 }
    }

    /// Whether this kind of operation is wanted, and whoever runs the case can do it.
    pub(crate) const fn allows(&self, kind: OperationKind) -> bool {
        self.operations.contains(kind) && self.abilities.operations.contains(kind)
    }

    /// Whether this fault is wanted, can be injected, and can happen on the filesystem.
    pub(crate) fn allows_fault(&self, kind: Injection, filesystem: Filesystem) -> bool {
        // Whose filesystem is not one of the kernel's says itself what can happen there.
        let can_happen = !self.abilities.kernel || super::fault_fits(kind, filesystem);
        self.faults.contains(kind) && self.abilities.faults.contains(kind) && can_happen
    }

    /// The most tasks that are wanted and can be.
    pub(crate) fn most_tasks(&self) -> usize {
        self.max_tasks.clamp(1, self.abilities.most_tasks())
    }

    /// The most segments of a write that are wanted and can be.
    pub(crate) fn most_segments(&self) -> usize {
        let most = if self.abilities.vectors { Case::MAX_SEGMENTS } else { 1 };
        self.max_segments.clamp(1, most)
    }

    /// The features, without those that whoever runs the case knows nothing of.
    pub(crate) fn features_within_abilities(&self) -> Features {
        let (it, features) = (&self.abilities, &self.features);
        let only = |can: bool, chance: Chance| if can { chance } else { 0 };
        Features {
            mapped_source: only(it.maps(), features.mapped_source),
            mapped_observer: only(it.maps(), features.mapped_observer),
            same_page: only(it.maps(), features.same_page),
            crosswise: only(it.maps() && it.files >= 2, features.crosswise),
            absent_source: only(it.absent_sources, features.absent_source),
            unreadable: only(it.unreadable_sources, features.unreadable),
            bad_pointer: only(it.unreadable_sources, features.bad_pointer),
            partly_uptodate: only(it.kernel, features.partly_uptodate),
            hole: only(it.holes, features.hole),
            blocks_past_end: only(it.kernel, features.blocks_past_end),
            second_file: only(it.files >= 2, features.second_file),
            kernel_thread: only(it.kernel, features.kernel_thread),
            second_mm: only(it.kernel, features.second_mm),
            kmap: only(it.kernel, features.kmap),
            scarcity: only(it.scarcity, features.scarcity),
            ..*features
        }
    }
}

const fn usual_weight(kind: OperationKind) -> u8 {
    match kind {
        OperationKind::Write | OperationKind::Read => 6,
        OperationKind::Load | OperationKind::Truncate | OperationKind::DontNeed | OperationKind::ReclaimPte => 3,
        OperationKind::Store | OperationKind::Munmap | OperationKind::Mlock | OperationKind::Append => 2,
        _ => 1,
    }
}

impl Features {
    fn draw(choices: &mut Choices<'_, '_>) -> Self {
        let mut draw = |low, usual, high| Levels::new(low, usual, high).draw(choices);
        Self {
            mapped_source: draw(0, 64, 200),
            mapped_observer: draw(0, 48, 200),
            same_page: draw(0, 32, 128),
            crosswise: draw(0, 24, 128),
            writeback_or_invalidation: draw(0, 16, 96),
            absent_source: draw(16, 112, 220),
            unreadable: draw(0, 8, 48),
            bad_pointer: draw(0, 8, 64),
            cached: draw(8, 112, 232),
            partly_uptodate: draw(0, 96, 200),
            hole: draw(0, 64, 192),
            blocks_past_end: draw(0, 24, 96),
            second_file: draw(0, 64, 200),
            vector: draw(0, 112, 224),
            empty_segment: draw(0, 24, 80),
            kernel_thread: draw(0, 6, 64),
            second_mm: draw(0, 8, 64),
            fault: draw(0, 12, 72),
            scarcity: draw(0, 16, 128),
            kmap: draw(0, 2, 32),
            focus: draw(128, 192, 240),
        }
    }
}
