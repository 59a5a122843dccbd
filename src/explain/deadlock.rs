//! A deadlock in words: who holds what since when, and what each waits for.

use crate::report;
use crate::under_test::UnderTest;
use case::Case;
use oracle::{History, Link, Stop, TaskId};

/// The cycle, a line for each task of it; nothing if the run did not end in a deadlock.
pub(super) fn lines(case: &Case, tested: UnderTest, history: &History) -> Vec<String> {
    let Some(Stop::Deadlock(deadlock)) = &history.stop else { return Vec::new() };
    let name = |task: TaskId| case.tasks.get(task.index()).map_or("?", |it| it.name.as_str());
    // The thread speaks of the kernel's locks only.
    let notation = match tested.is_subject() {
        true => String::new(),
        false => format!(", in the thread's notation: {}", deadlock.notation.as_str()),
    };
    let mut lines = vec![format!("Deadlock at step {}{notation}", deadlock.step)];
    for (at, link) in deadlock.cycle.iter().enumerate() {
        let next = &deadlock.cycle[(at + 1) % deadlock.cycle.len()];
        let Link { holds, taken_at, taken_step, wants, waits_at, .. } = link;
        let holder = match next.task == link.task {
            true => "it holds itself".to_owned(),
            false => format!("{} holds", name(next.task)),
        };
        let it = name(link.task);
        let what = report::operation_line(case, link.operation);
        // Not every subject says where it takes a lock, and where it waits.
        let taken = if taken_at.is_empty() { String::new() } else { format!("{taken_at}, ") };
        let waits = if waits_at.is_empty() { String::new() } else { format!(" ({waits_at})") };
        let held = format!("{it} holds {holds} ({taken}step {taken_step})");
        let wanted = format!("waits for {wants}{waits}, which {holder}");
        lines.push(report::lock_names(case, &format!("{held} and {wanted}: {what}")));
    }
    lines
}
