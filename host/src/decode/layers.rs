//! The layers of a file or memory: each operation that may have put bytes there, the bytes it would have put, and
//! their origin as cells.

use super::Order;
use crate::cell_size::CellSize;
use crate::pattern::{Key, Version};
use crate::record::Record;
use case::{Case, Iovec, MemoryKind, TaskOperation};
use oracle::{Cell, FileId, MemoryId, OperationId, Origin};
use std::collections::HashMap;

/// One run of cells with one origin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer {
    /// Its first cell in the object.
    pub start: u32,
    /// One past its last.
    pub end: u32,
    /// The pattern at its start.
    pub key: Key,
    /// The cell at its start.
    pub cell: Cell,
}

impl Layer {
    pub const fn covers(&self, cell: u32) -> bool {
        self.start <= cell && cell < self.end
    }

    const fn diagonal(&self, cell_size: CellSize) -> (isize, u8) {
        self.key.diagonal(cell_size.bytes(self.start))
    }

    pub const fn key_at(&self, cell: u32, cell_size: CellSize) -> Key {
        self.key.advance(cell_size.bytes(cell - self.start))
    }

    pub const fn cell_at(&self, cell: u32) -> Cell {
        self.cell.advance(cell - self.start)
    }

    /// The part of it that lies in a range, moved to where that range is copied.
    fn moved(&self, from: u32, length: u32, to: u32, cell_size: CellSize) -> Option<Self> {
        let (start, end) = (self.start.max(from), self.end.min(from + length));
        (start < end).then(|| Self {
            start: to + (start - from),
            end: to + (end - from),
            key: self.key_at(start, cell_size),
            cell: self.cell_at(start),
        })
    }
}

/// The layers of all files and memories of a case.
#[derive(Debug, Default)]
pub(super) struct Layers {
    pub files: Vec<Vec<Layer>>,
    pub memories: Vec<Vec<Layer>>,
    /// Whether a file would have more layers than the limit.
    pub is_cut: bool,
}

/// The most layers that a file may have: a write that copies from its own destination adds more and more of them, in
/// the worst case one for each cell.
const MOST_LAYERS: usize = 1024;

/// The layers on each diagonal of a file: layers on one diagonal may be parts of one run of bytes.
#[derive(Debug, Default)]
struct Diagonals(HashMap<(usize, (isize, u8)), Vec<usize>>);

impl Diagonals {
    fn of(layers: &[Vec<Layer>], cell_size: CellSize) -> Self {
        let mut diagonals = Self::default();
        for (file, layers) in layers.iter().enumerate() {
            for (number, layer) in layers.iter().enumerate() {
                diagonals.0.entry((file, layer.diagonal(cell_size))).or_default().push(number);
            }
        }
        diagonals
    }

    /// Adds a layer to a file, or extends the one that it continues. Returns whether that added anything; `None` if
    /// there is no room.
    fn add(&mut self, file: usize, into: &mut Vec<Layer>, layer: Layer, cell_size: CellSize) -> Option<bool> {
        let numbers = self.0.entry((file, layer.diagonal(cell_size))).or_default();
        for number in numbers.iter() {
            let there = &mut into[*number];
            let (first, second) = if there.start <= layer.start { (*there, layer) } else { (layer, *there) };
            if first.end >= second.start && first.cell_at(second.start) == second.cell {
                let end = first.end.max(second.end);
                let is_new = first.start < there.start || end > there.end;
                *there = Layer { end, ..first };
                return Some(is_new);
            }
        }
        if into.len() == MOST_LAYERS {
            return None;
        }
        numbers.push(into.len());
        into.push(layer);
        Some(true)
    }
}

struct Piece {
    file: usize,
    at: u32,
    operation: u8,
    segment: Iovec,
    /// Whether its source may hold something other than what was filled in for it.
    is_shared: bool,
}

/// Lists the layers.
pub(super) fn layers(case: &Case, cell_size: CellSize, records: &[Record], order: Order) -> Layers {
    let mut layers = Layers {
        files: (0..case.files.len()).map(|file| vec![content(file, cell_size)]).collect(),
        memories: vec![Vec::new(); case.memories.len()],
        is_cut: false,
    };
    let pieces = pieces(case, records);
    memories(case, &mut layers);
    for piece in pieces.iter().rev() {
        copies(case, cell_size, &mut layers, piece);
        if order != Order::Filled {
            left_by_others(case, cell_size, &mut layers, piece);
        }
    }
    if order == Order::Filled {
        pieces.iter().rev().for_each(|piece| left_by_others(case, cell_size, &mut layers, piece));
    }
    let operations = case.tasks.iter().flat_map(|task| &task.operations);
    for (number, operation) in (0..).zip(operations) {
        store(case, cell_size, &mut layers, number, operation);
    }
    // What was copied may itself be a copy: each round follows one more copy.
    let mut diagonals = Diagonals::of(&layers.files, cell_size);
    while through_mappings(case, cell_size, &mut layers, &pieces, &mut diagonals) {}
    private_mappings(case, cell_size, &mut layers);
    layers
}

/// What a private mapping shows: what was stored to it, and elsewhere the file.
fn private_mappings(case: &Case, cell_size: CellSize, layers: &mut Layers) {
    for (memory, into) in case.memories.iter().zip(&mut layers.memories) {
        let MemoryKind::Map { file, page, shared: false } = memory.kind else { continue };
        let length = memory.pages * case.geometry.page;
        into.extend(
            layers.files[file].iter().filter_map(|it| it.moved(page * case.geometry.page, length, 0, cell_size)),
        );
    }
}

fn content(file: usize, cell_size: CellSize) -> Layer {
    let (version, cells) = (Version::Initial, cell_size.cells(17 * crate::cell_size::PAGE));
    let cell = Cell::new(Origin::Content { file: FileId(file as u8), offset: 0 });
    Layer { start: 0, end: cells, key: Key::file(file, version), cell }
}

/// The segments of all writes, with their places in the files.
fn pieces(case: &Case, records: &[Record]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let operations = case.tasks.iter().flat_map(|task| &task.operations);
    for ((operation, it), record) in (0_u8..).zip(operations).zip(records) {
        let (file, offset) = match it {
            TaskOperation::Write { file, offset, .. } => (*file, Some(*offset)),
            TaskOperation::Append { file, .. } => (*file, record.position),
            _ => continue,
        };
        // Nobody knows where an append that failed would have gone.
        let Some(mut at) = offset else { continue };
        for segment in it.segments() {
            let is_shared = record.shared_sources >> segment.memory & 1 == 1;
            pieces.push(Piece { file, at, operation, segment: *segment, is_shared });
            at += segment.range.len();
        }
    }
    pieces
}

/// What anonymous memory may hold, as its own loads see it.
fn memories(case: &Case, layers: &mut Layers) {
    for (number, memory) in case.memories.iter().enumerate() {
        if memory.kind != MemoryKind::Anonymous {
            continue;
        }
        let cell = Cell::new(Origin::Memory { memory: MemoryId(number as u8), offset: 0 });
        let end = memory.pages * case.geometry.page;
        let operations = (0_u8..).zip(case.tasks.iter().flat_map(|task| &task.operations));
        let fills = operations.filter(|(_, it)| it.segments().iter().any(|it| it.memory == number));
        let mut versions = vec![Version::Initial];
        versions.extend(fills.map(|(operation, _)| Version::Operation(operation)));
        let layer = |version| Layer { start: 0, end, key: Key::memory(number, version), cell };
        layers.memories[number].extend(versions.into_iter().map(layer));
    }
}

/// What a write copies from anonymous memory that was filled for it.
fn copies(case: &Case, cell_size: CellSize, layers: &mut Layers, piece: &Piece) {
    if case.memories[piece.segment.memory].kind == MemoryKind::Anonymous {
        layers.files[piece.file].push(piece.layer(Version::Operation(piece.operation), cell_size));
    }
}

/// What a write copies from anonymous memory that holds what another operation left there.
fn left_by_others(case: &Case, cell_size: CellSize, layers: &mut Layers, piece: &Piece) {
    let memory = piece.segment.memory;
    if case.memories[memory].kind == MemoryKind::Anonymous && piece.is_shared {
        let operations = case.tasks.iter().flat_map(|task| &task.operations);
        let reads = |it: &TaskOperation| it.segments().iter().any(|it| it.memory == memory);
        let others = (0_u8..).zip(operations).filter(|(number, it)| *number != piece.operation && reads(it));
        let versions = others.map(|(number, _)| Version::Operation(number)).chain([Version::Initial]);
        layers.files[piece.file].extend(versions.map(|version| piece.layer(version, cell_size)));
    }
}

impl Piece {
    /// What it copies if its source holds this version.
    fn layer(&self, version: Version, cell_size: CellSize) -> Layer {
        let Iovec { memory, range } = self.segment;
        let origin = Origin::Written {
            operation: OperationId(self.operation),
            memory: MemoryId(memory as u8),
            offset: range.start,
        };
        let key = Key::memory(memory, version).advance(cell_size.bytes(range.start));
        Layer { start: self.at, end: self.at + range.len(), key, cell: Cell::new(origin) }
    }
}

/// What a store leaves: in its memory, in the file that the memory maps, and in what a write copies from there.
fn store(case: &Case, cell_size: CellSize, layers: &mut Layers, number: u8, operation: &TaskOperation) {
    let TaskOperation::Store { memory, range } = operation else { return };
    let cell = Cell::new(Origin::Stored { operation: OperationId(number), offset: range.start });
    let key = Key::memory(*memory, Version::Operation(number)).advance(cell_size.bytes(range.start));
    let layer = Layer { start: range.start, end: range.end, key, cell };
    match case.memories[*memory].kind {
        MemoryKind::Map { file, page, shared: true } => {
            let base = page * case.geometry.page;
            layers.files[file].push(Layer { start: base + layer.start, end: base + layer.end, ..layer });
        }
        _ => layers.memories[*memory].push(layer),
    }
}

/// Adds what writes copy from mappings, and from memory that somebody stored to; returns whether that added anything.
fn through_mappings(
    case: &Case,
    cell_size: CellSize,
    layers: &mut Layers,
    pieces: &[Piece],
    diagonals: &mut Diagonals,
) -> bool {
    let mut is_new = false;
    for piece in pieces {
        let Iovec { memory, range } = piece.segment;
        let mut new: Vec<Layer> = Vec::new();
        let moved = |it: &Layer, base: u32| it.moved(base + range.start, range.len(), piece.at, cell_size);
        let is_stored = |it: &&Layer| matches!(it.cell.origin(), Origin::Stored { .. });
        new.extend(layers.memories[memory].iter().filter(is_stored).filter_map(|it| moved(it, 0)));
        if let MemoryKind::Map { file, page, .. } = case.memories[memory].kind {
            let base = page * case.geometry.page;
            new.extend(layers.files[file].iter().filter_map(|it| moved(it, base)));
        }
        for layer in new {
            match diagonals.add(piece.file, &mut layers.files[piece.file], layer, cell_size) {
                Some(new) => is_new |= new,
                None => layers.is_cut = true,
            }
        }
    }
    is_new
}
