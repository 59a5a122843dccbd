//! Bytes that do not belong where they were seen: searches for them in all other places of the case, and in what
//! earlier runs left behind.

use super::Decoder;
use crate::pattern::Key;
use oracle::{Cell, MemoryId, Origin};

/// How many bytes have to match before chance is excluded.
const CERTAIN: usize = 8;

/// A cell that nothing explains where it was seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stranger {
    pub cell: Cell,
    /// Its pattern, if it is one.
    pub key: Option<Key>,
}

impl Stranger {
    /// The next cell, if it is of the same run.
    pub fn followed_by(self, decoder: &Decoder<'_>, bytes: &[u8]) -> Option<Self> {
        let key = self.key?.advance(decoder.cell_size.cell());
        decoder.patterns.matches(key, bytes).then(|| Self { cell: self.cell.advance(1), key: Some(key) })
    }
}

impl Decoder<'_> {
    /// The origin of the first bytes, if they belong to another place; otherwise garbage.
    pub(super) fn elsewhere(&self, ahead: &[u8]) -> Stranger {
        let sample = &ahead[..ahead.len().min(self.cell_size.cell().max(CERTAIN))];
        let garbage = Cell::new(Origin::Memory { memory: MemoryId(15), offset: u32::from(sample[0]) });
        let nothing = Stranger { cell: garbage, key: None };
        if sample.len() < CERTAIN {
            return nothing;
        }
        let Some(place) = self.patterns.find(sample) else { return nothing };
        let key = self.patterns.key(place);
        let home = key.and_then(|key| self.home(key));
        // An earlier run left it: the block's content from before it belonged to this file.
        Stranger {
            cell: home.unwrap_or(Cell::new(Origin::Stale { block: 0, offset: 0 })),
            key: key.filter(|_| home.is_some()),
        }
    }

    /// The cell of this key in one of the layers.
    fn home(&self, key: Key) -> Option<Cell> {
        let mut layers = self.layers.files.iter().chain(&self.layers.memories).flatten();
        layers.find_map(|layer| {
            let bytes = key.after(layer.key).filter(|bytes| self.cell_size.is_whole(*bytes))?;
            let at = layer.start + self.cell_size.cells(bytes);
            layer.covers(at).then(|| layer.cell_at(at))
        })
    }
}
