//! The target `crash`: power is lost at every step of a case, one run for each, and the filesystem mounted again.

use super::Setup;
use super::finding::NewFinding;
use super::trial::Trial;
use case::{Case, Name, Runner, Slice, Task, TaskOperation};
use machine::{Machine, Strategy};

/// The steps at which power is lost, at most: of longer runs, evenly spread ones.
const MOST_CRASHES: usize = 64;

/// Runs cases with a crash at each step.
#[derive(Debug)]
pub struct Crash {
    strategies: Vec<&'static Strategy>,
    trial: Trial,
}

impl Crash {
    /// With what the engine set up.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self { strategies: setup.strategies, trial: Trial::new(setup.sieve, setup.counters).remembering() }
    }

    /// Runs a case under one strategy, which the case itself chooses by its content: each step costs a run.
    ///
    /// # Errors
    /// The first finding whose cause is not known, with the smallest case for it.
    pub fn run(&mut self, case: &Case) -> Result<(), Box<NewFinding>> {
        self.trial.count();
        let Some(mut crashing) = with_crash(case) else { return Ok(()) };
        let fitting: Vec<usize> = (0..self.strategies.len())
            .filter(|at| Machine::refusal(&crashing, self.strategies[*at]).is_none())
            .collect();
        if fitting.is_empty() {
            return Ok(());
        }
        let number = fitting[self.choice(case) % fitting.len()];
        let strategy = self.strategies[number];
        let steps = self.trial.run(case, strategy, number).run.schedule.to_vec();
        let total: u32 = steps.iter().map(|it| it.steps.unwrap_or(1)).sum();
        let crash = Slice { runner: Runner::Task(case.tasks.len()), steps: None };
        for at in (0..total).step_by((total as usize).div_ceil(MOST_CRASHES).max(1)) {
            crashing.schedule.clear();
            cut(&steps, at, &mut crashing.schedule);
            crashing.schedule.push(crash);
            self.trial.sift(&crashing, strategy, number)?;
        }
        Ok(())
    }

    /// A number that depends on nothing but what the tasks do.
    fn choice(&self, case: &Case) -> usize {
        let operations = case.tasks.iter().flat_map(|task| &task.operations);
        operations.fold(self.strategies.len(), |sum, it| {
            sum.wrapping_mul(31).wrapping_add(it.word().len() * 7 + it.segments().len())
        })
    }
}

/// The case with one more task, which has the power go out; `None` where that cannot be.
fn with_crash(case: &Case) -> Option<Case> {
    if case.crashes() || case.begins_dirty() {
        return None;
    }
    let mut crashing = case.clone();
    let free = |name: &Name| case.tasks.iter().all(|it| it.name != *name);
    let name = ["power", "power1", "power2"].iter().filter_map(|it| Name::new(it)).find(free)?;
    crashing.tasks.push(Task { name, mm: None, operations: vec![TaskOperation::Crash] });
    crashing.expectations.clear();
    crashing.minimal = false;
    crashing.validate().is_ok().then_some(crashing)
}

/// The first `steps` steps of a schedule.
fn cut(schedule: &[Slice], mut steps: u32, to: &mut Vec<Slice>) {
    for slice in schedule {
        if steps == 0 {
            return;
        }
        let length = slice.steps.unwrap_or(1).min(steps);
        to.push(Slice { steps: Some(length), ..*slice });
        steps -= length;
    }
}
