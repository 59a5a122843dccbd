//! Fills the history of a run on a real kernel: the case's files, memories and operations, with what the calls
//! returned and saw.

use crate::decode::{Decoder, Place};
use crate::record::{Look, Record};
use case::Case;
use oracle::{Call, FileId, History, Memory, Rest, Span, TaskId, Way};
use schedule::start::{begin_history, not_called};

/// A file at rest, as it was seen.
#[derive(Clone, Debug)]
pub(crate) struct RestSeen {
    pub file: usize,
    pub way: Way,
    /// In cells.
    pub size: u32,
    pub seen: Vec<u8>,
}

/// Fills a history.
pub(crate) fn fill_history(
    history: &mut History,
    case: &Case,
    decoder: &Decoder<'_>,
    records: &[Record],
    looks: &[Look],
    rest: &[RestSeen],
) {
    begin_history(history, case);
    // The observer looks at each file through a mapping of its own; if it never does, the history need not have those
    // mappings.
    if looks.iter().any(|it| matches!(it.call, Call::Load { .. })) {
        history.memories.extend((0..case.files.len()).map(|file| observers_mapping(case, file)));
    }
    for (id, record) in records.iter().enumerate() {
        // On a real kernel only clean pages are dropped, whatever the simulated kernel would have dropped.
        if let Call::Invalidate { .. } = history.operations[id].call {
            history.operations[id].call = Call::Other;
        }
        saw(history, case, decoder, id, record);
    }
    for look in looks {
        history.operations.push(not_called(TaskId(case.tasks.len() as u8), look.call));
        saw(history, case, decoder, history.operations.len() - 1, &look.record);
    }
    for it in rest {
        let content = decoded(history, decoder, Place::File(it.file, 0), &it.seen);
        history.rest.push(Rest { file: FileId(it.file as u8), way: it.way, size: it.size, content });
    }
}

fn observers_mapping(case: &Case, file: usize) -> Memory {
    let length = Case::MAX_FILE_PAGES * case.geometry.page;
    Memory { length, mapped: Some((FileId(file as u8), 0)), shared: true, unreadable: 0, observer: true }
}

/// The place that a call looks at, if any.
fn place_of(case: &Case, call: &Call) -> Option<Place> {
    match *call {
        Call::Read { file, offset, .. } => Some(Place::File(file.index(), offset)),
        // The observer's mappings come after the case's memories, one for each file.
        Call::Load { memory, offset, .. } => Some(match memory.index().checked_sub(case.memories.len()) {
            Some(file) => Place::File(file, offset),
            None => Place::Memory(memory.index(), offset),
        }),
        _ => None,
    }
}

/// Fills in what an operation returned and saw.
fn saw(history: &mut History, case: &Case, decoder: &Decoder<'_>, id: usize, record: &Record) {
    let place = place_of(case, &history.operations[id].call);
    let observed = place.map_or_else(Span::default, |place| decoded(history, decoder, place, &record.seen));
    let it = &mut history.operations[id];
    (it.invoked, it.returned, it.outcome) = (record.invoked, record.returned, record.outcome);
    (it.observed, it.position) = (observed, record.position);
}

fn decoded(history: &mut History, decoder: &Decoder<'_>, place: Place, seen: &[u8]) -> Span {
    let start = history.cells.len() as u32;
    decoder.decode(place, seen, &mut history.cells);
    Span { start, end: history.cells.len() as u32 }
}
