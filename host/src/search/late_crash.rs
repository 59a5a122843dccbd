//! Crashes that come late: changes cases for a logged disk so that some writes reach the disk before power is lost.

use case::{Case, TaskOperation};
use fastrand::Rng;

/// Moves the loss of power to the end of a task, and adds an fsync or a writeback after some of the changes.
pub fn make_crash_late(case: &mut Case, random: &mut Rng) {
    let mut room = Case::MAX_OPERATIONS;
    for task in &mut case.tasks {
        task.operations.retain(|it| *it != TaskOperation::Crash);
        room -= task.operations.len();
    }
    // The longer the crashing task is, the more time the others have.
    let longest = (0..case.tasks.len()).max_by_key(|it| case.tasks[*it].operations.len()).unwrap_or(0);
    let last = if random.bool() { longest } else { random.usize(..case.tasks.len()) };
    for (number, task) in case.tasks.iter_mut().enumerate() {
        let mut operations = Vec::new();
        for operation in task.operations.drain(..) {
            let file = operation.changed_file();
            operations.push(operation);
            // One operation is reserved for the crash.
            if let Some(file) = file.filter(|_| room > 1 && random.bool()) {
                room -= 1;
                let fsync = random.u8(..4) > 0;
                operations.push(if fsync { TaskOperation::Fsync { file } } else { TaskOperation::Writeback { file } });
            }
        }
        if number == last && room > 0 {
            operations.push(TaskOperation::Crash);
        }
        task.operations = operations;
    }
}

#[cfg(test)]
mod tests {
    use crate::search::Cases;
    use case::TaskOperation;

    #[test]
    fn a_crash_comes_once_and_after_all_else_of_its_task() {
        let mut cases = Cases::new(3);
        cases.crash(true);
        let mut synced = 0;
        for _ in 0..2_000 {
            let (case, _) = cases.draw();
            case.validate().unwrap_or_else(|error| panic!("{error}\n{case}"));
            let crashes = case.tasks.iter().flat_map(|it| &it.operations).filter(|it| **it == TaskOperation::Crash);
            assert_eq!(crashes.count(), 1, "{case}");
            assert!(case.tasks.iter().any(|it| it.operations.last() == Some(&TaskOperation::Crash)), "{case}");
            let syncs =
                |it: &TaskOperation| matches!(it, TaskOperation::Fsync { .. } | TaskOperation::Writeback { .. });
            synced += usize::from(case.tasks.iter().flat_map(|it| &it.operations).any(syncs));
        }
        assert!(synced > 1_000, "{synced}");
    }
}
