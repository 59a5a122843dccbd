//! The generator: bytes to a case, small and dense. It never fails and never makes an invalid case; when the bytes
//! run out, it ends.

mod choices;
mod edges;
mod files;
mod machine;
mod memories;
mod names;
mod operations;
mod shape;
mod tasks;
#[cfg(test)]
pub(crate) mod tests;
mod weights;
mod writes;

pub(crate) use choices::Choices;
pub(crate) use edges::{off_by_one, place};
pub(crate) use machine::fits as fault_fits;
pub(crate) use names::{file as file_name, memory as memory_name, role, tasks as name_tasks, unnamed};
pub use weights::{Features, Weights};

use crate::kinds::OperationKind;
use crate::{Case, Filesystem, Geometry, Iovec, PageRange, Range, TaskOperation};
use arbitrary::Unstructured;
use shape::Shape;

/// Makes a case of these bytes.
#[must_use]
pub fn generate(u: &mut Unstructured<'_>, weights: &Weights) -> Case {
    let mut case = Case::default();
    generate_into(&mut case, u, weights);
    case
}

/// [`generate`] into the buffers of a case that is no longer needed.
pub fn generate_into(case: &mut Case, u: &mut Unstructured<'_>, weights: &Weights) {
    Builder::new(case, u, weights).build();
}

/// What is made before it is narrowed to the abilities: hardly ever anything else.
#[cfg(test)]
pub(crate) fn unnarrowed(u: &mut Unstructured<'_>, weights: &Weights) -> Case {
    let mut case = Case::default();
    Builder::new(&mut case, u, weights).make();
    case
}

/// An operation for a task of this address space in a case that is already there; `None` if it can do nothing that the
/// abilities have.
pub(crate) fn operation_for(
    case: &mut Case,
    choices: &mut Choices,
    weights: &Weights,
    mm: Option<u8>,
) -> Option<TaskOperation> {
    Builder::on(case, choices.lend(), weights).operation(mm)
}

/// A segment from a memory of this address space; `None` if it has no memory.
pub(crate) fn segment_for(case: &mut Case, choices: &mut Choices, weights: &Weights, mm: Option<u8>) -> Option<Iovec> {
    let mut builder = Builder::on(case, choices.lend(), weights);
    let memory = builder.draw_memory(OperationKind::Write, mm)?;
    let offset = builder.focus.range.end;
    Some(builder.segment(memory, offset))
}

/// What the last write used: the operations after it mostly aim there.
#[derive(Clone, Copy, Debug)]
struct Focus {
    file: usize,
    range: Range,
    memory: Option<usize>,
    /// The page of the memory where its copy ended.
    pages: PageRange,
}

/// A case in the making.
struct Builder<'c, 'a, 'b> {
    case: &'c mut Case,
    choices: Choices<'a, 'b>,
    weights: &'c Weights,
    features: Features,
    geometry: Geometry,
    shape: Shape,
    focus: Focus,
}

impl<'c, 'a, 'b> Builder<'c, 'a, 'b> {
    fn new(case: &'c mut Case, u: &'a mut Unstructured<'b>, weights: &'c Weights) -> Self {
        clear(case);
        let page = PageRange { start: 0, end: 1 };
        let focus = Focus { file: 0, range: Range { start: 0, end: 0 }, memory: None, pages: page };
        let geometry = Geometry::default();
        let choices = Choices::new(u);
        let features = weights.features_within_abilities();
        Self { case, choices, weights, features, geometry, shape: Shape::Plain, focus }
    }

    /// On a case that is there already, its last write in focus.
    fn on(case: &'c mut Case, choices: Choices<'a, 'b>, weights: &'c Weights) -> Self {
        let geometry = case.geometry;
        let mut focus = Focus {
            file: 0,
            range: Range { start: 0, end: geometry.block },
            memory: None,
            pages: PageRange { start: 0, end: 1 },
        };
        for operation in case.tasks.iter().flat_map(|task| &task.operations) {
            let TaskOperation::Write { file, offset, segments } = operation else { continue };
            let length: u32 = segments.iter().map(|segment| segment.range.len()).sum();
            focus.file = *file;
            focus.range = Range { start: *offset, end: offset + length };
            if let Some(last) = segments.last() {
                let page = last.range.end.saturating_sub(1) / geometry.page;
                let page = page.min(case.memories[last.memory].pages - 1);
                focus.memory = Some(last.memory);
                focus.pages = PageRange { start: page, end: page + 1 };
            }
        }
        let features = weights.features_within_abilities();
        Self { case, choices, weights, features, geometry, shape: Shape::Plain, focus }
    }

    fn build(mut self) {
        self.make();
        // Several appends can meet where one alone is in bounds; all else is within the abilities as it is made.
        self.weights.abilities.narrow(self.case);
    }

    fn make(&mut self) {
        self.machine();
        self.shape = self.draw_shape();
        self.shape_machine();
        self.files();
        self.memories();
        self.tasks();
        self.faults();
        if self.weights.schedule {
            self.schedule();
        }
    }
}

/// Whether the pages of this filesystem have buffers, so that a block of a page can be uptodate on its own.
pub(crate) const fn has_buffers(filesystem: Filesystem) -> bool {
    !matches!(filesystem, Filesystem::Libfs | Filesystem::Nobh | Filesystem::Server)
}

/// Empties the case and keeps its buffers.
fn clear(case: &mut Case) {
    case.comments.clear();
    case.files.clear();
    case.memories.clear();
    case.tasks.clear();
    case.faults.clear();
    case.schedule.clear();
    case.mended.clear();
    case.expectations.clear();
    case.minimal = false;
}
