//! Runs cases with a subject: a case in, a history out. Stacks, frames and buffers are used again.

use crate::call::run_task;
use crate::coroutine::{Running, Stacks, Turn};
use crate::entry::{Backend, Entry, Ran, TracedEvent};
use crate::rest::{look_by_read, look_through_mapping, opened_anew};
use crate::subject::{Env, Start, Subject};
use crate::tag::CELL;
use crate::world::{Base, Kind, with};
use case::{Case, TaskOperation};
use oracle::{History, Stop, Way};
use schedule::start::begin_history;
use schedule::{CycleDetector, Limits, REST, Recorder, Scheduler, Turns};
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;

/// Runs cases with one kind of subject.
pub struct Runner<S> {
    stacks: Stacks,
    recorder: Recorder,
    cycles: CycleDetector,
    operations: Vec<u32>,
    starts: Vec<Start>,
    /// The last run's, out of the world.
    history: History,
    events: Vec<TracedEvent>,
    /// What is on the disk at the beginning of each run, once it was made.
    image: Option<Rc<Vec<u8>>>,
    /// Whether the subject of this run must not be used any more.
    is_lost: bool,
    /// Whether events are kept.
    records: bool,
    of: PhantomData<fn() -> S>,
}

impl<S> fmt::Debug for Runner<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner").finish_non_exhaustive()
    }
}

impl<S: Subject> Default for Runner<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Subject> Runner<S> {
    /// The subject's entry.
    pub const ENTRY: &'static Entry =
        &Entry { name: S::NAME, abilities: S::ABILITIES, statics: S::STATICS, backend: || Box::new(Self::new()) };

    /// A runner.
    #[must_use]
    pub fn new() -> Self {
        let mut cycles = CycleDetector::new();
        // What a subject changes in its own memory is no event: steps that look equal need not be.
        cycles.stop_at_circles(false);
        Self {
            stacks: Stacks::new(S::STACK),
            recorder: Recorder::default(),
            cycles,
            operations: Vec::new(),
            starts: Vec::new(),
            history: History::default(),
            events: Vec::new(),
            image: None,
            is_lost: false,
            records: false,
            of: PhantomData,
        }
    }

    /// The files, in regions of the disk.
    fn start_files(&mut self, case: &Case) {
        let page = u64::from(case.geometry.page) * CELL as u64;
        let room = u64::from(Case::MAX_FILE_PAGES) * page + appended(case).next_multiple_of(page);
        let starts = (0..).zip(&case.files).map(|(file, it)| Start {
            size: u64::from(it.size) * CELL as u64,
            disk: file * room,
            room,
        });
        self.starts.clear();
        self.starts.extend(starts);
        let base = match &self.image {
            Some(image) => Base::Image(Rc::clone(image)),
            None => Base::Files { room, block: u64::from(case.geometry.block) * CELL as u64 },
        };
        let size = if S::IMAGE > 0 { S::IMAGE } else { room * case.files.len() as u64 };
        with(|w| {
            begin_history(&mut w.history, case);
            w.disk.begin(size, base, case.crashes());
            w.memory.begin(case);
            w.frames.reset(page as usize, u16::MAX);
        });
    }

    /// Makes what every run finds on the disk, if it is a filesystem that has to be made. It is no part of any run.
    fn make_image(&mut self) -> Result<(), Option<Stop>> {
        if S::IMAGE == 0 || self.image.is_some() {
            return Ok(());
        }
        // Before it is formatted, everything is what was there before.
        with(|w| {
            w.begin();
            w.history.clear();
            w.disk.begin(S::IMAGE, Base::Files { room: S::IMAGE, block: 4_096 }, false);
        });
        if self.aside(|| S::format(&Env { _private: () })).is_none() {
            return Err(with(|w| w.history.stop.take()));
        }
        self.image = Some(Rc::new(with(|w| w.disk.image(&w.history))));
        Ok(())
    }

    /// Does something beside the tasks (what it takes along has to be small: it is moved to another stack): as the look
    /// at rest, on a stack of its own, where nobody else runs. `None` if it does not come to its end: the history
    /// says why.
    fn aside<T>(&mut self, f: impl FnOnce() -> T) -> Option<T> {
        let mut result = None;
        with(|w| (w.quiet, w.current) = (true, REST));
        let mut running = Running::new(&mut self.stacks, REST, || result = Some(f()));
        let turn = running.resume();
        self.is_lost |= turn == Turn::Lost;
        if turn == Turn::GoesOn {
            // It waits, and nobody else is there.
            with(|w| {
                w.unfinished = 1 << REST;
                w.blocked |= 1 << REST;
                let deadlock = w.all_that_wait();
                w.stop(Stop::Deadlock(deadlock));
            });
        }
        with(|w| w.current = REST);
        running.end(&mut self.stacks);
        result
    }

    /// The tasks, until all have finished or the run stops. Returns the number of steps.
    fn run_tasks(&mut self, subject: &S, case: &Case, scheduler: &mut dyn Scheduler) -> u32 {
        let mut turns = Turns::new(scheduler, &mut self.recorder, &mut self.cycles, Limits::of(case));
        let mut first = 0;
        let mut tasks = Vec::with_capacity(case.tasks.len());
        for (task, it) in case.tasks.iter().enumerate() {
            let body = move || run_task(subject, case, task, first);
            tasks.push(Running::new(&mut self.stacks, task as u8, body));
            first += it.operations.len() as u8;
        }
        with(|w| {
            w.unfinished = (1_u32 << case.tasks.len()) - 1;
            w.plan.reset(&case.faults);
            w.quiet = false;
            turns.begin_run(w);
        });
        while let Some(runner) = turns.begin_turn() {
            let turn = tasks[usize::from(runner)].resume();
            self.is_lost |= turn == Turn::Lost;
            with(|w| {
                if turn != Turn::GoesOn {
                    w.unfinished &= !(1 << runner);
                }
                turns.end_turn(w, turn != Turn::GoesOn);
            });
        }
        with(|w| w.quiet = true);
        for (runner, task) in (0..).zip(tasks) {
            with(|w| w.current = runner);
            task.end(&mut self.stacks);
        }
        turns.steps()
    }

    /// Power was lost: what had not reached the disk is gone, and so is the subject, without a word.
    fn look_after_crash(&mut self, subject: Box<S>, files: usize) {
        std::mem::forget(subject);
        with(|w| {
            w.plan.healed = true;
            let chance = w.trace.hash();
            w.disk.lose_power(chance);
            w.crashed = false;
        });
        let starts = std::mem::take(&mut self.starts);
        self.aside(|| {
            let again = S::open_again(&starts, &Env { _private: () });
            look_by_read(&again, files, Way::Crash);
            again.close();
        });
        self.starts = starts;
    }

    fn look_at_rest(&mut self, subject: Box<S>, files: usize) -> Option<()> {
        with(|w| {
            w.plan.healed = true;
            w.clock += 1;
            w.tasks[usize::from(REST)].operation = None;
            while w.disk.is_busy() {
                w.complete_oldest_request();
            }
        });
        let mut starts = std::mem::take(&mut self.starts);
        let looked = self.aside(|| {
            look_by_read(&*subject, files, Way::Read);
            if S::ABILITIES.shared_mappings {
                look_through_mapping(&*subject, files);
            }
            let again = opened_anew(*subject, &mut starts, &Env { _private: () });
            look_by_read(&again, files, Way::Evicted);
            again.close();
        });
        self.starts = starts;
        looked
    }
}

/// Bytes that all appends of a case ask for: each can go to where a file is longest.
fn appended(case: &Case) -> u64 {
    let operations = case.tasks.iter().flat_map(|it| &it.operations);
    let cells = operations.map(|it| match it {
        TaskOperation::Append { segments, .. } => segments.iter().map(|it| u64::from(it.range.len())).sum(),
        _ => 0,
    });
    cells.sum::<u64>() * CELL as u64
}

impl<S: Subject> Backend for Runner<S> {
    fn record(&mut self, on: bool) {
        self.records = on;
    }

    fn run(&mut self, case: &Case, scheduler: &mut dyn Scheduler) -> Ran<'_> {
        self.operations.clear();
        self.operations.extend(case.tasks.iter().map(|task| task.operations.len() as u32));
        scheduler.start(&self.operations);
        self.is_lost = false;
        let made = self.make_image();
        with(|w| {
            w.begin();
            w.trace.recording = self.records;
            std::mem::swap(&mut w.history, &mut self.history);
        });
        self.start_files(case);
        let is_made = made.is_ok();
        if let Err(Some(why)) = made {
            with(|w| w.stop(why));
        }
        let starts = std::mem::take(&mut self.starts);
        let subject = if is_made { self.aside(|| Box::new(S::open(&starts, &Env { _private: () }))) } else { None };
        self.starts = starts;
        let mut steps = 0;
        if let Some(subject) = subject {
            steps = self.run_tasks(&subject, case, scheduler);
            with(|w| w.note(Kind::Note, 0x3_0000, |_| "all is at rest".to_owned()));
            if self.is_lost {
                std::mem::forget(subject);
            } else if with(|w| w.crashed && !w.stopped) {
                self.look_after_crash(subject, case.files.len());
            } else if with(|w| w.stopped) {
                self.aside(|| subject.close());
            } else {
                self.look_at_rest(subject, case.files.len());
            }
        }
        let (hash, counts) = with(|w| {
            std::mem::swap(&mut w.history, &mut self.history);
            std::mem::swap(&mut w.trace.events, &mut self.events);
            w.is_running = false;
            (w.trace.hash(), w.counts)
        });
        let schedule = self.recorder.schedule();
        Ran { history: &self.history, steps, hash, schedule, events: &self.events, counts }
    }
}
