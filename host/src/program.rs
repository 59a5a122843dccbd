//! A run in progress: what its tasks and their conductor share.

use crate::cell_size::CellSize;
use crate::files::Files;
use crate::history_clock::HistoryClock;
use crate::limits::{Limit, Limits};
use crate::manner::Manner;
use crate::pattern::Patterns;
use crate::power_supply::PowerSupply;
use crate::record::{Look, Record};
use crate::refusal::Refusal;
use crate::time::Time;
use crate::user_memory::{Space, spray_per_cpu_lists};
use case::{Case, MemoryKind, TaskOperation};
use oracle::Clock;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The status of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Status {
    /// Waits for its turn, between two operations.
    Idle,
    /// In an operation, running or asleep.
    Running,
    /// Has nothing more to do.
    Finished,
}

/// The state of one task of the program.
#[derive(Debug)]
pub(crate) struct TaskState {
    status: AtomicU8,
    /// How many steps it may still make; [`TaskState::UNLIMITED`] is no limit.
    steps: AtomicU32,
    /// The number of its first operation in the case.
    pub first: u8,
}

impl TaskState {
    pub const UNLIMITED: u32 = u32::MAX;

    pub fn status(&self) -> Status {
        match self.status.load(Ordering::Acquire) {
            0 => Status::Idle,
            1 => Status::Running,
            _ => Status::Finished,
        }
    }

    pub fn set_status(&self, status: Status) {
        self.status.store(status as u8, Ordering::Release);
    }

    pub fn allow(&self, steps: u32) {
        self.steps.store(steps, Ordering::Release);
    }

    /// Takes a step, if one is left.
    pub fn take_step(&self) -> bool {
        let take = |steps: u32| match steps {
            0 => None,
            Self::UNLIMITED => Some(Self::UNLIMITED),
            steps => Some(steps - 1),
        };
        self.steps.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).is_ok()
    }
}

/// The program of a run.
#[derive(Debug)]
pub(crate) struct Program {
    pub case: Case,
    sprayed: bool,
    pub cell_size: CellSize,
    pub tasks: Vec<TaskState>,
    records: Vec<Mutex<Record>>,
    clock: HistoryClock,
    limits: Mutex<Limits>,
    looks: Mutex<Vec<Look>>,
    appending: BTreeMap<(usize, usize), OwnedFd>,
    event: Arc<OwnedFd>,
}

/// What is kept from run to run.
#[derive(Debug)]
pub(crate) struct Environment {
    pub space: Space,
    pub files: Files,
    pub patterns: Patterns,
    pub power_supply: PowerSupply,
}

impl Program {
    /// The program of a case whose files and memories are there.
    pub fn new(
        case: &Case,
        manner: Manner,
        environment: &Environment,
        limits: Limits,
        event: &Arc<OwnedFd>,
    ) -> io::Result<Self> {
        let timed = environment.power_supply.ask(|medium| medium.is_logged()).unwrap_or(false);
        let (mut tasks, mut appending, mut first) = (Vec::new(), BTreeMap::new(), 0);
        for (number, task) in case.tasks.iter().enumerate() {
            let (status, steps) = (AtomicU8::new(Status::Idle as u8), AtomicU32::new(0));
            tasks.push(TaskState { status, steps, first });
            first += task.operations.len() as u8;
            for operation in &task.operations {
                if let TaskOperation::Append { file, .. } = operation {
                    appending.insert((number, *file), environment.files.to_append(*file)?);
                }
            }
        }
        Ok(Self {
            case: case.clone(),
            sprayed: manner.sprayed,
            cell_size: CellSize::of(case.geometry),
            tasks,
            records: (0..first).map(|_| Mutex::default()).collect(),
            clock: HistoryClock::new(timed),
            limits: Mutex::new(limits),
            looks: Mutex::default(),
            appending,
            event: Arc::clone(event),
        })
    }

    /// Whether it has only one task and none of its memory's pages can be missing while it runs. Then no conductor has
    /// to serve its page faults.
    pub fn is_plain(&self) -> bool {
        let [task] = &self.case.tasks[..] else { return false };
        let case = &self.case;
        let is_whole = |it: &case::MemoryRegion| {
            let all = ((1_u64 << it.pages) - 1) as u32;
            it.kind != MemoryKind::Anonymous || it.mm.is_none() || it.resident & all == all
        };
        let end = |memory: usize| case.memories[memory].pages * case.geometry.page;
        let stays = |it: &TaskOperation| match it {
            TaskOperation::DontNeed { .. } | TaskOperation::ReclaimPte { .. } => false,
            TaskOperation::Load { memory, range } | TaskOperation::Store { memory, range } => range.end <= end(*memory),
            it => it.segments().iter().all(|it| it.range.end <= end(it.memory)),
        };
        case.memories.iter().all(is_whole) && task.operations.iter().all(stays)
    }

    /// Fills the memory that this processor allocates next with markers, if this run is sprayed.
    pub fn spray(&self) {
        if self.sprayed {
            // The run is one without spray then.
            if let Err(refusal) = spray_per_cpu_lists() {
                self.refuse(refusal);
            }
        }
    }

    /// The same with large folios. It writes to the filesystem under test, so it may wait for a stopped task; the
    /// conductor must not call it.
    pub fn spray_folios(&self, environment: &Environment) {
        if self.sprayed
            && let Err(errno) = environment.files.spray_folios()
        {
            self.refuse(Refusal { call: "spraying folios", errno });
        }
    }

    /// The next moment.
    pub fn tick(&self) -> Clock {
        self.tick_with_time().0
    }

    /// The next moment, and its time, if that is kept.
    pub fn tick_with_time(&self) -> (Clock, Time) {
        self.clock.tick()
    }

    /// A moment between those before this time and those after.
    pub fn moment_at(&self, time: Time) -> Clock {
        self.clock.moment_at(time)
    }

    /// The records of all operations.
    pub fn records(&self) -> impl Iterator<Item = Record> + '_ {
        (0..self.records.len()).map(|it| self.record(it as u8).clone())
    }

    pub fn record(&self, operation: u8) -> MutexGuard<'_, Record> {
        self.records[usize::from(operation)].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn note(&self, limit: Limit) {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner).note(limit);
    }

    pub fn refuse(&self, refusal: Refusal) {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner).refuse(refusal);
    }

    pub fn limits(&self) -> Limits {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps a look of the harness's own.
    pub fn keep(&self, look: Look) {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner).push(look);
    }

    /// The looks that were kept.
    pub fn looks(&self) -> Vec<Look> {
        std::mem::take(&mut self.looks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The descriptor that a task appends with; it has its own position.
    pub fn appending(&self, task: usize, file: usize) -> BorrowedFd<'_> {
        self.appending[&(task, file)].as_fd()
    }

    /// Wakes the conductor.
    pub fn notify(&self) {
        // It fails only if the counter is full, and then the conductor is woken anyway.
        let _ = io::write(&*self.event, &1_u64.to_ne_bytes());
    }

    /// Clears the conductor's wake-ups.
    pub fn drain(&self) {
        let _ = io::read(&*self.event, &mut [0_u8; 8]);
    }
}

impl AsFd for Program {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}
