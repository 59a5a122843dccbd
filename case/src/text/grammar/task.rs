//! `task`: declares a task, or adds an operation to one.

use super::Parser;
use crate::model::{Case, Name, Task};
use crate::text::policy::{Parsed, Policy, Problem};

impl<P: Policy> Parser<'_, P> {
    /// `task NAME [mm N | mm none | OPERATION]`
    pub(super) fn task_line(&mut self) -> Parsed<()> {
        let (task, is_new) = self.task_of_line()?;
        let span = self.token.span;
        if self.take_word(b"mm") {
            let mm = if self.take_word(b"none") { None } else { Some(self.address_space()?) };
            if !is_new {
                return Err(self.refuse(span, |_| {
                    Problem::new("the address space comes too late", "this task has been declared above")
                        .help("`task NAME mm …` is the first line of a task")
                }));
            }
            self.case.tasks[task].mm = mm;
            return self.end("the end of the line");
        }
        if self.at_end() {
            return Ok(());
        }
        self.room_for_one("operations", self.operations, Case::MAX_OPERATIONS)?;
        let operation = self.operation(task)?;
        self.end("the end of the line")?;
        self.case.tasks[task].operations.push(operation);
        self.operations += 1;
        Ok(())
    }

    /// The task that the line is about, and whether the line declares it.
    fn task_of_line(&mut self) -> Parsed<(usize, bool)> {
        let written = self.written();
        let count = self.case.tasks.len();
        if let Some(task) = self.case.tasks.iter().position(|task| task.name.as_bytes() == written) {
            self.advance();
            return Ok((task, false));
        }
        self.room_for_one("tasks", count, Case::MAX_TASKS)?;
        let name = self.new_name("task", is_taken)?;
        self.case.tasks.push(Task { name, mm: Some(0), operations: Vec::new() });
        Ok((count, true))
    }
}

/// The schedule calls the disk by this name.
fn is_taken(case: &Case, name: &Name) -> bool {
    name.as_bytes() == b"disk" || case.tasks.iter().any(|task| task.name == *name)
}
