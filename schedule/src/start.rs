//! What a history contains before anything has run: a case's files, memories and operations. Every backend begins with
//! it.

use case::{Cache, Case, ExtentKind, MemoryKind, TaskOperation};
use oracle::{
    Call, Cell, FaultSet, FileId, FileStart, History, Memory, MemoryId, Operation, Origin, Segment, Span, TaskId,
    ZeroSite,
};

const HOLE: Cell = Cell::zero(ZeroSite::Start, None);

/// Empties a history, and fills it with what a case says of the beginning. No operation is called yet.
pub fn begin_history(history: &mut History, case: &Case) {
    history.clear();
    history.page = case.geometry.page;
    for (number, file) in (0..).zip(&case.files) {
        let content = fill_content(history, FileId(number), file, case.geometry.page);
        history.files.push(FileStart { size: file.size, content });
    }
    history.memories.extend(case.memories.iter().map(|it| memory(case, it)));
    for (task, it) in (0..).zip(&case.tasks) {
        for operation in &it.operations {
            let call = call_of(history, case, operation);
            history.operations.push(not_called(TaskId(task), call));
        }
    }
}

/// An operation that nobody has called yet.
#[must_use]
pub fn not_called(task: TaskId, call: Call) -> Operation {
    Operation {
        task,
        call,
        invoked: None,
        returned: None,
        outcome: None,
        observed: Span::default(),
        position: None,
        faults: FaultSet::default(),
    }
}

/// Appends a file's content: what is on the disk, replaced by what is newer in the cache; zero in holes and unwritten
/// extents.
fn fill_content(history: &mut History, id: FileId, file: &case::File, page: u32) -> Span {
    let start = history.cells.len();
    history.cells.resize(start + file.size as usize, HOLE);
    let content = &mut history.cells[start..];
    let on_disk = file.extents.iter().filter(|it| it.kind == ExtentKind::Disk).map(|it| (it.range.start, it.range.end));
    // A dirty page has content everywhere.
    let dirty = file.cached.iter().filter(|it| it.state == Cache::Dirty);
    let dirty = dirty.map(|it| (it.page * page, (it.page + 1) * page));
    for (from, to) in on_disk.chain(dirty) {
        let (from, to) = (from.min(file.size), to.min(file.size));
        let first = Cell::new(Origin::Content { file: id, offset: from });
        Cell::count_up(&mut content[from as usize..to as usize], first);
    }
    Span { start: start as u32, end: history.cells.len() as u32 }
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

fn segments_of(history: &mut History, segments: &[case::Iovec]) -> Span {
    let start = history.segments.len() as u32;
    history.segments.extend(segments.iter().map(|it| Segment {
        memory: MemoryId(it.memory as u8),
        offset: it.range.start,
        length: it.range.len(),
    }));
    Span { start, end: history.segments.len() as u32 }
}

fn call_of(history: &mut History, case: &Case, operation: &TaskOperation) -> Call {
    let file_id = |file: usize| FileId(file as u8);
    let memory_id = |memory: usize| MemoryId(memory as u8);
    match operation {
        TaskOperation::Write { file, offset, segments } => {
            let segments = segments_of(history, segments);
            Call::Write { file: file_id(*file), offset: Some(*offset), segments }
        }
        TaskOperation::Append { file, segments } => {
            let segments = segments_of(history, segments);
            Call::Write { file: file_id(*file), offset: None, segments }
        }
        TaskOperation::Read { file, range } => {
            Call::Read { file: file_id(*file), offset: range.start, length: range.len() }
        }
        TaskOperation::Stat { file } => Call::Stat { file: file_id(*file) },
        TaskOperation::Load { memory, range } => {
            Call::Load { memory: memory_id(*memory), offset: range.start, length: range.len() }
        }
        TaskOperation::Store { memory, range } => {
            Call::Store { memory: memory_id(*memory), offset: range.start, length: range.len() }
        }
        TaskOperation::Truncate { file, size, locked } => {
            Call::Truncate { file: file_id(*file), size: *size, locked: *locked }
        }
        TaskOperation::Punch { file, range } => {
            Call::Punch { file: file_id(*file), offset: range.start, length: range.len() }
        }
        TaskOperation::Munmap { memory, pages } => {
            Call::Unmap { memory: memory_id(*memory), first: pages.start, pages: pages.end - pages.start }
        }
        TaskOperation::Mremap { memory } => {
            Call::Unmap { memory: memory_id(*memory), first: 0, pages: case.memories[*memory].pages }
        }
        TaskOperation::DontNeed { memory, pages } => {
            Call::DontNeed { memory: memory_id(*memory), first: pages.start, pages: pages.end - pages.start }
        }
        TaskOperation::Invalidate { file, .. } => Call::Invalidate { file: file_id(*file), discards: false },
        TaskOperation::Fsync { file } => Call::Fsync { file: file_id(*file) },
        TaskOperation::Crash => Call::Crash,
        TaskOperation::Mlock { .. }
        | TaskOperation::ReclaimPte { .. }
        | TaskOperation::Reclaim { .. }
        | TaskOperation::Writeback { .. } => Call::Other,
    }
}
