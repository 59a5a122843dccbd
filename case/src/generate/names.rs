//! Names by role: files a b c, memories m n p q, tasks w w2 for writers, r r2 for readers, u u2 for the others.

use crate::{Name, Task, TaskOperation};

/// The name of the n-th file.
pub(crate) fn file(index: usize) -> Name {
    numbered(&["a", "b", "c", "d", "e", "f", "g", "h"], index)
}

/// The name of the n-th piece of memory.
pub(crate) fn memory(index: usize) -> Name {
    numbered(&["m", "n", "p", "q", "s", "t", "v", "x", "y", "z"], index)
}

/// A name until [`tasks`] gives the right one.
pub(crate) fn unnamed() -> Name {
    known("u")
}

/// The first letter of a task's name: what it does.
pub(crate) fn role(task: &Task) -> char {
    let writes =
        |operation: &TaskOperation| matches!(operation, TaskOperation::Write { .. } | TaskOperation::Append { .. });
    let reads = |operation: &TaskOperation| {
        matches!(operation, TaskOperation::Read { .. } | TaskOperation::Load { .. } | TaskOperation::Stat { .. })
    };
    if task.operations.iter().any(writes) {
        'w'
    } else if !task.operations.is_empty() && task.operations.iter().all(reads) {
        'r'
    } else {
        'u'
    }
}

/// Names all tasks by their roles.
pub(crate) fn tasks(tasks: &mut [Task]) {
    let mut counts = [0_usize; 3];
    for task in tasks {
        let (names, count) = match role(task) {
            'w' => (&["w", "w2", "w3", "w4", "w5", "w6"], &mut counts[0]),
            'r' => (&["r", "r2", "r3", "r4", "r5", "r6"], &mut counts[1]),
            _ => (&["u", "u2", "u3", "u4", "u5", "u6"], &mut counts[2]),
        };
        task.name = match names.get(*count) {
            Some(name) => known(name),
            None => known(&format!("{}{}", names[0], *count + 1)),
        };
        *count += 1;
    }
}

fn numbered(names: &[&str], index: usize) -> Name {
    match names.get(index) {
        Some(name) => known(name),
        None => known(&format!("{}{}", names[0], index + 1)),
    }
}

/// All names here are well formed.
fn known(text: &str) -> Name {
    Name::new(text).expect("a name of this module is valid")
}
