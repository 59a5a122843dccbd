//! What was seen of a file or memory: by an operation, or at rest.

use crate::model::{Interval, Model, REST, View, interval};
use crate::{Call, FileId, History, MemoryId, OperationId, Outcome, Span, Way};

/// One look at consecutive cells of a file or memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Observation {
    /// The operation that looked; `None` at rest.
    pub operation: Option<OperationId>,
    /// How it was looked at, at rest.
    pub way: Option<Way>,
    pub file: Option<FileId>,
    pub memory: Option<MemoryId>,
    /// Whether through a mapping.
    pub mapped: bool,
    /// The first cell's offset.
    pub start: u32,
    /// What was seen, in the history's arena.
    pub cells: Span,
    pub when: Interval,
}

impl Observation {
    /// The view that the model judges it by.
    pub(crate) const fn view(&self) -> View {
        View { file: self.file, memory: self.memory, when: self.when, mapped: self.mapped, copier: None }
    }

    /// One past the last cell's offset.
    pub(crate) const fn end(&self) -> u32 {
        self.start + self.cells.len()
    }

    /// The index in the arena of what was seen at an offset.
    pub(crate) const fn index_of(&self, cell: u32) -> u32 {
        self.cells.start + (cell - self.start)
    }
}

/// Lists all observations of a history: the operations' first, in their order, then those at rest.
pub(crate) fn collect(history: &History, model: &Model, observations: &mut Vec<Observation>) {
    observations.clear();
    for index in 0..history.operations.len() {
        let id = OperationId(index as u8);
        let Some(when) = interval(history, id) else { continue };
        let operation = &history.operations[index];
        if operation.observed.is_empty() {
            continue;
        }
        let seen = Observation {
            operation: Some(id),
            way: None,
            file: None,
            memory: None,
            mapped: false,
            start: 0,
            cells: operation.observed,
            when,
        };
        match operation.call {
            Call::Read { file, offset, .. } => {
                observations.push(Observation { file: Some(file), start: offset, ..seen });
            }
            Call::Load { memory, offset, .. } if matches!(operation.outcome, Some(Outcome::Done(_))) => {
                let it = &history.memories[memory.index()];
                // A private mapping that nobody has stored to shows the file like a shared one.
                let shows_file = it.shared || !model.memory(memory).changes();
                observations.push(match it.mapped.filter(|_| shows_file) {
                    Some((file, base)) => Observation { file: Some(file), mapped: true, start: base + offset, ..seen },
                    None => Observation { memory: Some(memory), mapped: true, start: offset, ..seen },
                });
            }
            _ => {}
        }
    }
    for rest in &history.rest {
        observations.push(Observation {
            operation: None,
            way: Some(rest.way),
            file: Some(rest.file),
            memory: None,
            mapped: rest.way == Way::Mapping,
            start: 0,
            cells: rest.content,
            when: REST,
        });
    }
}
