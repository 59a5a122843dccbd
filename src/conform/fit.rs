//! What makes a case one that can be compared: nothing but the case itself decides what happens.

use super::Model;
use case::{Case, FaultForm, Form, Invalidation, Iovec, MachineOptions, MemoryKind, Task, TaskOperation};

/// Bytes in a page of the kernel.
const PAGE: u32 = 4096;

/// Cells in a block of so many bytes, where a page has so many cells.
#[must_use]
pub const fn block_of(page: u32, bytes: u32) -> u32 {
    let cells = page * bytes / PAGE;
    if cells > page { page } else { cells }
}

/// The machine that stands for a kernel of today, with room for everything.
const MACHINE: fn() -> MachineOptions = || MachineOptions {
    fault: FaultForm::LocksAlways,
    free_frames: u8::MAX,
    free_blocks: u8::MAX,
    ..MachineOptions::default()
};

/// Makes a valid case one that can be compared with a filesystem that has this model: one task of all operations that
/// the first task with an mm can do, no turns, no faults. After each operation that can change a size the size is
/// looked at, so that a wrong one is seen before a later operation hides it.
pub fn make_comparable(case: &mut Case, model: &Model) {
    (case.filesystem, case.form) = (model.filesystem, Some(model.form));
    case.machine = MACHINE();
    case.schedule.clear();
    case.faults.clear();
    case.expectations.clear();
    case.minimal = false;
    let mm = case.tasks.iter().find_map(|it| it.mm);
    let name = case.tasks[0].name;
    let mut operations: Vec<TaskOperation> = case.tasks.drain(..).flat_map(|it| it.operations).collect();
    operations.retain(|it| case.allows(mm, it) && obstacle(case, model, it).is_none());
    operations.truncate(Case::MAX_OPERATIONS / 2);
    let with_sizes = operations.into_iter().flat_map(|it| {
        let stat = it.changed_file().map(|file| TaskOperation::Stat { file });
        std::iter::once(it).chain(stat)
    });
    let operations = with_sizes.collect();
    case.tasks.push(Task { name, mm, operations });
}

/// Why a case cannot be compared with a filesystem that has this model and blocks of so many bytes; `None` if it can.
#[must_use]
pub fn refusal(case: &Case, model: &Model, block: u32) -> Option<String> {
    let form: Option<Form> = case.form;
    if case.filesystem != model.filesystem || form.is_some_and(|it| it != model.form) {
        let (filesystem, form) = (model.filesystem.word(), model.form.word());
        return Some(format!("{} is compared with `fs {filesystem} {form}`", model.real));
    }
    let wanted = block_of(case.geometry.page, block);
    if case.geometry.block != wanted {
        return Some(format!("a block of {block} bytes is `geometry page {} block {wanted}`", case.geometry.page));
    }
    if case.tasks.len() != 1 || !case.schedule.is_empty() || !case.faults.is_empty() {
        return Some("one task, without a schedule or faults, can be compared".to_owned());
    }
    let operations = &case.tasks[0].operations;
    operations.iter().find_map(|it| Some(format!("{}: {}", case.print_operation(it), obstacle(case, model, it)?)))
}

/// Why an operation cannot be compared.
fn obstacle(case: &Case, model: &Model, operation: &TaskOperation) -> Option<&'static str> {
    match operation {
        TaskOperation::Truncate { locked: false, .. } | TaskOperation::Crash => Some("no system call does this"),
        TaskOperation::Invalidate { kind: Invalidation::All | Invalidation::Unused, .. } => {
            Some("what is dropped depends on who else uses the page")
        }
        TaskOperation::Mlock { .. } => Some("what is locked can be given back here, and cannot there"),
        TaskOperation::Punch { .. } if !model.punches => Some("it cannot punch holes"),
        TaskOperation::Store { memory, range } if range.end > case.memories[*memory].pages * case.geometry.page => {
            Some("nobody is told how much was stored")
        }
        TaskOperation::Write { file, .. } | TaskOperation::Append { file, .. } => {
            let copies_itself = |it: &Iovec| maps(case, it.memory, *file);
            let itself = operation.segments().iter().any(copies_itself);
            itself.then_some("how a write copies its own destination depends on how large the steps of the copy are")
        }
        _ => None,
    }
}

fn maps(case: &Case, memory: usize, wanted: usize) -> bool {
    matches!(case.memories[memory].kind, MemoryKind::Map { file, .. } if file == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conform::model_of;

    const CASE: &str = "\
shortcopy case 1
geometry page 64 block 64
fs block write-begin-trims
file a size 128 disk 0..128 cached 0 uptodate, 1 uptodate
memory m pages 2 resident 0
memory n pages 1 maps a page 0 resident 0
task w write a 0 [m 0..70]
task w write a 64 [n 0..4]
task w mlock m
task r read a 0..128
schedule w:3 r
";

    #[test]
    fn what_is_made_comparable_is_not_refused() {
        let model = model_of("ext4").expect("it has a model");
        let mut case = Case::parse("it", CASE).expect("a case");
        assert!(refusal(&case, model, 4096).is_some());
        make_comparable(&mut case, model);
        case.validate().expect("valid");
        assert_eq!(refusal(&case, model, 4096), None);
        let words: Vec<&str> = case.tasks[0].operations.iter().map(TaskOperation::word).collect();
        assert_eq!(words, ["write", "stat", "read"]);
        assert!(refusal(&case, model, 1024).is_some_and(|it| it.contains("block 16")));
    }
}
