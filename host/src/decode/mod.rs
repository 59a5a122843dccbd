//! The decoder: turns the bytes that were seen into cells with their origins.

mod layers;
mod strangers;

use crate::cell_size::CellSize;
use crate::marker::{Marker, WORD};
use crate::pattern::Patterns;
use crate::record::Record;
use case::{Case, MemoryKind};
use layers::{Layer, Layers};
use oracle::{Cell, Origin, Owner, ZeroSite};
use strangers::Stranger;

/// What was looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// A file, from this cell on.
    File(usize, u32),
    /// A memory, from this cell on.
    Memory(usize, u32),
}

/// A zero whose origin is unknown.
pub(crate) const ZERO: Cell = Cell::zero(ZeroSite::Start, None);
/// How many of the following cells are compared to prefer one layer to another.
const AHEAD: u32 = 16;

/// More bytes than this do not fit by chance.
const BY_CHANCE: usize = 4;

/// How many unexplained cells are searched for elsewhere; later ones are taken to be like the last.
const MOST_SEARCHES: u32 = 64;

/// Decodes what was seen in one run.
#[derive(Debug)]
pub(crate) struct Decoder<'d> {
    case: &'d Case,
    cell_size: CellSize,
    patterns: &'d Patterns,
    layers: Layers,
    reading: Reading,
}

/// How bytes that match two layers are read. Two writes may copy the same bytes to the same place; and one time in
/// 250, a byte equals the one that was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    order: Order,
    /// Whether the next layer begins as early as it matches, and not only where the previous one stops matching.
    early: bool,
}

/// Which of two writes that copied the same bytes to the same place counts as seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The one for which the source was filled, else the later one.
    Filled,
    /// The later one.
    Later,
    /// The earlier one.
    Earlier,
}

impl Reading {
    /// The reading that is reported.
    pub const FIRST: Self = Self { order: Order::Filled, early: false };
    /// The other readings: a verdict counts only if it comes in these as well.
    pub const OTHERS: [Self; 5] = [
        Self { order: Order::Earlier, early: true },
        Self { order: Order::Later, early: true },
        Self { order: Order::Filled, early: true },
        Self { order: Order::Earlier, early: false },
        Self { order: Order::Later, early: false },
    ];
}

impl<'d> Decoder<'d> {
    pub fn new(case: &'d Case, records: &[Record], patterns: &'d Patterns, reading: Reading) -> Self {
        let cell_size = CellSize::of(case.geometry);
        let mut layers = layers::layers(case, cell_size, records, reading.order);
        if reading.order == Order::Earlier {
            layers.files.iter_mut().for_each(|it| it.reverse());
        }
        Self { case, cell_size, patterns, layers, reading }
    }

    /// Whether more origins are possible than the decoder distinguishes.
    pub const fn is_cut(&self) -> bool {
        self.layers.is_cut
    }

    /// Adds the cells of what was seen to an arena; `seen` has whole cells.
    pub fn decode(&self, place: Place, seen: &[u8], cells: &mut Vec<Cell>) {
        let (layers, start) = self.layers_of(place);
        let cell = self.cell_size.cell();
        let count = (seen.len() / cell) as u32;
        let mut current: Option<&Layer> = None;
        let mut stranger: Option<Stranger> = None;
        let mut searched = 0;
        for at in 0..count {
            let bytes = &seen[at as usize * cell..(at as usize + 1) * cell];
            let here = start + at;
            if let Some(next) = stranger.and_then(|it| it.followed_by(self, bytes)) {
                // The run continues: if one of its cells also matches another layer, that is chance.
                cells.push(next.cell);
                stranger = Some(next);
                continue;
            }
            if self.reading.early
                && let Some(next) = layers.iter().find(|it| it.start == here && self.fits(it, here, bytes))
            {
                current = Some(next);
            }
            if current.is_none_or(|layer| !self.fits(layer, here, bytes)) {
                let before = current.take();
                if bytes.iter().all(|byte| *byte == 0) {
                    stranger = None;
                    cells.push(ZERO);
                    continue;
                }
                let ahead = &seen[at as usize * cell..];
                current = self.best(layers, here, ahead).or_else(|| self.mixed(layers, here, bytes));
                if let (true, Some(before), Some(next)) = (self.reading.early, before, current) {
                    self.begin_earlier(before, next, (start, here), seen, cells);
                }
            }
            if let Some(layer) = current {
                stranger = None;
                cells.push(layer.cell_at(here));
            } else {
                searched += 1;
                let next = match stranger {
                    Some(before) if searched > MOST_SEARCHES => Stranger { key: None, ..before },
                    _ => self.stranger(seen, at as usize * cell),
                };
                cells.push(next.cell);
                stranger = Some(next);
            }
        }
    }

    /// Moves the beginning of the next layer back over the cells that match it as well; `start` is the place of the
    /// first byte seen.
    fn begin_earlier(&self, before: &Layer, next: &Layer, (start, here): (u32, u32), seen: &[u8], cells: &mut [Cell]) {
        let size = self.cell_size.cell();
        for (cell, at) in cells.iter_mut().rev().zip((start..here).rev()).take(BY_CHANCE / size) {
            let bytes = &seen[(at - start) as usize * size..][..size];
            if !before.covers(at) || *cell != before.cell_at(at) || !self.fits(next, at, bytes) {
                return;
            }
            *cell = next.cell_at(at);
        }
    }

    fn layers_of(&self, place: Place) -> (&[Layer], u32) {
        match place {
            Place::File(file, start) => (&self.layers.files[file], start),
            Place::Memory(memory, start) => match self.case.memories[memory].kind {
                MemoryKind::Anonymous => (&self.layers.memories[memory], start),
                MemoryKind::Map { shared: false, .. } => (&self.layers.memories[memory], start),
                MemoryKind::Map { file, page, .. } => {
                    (&self.layers.files[file], page * self.case.geometry.page + start)
                }
            },
        }
    }

    fn fits(&self, layer: &Layer, cell: u32, bytes: &[u8]) -> bool {
        layer.covers(cell) && self.patterns.matches(layer.key_at(cell, self.cell_size), bytes)
    }

    /// The layer that explains the most of the following cells; of several, the first.
    fn best<'l>(&self, layers: &'l [Layer], cell: u32, ahead: &[u8]) -> Option<&'l Layer> {
        let size = self.cell_size.cell();
        let explained = |layer: &Layer| {
            let chunks = ahead.chunks_exact(size).take(AHEAD as usize);
            chunks.zip(cell..).take_while(|(bytes, at)| self.fits(layer, *at, bytes)).count()
        };
        let mut best: Option<(usize, &Layer)> = None;
        for layer in layers {
            let explains = explained(layer);
            if explains > best.map_or(0, |(most, _)| most) {
                best = Some((explains, layer));
            }
        }
        best.map(|(_, layer)| layer)
    }

    /// A layer for a cell that mixes bytes of several layers: where two copies overlap, each byte comes from one of
    /// them, and the same holds for copies from there.
    fn mixed<'l>(&self, layers: &'l [Layer], cell: u32, bytes: &[u8]) -> Option<&'l Layer> {
        if bytes.len() < WORD {
            return None;
        }
        let here = |layer: &&Layer| layer.covers(cell);
        let has = |layer: &Layer, at: usize, byte: u8| {
            self.patterns.matches(layer.key_at(cell, self.cell_size).advance(at), &[byte])
        };
        let is_of_any =
            |(at, byte): (usize, &u8)| *byte == 0 || layers.iter().filter(here).any(|it| has(it, at, *byte));
        let all = bytes.iter().enumerate().all(is_of_any);
        let (at, byte) = bytes.iter().enumerate().find(|(_, byte)| **byte != 0)?;
        layers.iter().filter(here).find(|it| all && has(it, at, *byte))
    }

    /// A cell that nothing explains at this place.
    fn stranger(&self, seen: &[u8], at: usize) -> Stranger {
        let marked = |origin| Stranger { cell: Cell::new(origin), key: None };
        match marker(seen, at) {
            Some(Marker::Disk { sector }) => marked(Origin::Stale { block: sector as u16, offset: 0 }),
            Some(Marker::Memory { page }) => {
                marked(Origin::Uninitialised { frame: page as u16, before: Owner::Unknown })
            }
            None => self.elsewhere(&seen[at..]),
        }
    }
}

/// The marker that a place is part of.
fn marker(seen: &[u8], at: usize) -> Option<Marker> {
    let word = at / WORD * WORD;
    let bytes = seen.get(word..word + WORD)?;
    Marker::read(bytes.try_into().ok()?)
}

#[cfg(test)]
mod tests {
    use super::{Cell, Decoder, Origin, Place, Reading};
    use crate::pattern::{Key, Patterns, Version};
    use crate::record::Record;
    use case::Case;
    use oracle::FileId;

    /// A write whose first byte is, by chance, the one that was there: either reading of it is right.
    #[test]
    fn a_byte_that_fits_by_chance_is_read_either_way() {
        let patterns = Patterns::new(7);
        let byte_of = |key: Key| (1..=255).find(|it| patterns.matches(key, &[*it])).expect("a byte");
        let content = |at: usize| byte_of(Key::file(0, Version::Initial).advance(at));
        let written = |at: usize| byte_of(Key::memory(0, Version::Operation(0)).advance(at));
        let from = (0..1000).find(|from| written(*from) == content(100)).expect("a chance");
        let text = format!(
            "shortcopy case 1\ngeometry page 4096 block 4096\nfile a size 4096 disk 0..4096 cached -\n\
             memory m pages 1 resident 0\ntask w write a 100 [m {from}..{}]\n",
            from + 50
        );
        let case = Case::parse("it", &text).expect("a case");
        let seen: Vec<u8> = (0..100).map(content).chain((from..from + 50).map(written)).collect();
        let cell = |reading| {
            let mut cells = Vec::new();
            Decoder::new(&case, &[Record::default()], &patterns, reading).decode(Place::File(0, 0), &seen, &mut cells);
            assert_eq!(cells[99], Cell::new(Origin::Content { file: FileId(0), offset: 99 }));
            assert!(matches!(cells[101].origin(), Origin::Written { .. }));
            cells[100].origin()
        };
        assert_eq!(cell(Reading::FIRST), Origin::Content { file: FileId(0), offset: 100 });
        assert!(matches!(cell(Reading::OTHERS[0]), Origin::Written { offset, .. } if offset as usize == from));
    }
}
