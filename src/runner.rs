//! Runs cases with whatever is under test: a strategy in the simulated kernel, a subject by its own backend.

use crate::under_test::UnderTest;
use case::{Case, Slice};
use machine::{Counters, DefectSet, Machine};
use oracle::History;
use schedule::Scheduler;
use std::ptr;
use subject::{Backend, Entry};

/// What a run left behind.
#[derive(Clone, Copy, Debug)]
pub struct Run<'r> {
    /// What the tasks called and saw.
    pub history: &'r History,
    /// How many steps the tasks and the disk made.
    pub steps: u32,
    /// The hash of everything that happened, in order: equal for equal runs.
    pub hash: u64,
    /// The schedule that replays it.
    pub schedule: &'r [Slice],
    /// Every event, if runs are recorded.
    pub events: Events<'r>,
    /// What it cost; nothing is counted for a subject.
    pub counters: Counters,
    /// The defects that the code was asked about: no other switch can change this run. A subject has none.
    pub asked: DefectSet,
}

/// What happened in a run, if it was recorded.
#[derive(Clone, Copy, Debug)]
pub enum Events<'r> {
    /// In the simulated kernel.
    Machine(&'r [machine::TracedEvent]),
    /// In a subject, which tells it in words.
    Subject(&'r [subject::TracedEvent]),
}

impl<'r> Events<'r> {
    /// Those of the simulated kernel; none of a subject.
    #[must_use]
    pub const fn machine(self) -> &'r [machine::TracedEvent] {
        match self {
            Self::Machine(events) => events,
            Self::Subject(_) => &[],
        }
    }
}

impl<'r> From<machine::Run<'r>> for Run<'r> {
    fn from(run: machine::Run<'r>) -> Self {
        let machine::Run { history, steps, hash, schedule, events, counters, asked } = run;
        Self { history, steps, hash, schedule, events: Events::Machine(events), counters, asked }
    }
}

impl<'r> From<subject::Ran<'r>> for Run<'r> {
    fn from(ran: subject::Ran<'r>) -> Self {
        let subject::Ran { history, steps, hash, schedule, events, counts: _ } = ran;
        let (counters, asked) = (Counters::default(), DefectSet::NONE);
        Self { history, steps, hash, schedule, events: Events::Subject(events), counters, asked }
    }
}

/// A machine, and the backend of a subject once there is one to run.
#[derive(Debug, Default)]
pub(crate) struct Runner {
    machine: Machine,
    backend: Option<(&'static Entry, Box<dyn Backend>)>,
    is_recording: bool,
}

impl Runner {
    /// One whose runs keep every event.
    pub fn recording() -> Self {
        let mut runner = Self { is_recording: true, ..Self::default() };
        runner.machine.record(true);
        runner
    }

    /// From now on runs of strategies mend these defects, beside those that a case names.
    pub const fn mend(&mut self, defects: DefectSet) {
        self.machine.mend(defects);
    }

    /// Runs a case that is not refused.
    pub fn run(&mut self, case: &Case, tested: UnderTest, scheduler: &mut dyn Scheduler) -> Run<'_> {
        match tested {
            UnderTest::Strategy(strategy) => self.machine.run(case, strategy, scheduler).into(),
            UnderTest::Subject(entry) => self.backend(entry).run(case, scheduler).into(),
        }
    }

    /// The backend of this subject: made anew if the last run was another one's.
    fn backend(&mut self, entry: &'static Entry) -> &mut dyn Backend {
        let is_recording = self.is_recording;
        let made = || {
            let mut backend = (entry.backend)();
            backend.record(is_recording);
            (entry, backend)
        };
        let last = self.backend.take().filter(|(of, _)| ptr::eq(*of, entry));
        self.backend.insert(last.unwrap_or_else(made)).1.as_mut()
    }
}
