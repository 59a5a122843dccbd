//! A case with nothing in it by which two right strategies could differ: one task, enough of everything, and no faults.

use case::{Case, Iovec, MachineOptions, MemoryKind, Task, TaskOperation};

/// Makes a case one task of all the operations that the first task with an mm can do, one task after the other.
///
/// What goes is what makes two strategies differ with nothing wrong about either: turns, since where a task blocks is
/// its own; faults, since chances to fail are counted; small machines, since each strategy needs another number of
/// pages and blocks; writes from mappings of a file, since what is copied first is then what is copied next;
/// invalidations, since they may drop what was not written back; stores past the end of a memory, since nobody is told
/// how much was stored; and crashes. What comes is a look at the size after each operation on a file, so that the
/// oracle sees a wrong one before a later operation hides it.
pub(super) fn make_sequential(case: &mut Case) {
    case.schedule.clear();
    case.faults.clear();
    case.expectations.clear();
    case.machine = MachineOptions { fault: case.machine.fault, copy: case.machine.copy, ..MachineOptions::default() };
    let mm = case.tasks.iter().find_map(|it| it.mm);
    let name = case.tasks[0].name;
    let mut operations: Vec<TaskOperation> = case.tasks.drain(..).flat_map(|it| it.operations).collect();
    operations.retain(|it| {
        case.allows(mm, it) && !forgets(it) && !is_write_from_file(case, it) && !is_store_past_end(case, it)
    });
    operations.truncate(Case::MAX_OPERATIONS / 2);
    let operations = operations.into_iter().flat_map(|it| {
        let stat = it.changed_file().map(|file| TaskOperation::Stat { file });
        std::iter::once(it).chain(stat)
    });
    let operations = operations.collect();
    case.tasks.push(Task { name, mm, operations });
}

const fn forgets(operation: &TaskOperation) -> bool {
    matches!(operation, TaskOperation::Invalidate { .. } | TaskOperation::Crash)
}

fn is_write_from_file(case: &Case, operation: &TaskOperation) -> bool {
    let is_of_a_file = |it: &Iovec| matches!(case.memories[it.memory].kind, MemoryKind::Map { .. });
    operation.segments().iter().any(is_of_a_file)
}

fn is_store_past_end(case: &Case, operation: &TaskOperation) -> bool {
    let TaskOperation::Store { memory, range } = operation else { return false };
    range.end > case.memories[*memory].pages * case.geometry.page
}
