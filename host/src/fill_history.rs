//! Fills the history of a run on a real kernel: the case's files, memories and operations, with what the calls
//! returned and saw.

use crate::decode::{Decoder, Place, ZERO};
use crate::record::{Look, Record};
use case::{Cache, Case, ExtentKind, MemoryKind, TaskOperation};
use oracle::{
    Call, Cell, FaultSet, FileId, FileStart, History, Memory, MemoryId, Operation, Origin, Rest, Segment, Span, TaskId,
    Way,
};

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
    history.clear();
    history.page = case.geometry.page;
    for (number, file) in case.files.iter().enumerate() {
        let content = content(history, number, file, case.geometry.page);
        history.files.push(FileStart { size: file.size, content });
    }
    history.memories.extend(case.memories.iter().map(|it| memory(case, it)));
    // The observer looks at each file through a mapping of its own; if it never does, the history need not have those
    // mappings.
    if looks.iter().any(|it| matches!(it.call, Call::Load { .. })) {
        history.memories.extend((0..case.files.len()).map(|file| observers_mapping(case, file)));
    }
    let operations =
        case.tasks.iter().enumerate().flat_map(|(task, it)| it.operations.iter().map(move |it| (task, it)));
    for ((task, operation), record) in operations.zip(records) {
        let call = call_of(history, case, operation);
        add(history, case, decoder, TaskId(task as u8), call, record);
    }
    for look in looks {
        add(history, case, decoder, TaskId(case.tasks.len() as u8), look.call, &look.record);
    }
    for it in rest {
        let content = decoded(history, decoder, Place::File(it.file, 0), &it.seen);
        history.rest.push(Rest { file: FileId(it.file as u8), way: it.way, size: it.size, content });
    }
}

/// The content of a file when the run begins: what is on the disk, replaced by what is newer in the cache.
fn content(history: &mut History, number: usize, file: &case::File, page: u32) -> Span {
    let start = history.cells.len() as u32;
    history.cells.resize((start + file.size) as usize, ZERO);
    let on_disk = file.extents.iter().filter(|it| it.kind == ExtentKind::Disk).map(|it| (it.range.start, it.range.end));
    let dirty =
        file.cached.iter().filter(|it| it.state == Cache::Dirty).map(|it| (it.page * page, (it.page + 1) * page));
    for (from, to) in on_disk.chain(dirty) {
        let (from, to) = (from.min(file.size), to.min(file.size));
        let first = Cell::new(Origin::Content { file: FileId(number as u8), offset: from });
        Cell::count_up(&mut history.cells[(start + from) as usize..(start + to) as usize], first);
    }
    Span { start, end: start + file.size }
}

fn memory(case: &Case, memory: &case::MemoryRegion) -> Memory {
    let mapped = match memory.kind {
        MemoryKind::Anonymous => None,
        MemoryKind::Map { file, page, .. } => Some((FileId(file as u8), page * case.geometry.page)),
    };
    let shared = matches!(memory.kind, MemoryKind::Map { shared: true, .. });
    let length = memory.pages * case.geometry.page;
    Memory { length, mapped, shared, unreadable: u64::from(memory.unreadable), observer: false }
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

fn add(history: &mut History, case: &Case, decoder: &Decoder<'_>, task: TaskId, call: Call, record: &Record) {
    let observed =
        place_of(case, &call).map_or_else(Span::default, |place| decoded(history, decoder, place, &record.seen));
    history.operations.push(Operation {
        task,
        call,
        invoked: record.invoked,
        returned: record.returned,
        outcome: record.outcome,
        observed,
        position: record.position,
        faults: FaultSet::default(),
    });
}

fn decoded(history: &mut History, decoder: &Decoder<'_>, place: Place, seen: &[u8]) -> Span {
    let start = history.cells.len() as u32;
    decoder.decode(place, seen, &mut history.cells);
    Span { start, end: history.cells.len() as u32 }
}

fn call_of(history: &mut History, case: &Case, operation: &TaskOperation) -> Call {
    let file_id = |file: usize| FileId(file as u8);
    let memory_id = |memory: usize| MemoryId(memory as u8);
    match *operation {
        TaskOperation::Write { file, offset, ref segments } => {
            let segments = segments_of(history, segments);
            Call::Write { file: file_id(file), offset: Some(offset), segments }
        }
        TaskOperation::Append { file, ref segments } => {
            let segments = segments_of(history, segments);
            Call::Write { file: file_id(file), offset: None, segments }
        }
        TaskOperation::Read { file, range } => {
            Call::Read { file: file_id(file), offset: range.start, length: range.len() }
        }
        TaskOperation::Stat { file } => Call::Stat { file: file_id(file) },
        TaskOperation::Load { memory, range } => {
            Call::Load { memory: memory_id(memory), offset: range.start, length: range.len() }
        }
        TaskOperation::Store { memory, range } => {
            Call::Store { memory: memory_id(memory), offset: range.start, length: range.len() }
        }
        TaskOperation::Truncate { file, size, locked } => Call::Truncate { file: file_id(file), size, locked },
        TaskOperation::Punch { file, range } => {
            Call::Punch { file: file_id(file), offset: range.start, length: range.len() }
        }
        TaskOperation::Munmap { memory, pages } => {
            Call::Unmap { memory: memory_id(memory), first: pages.start, pages: pages.end - pages.start }
        }
        TaskOperation::Mremap { memory } => {
            Call::Unmap { memory: memory_id(memory), first: 0, pages: case.memories[memory].pages }
        }
        TaskOperation::DontNeed { memory, pages } => {
            Call::DontNeed { memory: memory_id(memory), first: pages.start, pages: pages.end - pages.start }
        }
        TaskOperation::Fsync { file } => Call::Fsync { file: file_id(file) },
        TaskOperation::Crash => Call::Crash,
        // On a real kernel only clean pages are dropped, whatever the simulated kernel would have dropped.
        TaskOperation::Invalidate { .. }
        | TaskOperation::Mlock { .. }
        | TaskOperation::ReclaimPte { .. }
        | TaskOperation::Reclaim { .. }
        | TaskOperation::Writeback { .. } => Call::Other,
    }
}

fn segments_of(history: &mut History, segments: &[case::Iovec]) -> Span {
    let start = history.segments.len() as u32;
    history.segments.extend(segments.iter().map(|it| Segment {
        memory: MemoryId(it.memory as u8),
        offset: it.range.start,
        length: it.range.len(),
    }));
    Span { start, end: history.segments.len() as u32 }
}
