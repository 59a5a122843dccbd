//! Bytes that do not belong where they were seen: looked for in every other place of the case, and in what earlier runs left behind.

use super::Decoder;
use super::layers::Layer;
use crate::pattern::{Key, Patterns, Version};
use case::Case;
use oracle::{Cell, MemoryId, Origin};

/// So many bytes have to agree before chance is excluded.
const CERTAIN: usize = 8;
/// So many runs back something may have been left.
const REMEMBERED: u64 = 32;

impl Decoder<'_> {
    /// The cell that the first bytes are, if they belong to another place; else garbage.
    pub(super) fn elsewhere(&self, ahead: &[u8]) -> Cell {
        let sample = &ahead[..ahead.len().min(self.scale.cell().max(CERTAIN))];
        let nothing = Cell::new(Origin::Memory { memory: MemoryId(15), offset: u32::from(sample[0]) });
        if sample.len() < CERTAIN {
            return nothing;
        }
        let all = self.layers.files.iter().chain(&self.layers.memories).flatten();
        let homes = all.filter_map(|layer| self.home(layer, sample));
        homes.chain(self.left_behind(sample)).next().unwrap_or(nothing)
    }

    /// Where in a layer these bytes belong.
    fn home(&self, layer: &Layer, sample: &[u8]) -> Option<Cell> {
        let is_it = |at: &u32| self.patterns.matches(layer.key_at(*at, self.scale), sample);
        (layer.start..layer.end).find(is_it).map(|at| layer.cell_at(at))
    }

    /// Whether an earlier run left these bytes: what a block or page held before it was this file's.
    fn left_behind(&self, sample: &[u8]) -> Option<Cell> {
        let mut patterns = self.patterns.clone();
        let runs = (self.run.saturating_sub(REMEMBERED)..self.run).rev();
        runs.into_iter().find_map(|run| {
            patterns.turn(run);
            self.is_from(&patterns, sample).then(|| Cell::new(Origin::Stale { block: 0, offset: 0 }))
        })
    }

    fn is_from(&self, patterns: &Patterns, sample: &[u8]) -> bool {
        let operations = (0..Case::MAX_OPERATIONS as u8).map(Version::Operation);
        let versions: Vec<Version> = operations.chain([Version::Initial, Version::Overwritten]).collect();
        let places = 0..self.scale.cells(17 * crate::scale::PAGE);
        let keys = (0..Case::MAX_FILES).map(|file| Key::file(file, Version::Initial));
        let contents = keys.map(|key| (key, places.clone()));
        let found = |key: Key, at: u32| patterns.matches(key.advance(self.scale.bytes(at)), sample);
        if contents.into_iter().any(|(key, mut places)| places.any(|at| found(key, at))) {
            return true;
        }
        (0..4).any(|memory| {
            versions.iter().any(|version| {
                places.clone().any(|at| found(Key::memory(memory, *version), at))
            })
        })
    }
}
