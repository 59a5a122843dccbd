//! What the history of a run contains before anything has run: the case's files, memories and operations.

use crate::base::has_disk;
use crate::state::State;
use case::{Case, TaskOperation};
use oracle::{Call, FaultSet, FileId, Memory, MemoryId, Operation, Segment, Span, TaskId};

impl State {
    /// Fills the history with the case's memories and operations. (The files' content is filled in as they are made.)
    pub(crate) fn begin_history(&mut self, case: &Case) {
        self.history.page = case.geometry.page;
        self.history.diskless = !has_disk(case.filesystem);
        for memory in &case.memories {
            let mapped = match memory.kind {
                case::MemoryKind::Anonymous => None,
                case::MemoryKind::Map { file, page, .. } => Some((FileId(file as u8), page * case.geometry.page)),
            };
            let shared = matches!(memory.kind, case::MemoryKind::Map { shared: true, .. });
            let length = memory.pages * case.geometry.page;
            let unreadable = u64::from(memory.unreadable);
            self.history.memories.push(Memory { length, mapped, shared, unreadable, observer: false });
        }
        for (task, it) in case.tasks.iter().enumerate() {
            for operation in &it.operations {
                let call = self.call_of(operation, case);
                self.history.operations.push(Operation {
                    task: TaskId(task as u8),
                    call,
                    invoked: None,
                    returned: None,
                    outcome: None,
                    observed: Span::default(),
                    position: None,
                    faults: FaultSet::default(),
                });
            }
        }
    }

    fn segments_of(&mut self, segments: &[case::Iovec]) -> Span {
        let start = self.history.segments.len() as u32;
        self.history.segments.extend(segments.iter().map(|segment| Segment {
            memory: MemoryId(segment.memory as u8),
            offset: segment.range.start,
            length: segment.range.len(),
        }));
        Span { start, end: start + segments.len() as u32 }
    }

    fn call_of(&mut self, operation: &TaskOperation, case: &Case) -> Call {
        let file_id = |file: usize| FileId(file as u8);
        let memory_id = |memory: usize| MemoryId(memory as u8);
        match operation {
            TaskOperation::Write { file, offset, segments } => {
                let segments = self.segments_of(segments);
                Call::Write { file: file_id(*file), offset: Some(*offset), segments }
            }
            TaskOperation::Append { file, segments } => {
                let segments = self.segments_of(segments);
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
}
