//! The world of a subject: all that the harness keeps of a run. Each thread has one, since the subject's locks and
//! disk requests have to find it wherever they are called.

mod disk;
mod frames;
mod locks;
mod memory;
mod stage;
mod trace;

pub use disk::SECTOR;
pub(crate) use disk::{Base, DiskState, Request};
pub(crate) use frames::Frames;
pub(crate) use locks::{LockId, Locks, Mode, Place, Wait, place};
pub(crate) use memory::{There, UserMemory};
pub(crate) use trace::{Kind, Trace};

use crate::entry::Counts;
use corosensei::Yielder;
use oracle::{Clock, CrashKind, Crashed, FaultKind, History, OperationId, Stop};
use schedule::{FaultPlan, MAX_RUNNERS, REST};
use std::cell::RefCell;
use std::ptr;

/// What is known of a task.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    /// What it gives up its turn with; null before it has begun.
    pub yielder: *const Yielder<(), ()>,
    /// Where its stack ends: below, there is no room for another call.
    pub stack_limit: usize,
    /// The operation that it is in, or was in last.
    pub operation: Option<OperationId>,
    /// What it waits for.
    pub wait: Option<Wait>,
}

/// Everything.
#[derive(Debug)]
pub(crate) struct World {
    /// Which run it is, from 2; before the first, and what a test of the subject's own does without one, is 1. What a
    /// lock remembers of an earlier one does not count.
    pub run: u32,
    pub clock: Clock,
    /// The runner whose step it is.
    pub current: u8,
    /// Tasks that have not finished.
    pub unfinished: u32,
    /// Tasks that wait.
    pub blocked: u32,
    pub stopped: bool,
    /// Power was lost.
    pub crashed: bool,
    /// A run is under way, or something beside one that belongs to it: the harness decides who gets a lock.
    pub is_running: bool,
    /// Nothing is preempted: before the first step, after the last, and while what is left is unwound.
    pub quiet: bool,
    pub tasks: [Task; MAX_RUNNERS],
    pub plan: FaultPlan,
    pub history: History,
    pub trace: Trace,
    pub locks: Locks,
    pub memory: UserMemory,
    pub frames: Frames,
    pub disk: DiskState,
    pub counts: Counts,
}

const IDLE: Task = Task { yielder: ptr::null(), stack_limit: 0, operation: None, wait: None };

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::new());
}

/// The one way to the world. No borrow outlives the closure, so none is there when a task gives up its turn.
#[inline]
pub(crate) fn with<R>(f: impl FnOnce(&mut World) -> R) -> R {
    WORLD.with_borrow_mut(f)
}

/// Whether this thread is in a run.
#[inline]
pub(crate) fn is_running() -> bool {
    with(|w| w.is_running)
}

impl World {
    fn new() -> Self {
        Self {
            run: 1,
            clock: 0,
            current: REST,
            unfinished: 0,
            blocked: 0,
            stopped: false,
            crashed: false,
            is_running: false,
            quiet: true,
            tasks: [IDLE; MAX_RUNNERS],
            plan: FaultPlan::default(),
            history: History::default(),
            trace: Trace::new(),
            locks: Locks::default(),
            memory: UserMemory::default(),
            frames: Frames::default(),
            disk: DiskState::default(),
            counts: Counts::default(),
        }
    }

    /// A run begins: nothing has happened.
    pub fn begin(&mut self) {
        self.run += 1;
        self.is_running = true;
        self.clock = 0;
        self.current = REST;
        self.unfinished = 0;
        self.blocked = 0;
        self.stopped = false;
        self.crashed = false;
        self.quiet = true;
        self.tasks = [IDLE; MAX_RUNNERS];
        self.plan.reset(&[]);
        self.trace.reset();
        self.locks.reset();
        self.counts = Counts::default();
    }

    /// The task that runs.
    pub fn task(&self) -> &Task {
        &self.tasks[usize::from(self.current)]
    }

    /// The operation of the task that runs.
    pub fn operation(&self) -> Option<OperationId> {
        self.task().operation
    }

    /// Notes what happened: in the hash, and in words if somebody asked for them.
    #[inline]
    pub fn note(&mut self, kind: Kind, value: u64, words: impl FnOnce(&Self) -> String) {
        self.trace.mix(kind, value);
        if self.trace.recording {
            let words = words(self);
            self.trace.tell(self.clock, self.current, words);
        }
    }

    /// Ends the run.
    pub fn stop(&mut self, why: Stop) {
        if !self.stopped {
            self.stopped = true;
            self.history.stop = Some(why);
        }
    }

    /// The subject gave up.
    pub fn crashed(&mut self, how: CrashKind, what: String) {
        let operation = self.operation().unwrap_or(OperationId(0));
        let step = self.clock;
        self.note(Kind::Note, how as u64, |_| format!("gives up: {what}"));
        self.stop(Stop::Crashed(Crashed { how, operation, what, step }));
    }

    /// A chance for a fault: whether it comes. It is noted for the operation that runs.
    pub fn chance(&mut self, kind: FaultKind) -> Option<case::Fault> {
        let hit = self.plan.chance(kind)?;
        self.note(Kind::Note, 0x100 | kind as u64, |_| format!("injected: {kind:?}"));
        if let Some(operation) = self.operation() {
            self.history.operations[operation.index()].faults.insert(kind);
        }
        Some(hit)
    }
}
