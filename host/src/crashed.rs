//! A run in which power was lost, and what it would show if power had been lost at an earlier moment.

use crate::program::Program;
use crate::record::{Look, Record};
use crate::time::Time;
use oracle::{Clock, Outcome};
use std::sync::Arc;

/// The run.
#[derive(Debug)]
pub(crate) struct Crashed {
    pub program: Arc<Program>,
    /// When power was lost.
    pub moment: Clock,
    /// When the disk changed until then, if that is known.
    pub changes: Vec<Time>,
    looks: Vec<Look>,
}

impl Crashed {
    pub fn new(program: Arc<Program>, moment: Clock, changes: Vec<Time>, looks: Vec<Look>) -> Self {
        Self { program, moment, changes, looks }
    }

    /// The latest moment before one of the changes.
    pub fn moment_before(&self, change: usize) -> Clock {
        self.program.moment_at(self.changes[change])
    }

    /// What the operations had done and seen at this moment, as if the crash had come then.
    pub fn records_at(&self, moment: Clock, records: &mut Vec<Record>) {
        let crash = Record {
            invoked: Some(moment),
            returned: Some(moment),
            outcome: Some(Outcome::Done(0)),
            ..Record::default()
        };
        records.clear();
        records.extend(self.program.records().map(|mut it| {
            if it.invoked == Some(self.moment) {
                return crash.clone();
            }
            it.cut_off(moment);
            it
        }));
    }

    /// What the harness had seen at this moment.
    pub fn looks_at(&self, moment: Clock) -> Vec<Look> {
        let seen = |it: &&Look| it.record.returned.is_some_and(|it| it <= moment);
        self.looks.iter().filter(seen).cloned().collect()
    }
}
