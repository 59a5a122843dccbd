//! The mutator: small structured changes that leave a case valid.

mod contention;
mod copy_written;
mod fix;
mod operations;
mod schedule;
mod simplify;
mod sites;
mod state;
#[cfg(test)]
mod tests;

pub(crate) use fix::{fix, rename};
pub use simplify::simplify;
pub(crate) use sites::{Site, sites};

use crate::generate::Choices;
use crate::parts::remove_task;
use crate::{Case, TaskOperation, Weights, targets};
use arbitrary::Unstructured;

/// A case being changed.
struct Mutator<'c, 'a, 'b> {
    case: &'c mut Case,
    choices: Choices<'a, 'b>,
    weights: &'c Weights,
}

/// A kind of mutation: its weight, its name, and the function, which returns whether it changed anything.
type Mutation = (u8, &'static str, fn(&mut Mutator<'_, '_, '_>) -> bool);

/// All kinds of mutation.
const MUTATIONS: [Mutation; 34] = [
    (6, "add an operation", operations::add),
    (4, "drop an operation", operations::drop),
    (2, "swap two operations", operations::swap),
    (2, "duplicate an operation", operations::duplicate),
    (3, "move an operation", operations::relocate),
    (4, "replace an operation", operations::replace),
    (3, "add a task", operations::add_task),
    (2, "drop a task", operations::drop_task),
    (4, "add a segment", operations::add_segment),
    (2, "drop a segment", operations::drop_segment),
    (2, "split a segment", operations::split_segment),
    (8, "move a number to an edge", operations::move_to_edge),
    (4, "nudge a number", operations::nudge),
    (3, "retarget a file", operations::retarget_file),
    (3, "retarget a memory", operations::retarget_memory),
    (4, "toggle residency", state::toggle_resident),
    (1, "toggle readability", state::toggle_unreadable),
    (5, "change what is cached", state::change_cache),
    (3, "change what is allocated", state::change_extents),
    (2, "add a memory", state::add_memory),
    (2, "change a memory's kind", state::change_memory),
    (1, "change a memory's pages", state::change_pages),
    (1, "add a file", state::add_file),
    (2, "toggle a machine option", state::toggle_machine),
    (2, "change the block size", state::change_block),
    (1, "change the filesystem", state::change_filesystem),
    (2, "add a fault", state::add_fault),
    (2, "change or drop a fault", state::change_fault),
    (6, "add a preemption", schedule::add),
    (6, "move a preemption", schedule::shift),
    (4, "drop a preemption", schedule::drop),
    (8, "copy on what was written", copy_written::copy_written),
    (3, "cross two writers", contention::cross_writers),
    (5, "preempt a writer", contention::preempt_writer),
];

/// How many times to draw again after a mutation that changed nothing.
const ATTEMPTS: usize = 16;

/// Changes the case in one to four places. It stays valid, and stays within the limits and the abilities of the weights
/// if it was.
pub fn mutate(case: &mut Case, u: &mut Unstructured<'_>, weights: &Weights) {
    let mut mutator = Mutator { case, choices: Choices::new(u), weights };
    let wanted = 1 + mutator.choices.pick(&[8, 4, 2, 1]);
    let mut done = 0;
    for _ in 0..ATTEMPTS {
        let drawn = mutator.choices.weighted(MUTATIONS.iter().map(|(weight, ..)| u32::from(*weight)));
        done += u32::from(mutator.apply(MUTATIONS[drawn.unwrap_or(0)].2));
        if done == wanted {
            break;
        }
    }
}

impl Mutator<'_, '_, '_> {
    /// Applies a mutation; false, and nothing changed, if it does not apply here.
    fn apply(&mut self, change: fn(&mut Self) -> bool) -> bool {
        let before = self.case.clone();
        if !change(self) || !fix(self.case) {
            *self.case = before;
            return false;
        }
        self.weights.abilities.narrow(self.case);
        if self.case.tasks.iter().all(|task| task.operations.is_empty()) {
            *self.case = before;
            return false;
        }
        if *self.case == before {
            return false;
        }
        // What was said of the case before is no longer known.
        self.case.expectations.clear();
        self.case.comments.clear();
        self.case.minimal = false;
        true
    }
}

/// Combines two cases: the machine, files and memory of `a` with tasks of both. Tasks of `b` use the files and
/// memories of `a` with the same index. The child stays within the abilities of the weights if its parents do.
#[must_use]
pub fn crossover(a: &Case, b: &Case, u: &mut Unstructured<'_>, weights: &Weights) -> Case {
    let mut choices = Choices::new(u);
    let mut child = a.clone();
    child.comments.clear();
    child.expectations.clear();
    child.minimal = false;
    if choices.chance(64) {
        child.machine = b.machine;
    }
    let room = Case::MAX_TASKS - child.tasks.len();
    for task in b.tasks.iter().take(room) {
        if choices.chance(128) {
            let mut task = task.clone();
            task.operations.iter_mut().for_each(|operation| wrap(operation, &child));
            child.tasks.push(task);
        }
    }
    for task in (0..a.tasks.len()).rev() {
        if child.tasks.len() > 1 && choices.chance(96) {
            remove_task(&mut child, task);
        }
    }
    while child.tasks.len() > weights.abilities.most_tasks() {
        let surplus = choices.index(child.tasks.len());
        remove_task(&mut child, surplus);
    }
    child.faults = if choices.chance(128) { a.faults.clone() } else { b.faults.clone() };
    rename(&mut child);
    if !fix(&mut child) {
        return a.clone();
    }
    weights.abilities.narrow(&mut child);
    if child.tasks.iter().any(|task| !task.operations.is_empty()) { child } else { a.clone() }
}

/// Makes the operation's file and memories ones that the case has.
fn wrap(operation: &mut TaskOperation, case: &Case) {
    if let Some(file) = targets::file_mut(operation) {
        *file %= case.files.len();
    }
    let memories = case.memories.len().max(1);
    if let Some(memory) = targets::memory_mut(operation) {
        *memory %= memories;
    }
    for segment in targets::segments_mut(operation).into_iter().flatten() {
        segment.memory %= memories;
    }
}
