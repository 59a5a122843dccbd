//! Coroutines: each task of a run has a stack of its own, and gives up its turn wherever it is.

use crate::panics::{listening, message};
use crate::trap::guarded;
use crate::world::with;
use corosensei::stack::{DefaultStack, Stack};
use corosensei::{Coroutine, CoroutineResult, Yielder};
use oracle::CrashKind;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Stack that has to be left wherever a turn can end: who comes below it has overflowed.
const MARGIN: usize = 8 << 10;

/// Stacks that nobody uses now.
pub(crate) struct Stacks {
    free: Vec<DefaultStack>,
    size: usize,
}

impl Stacks {
    /// Stacks of so many bytes.
    pub const fn new(size: usize) -> Self {
        Self { free: Vec::new(), size: size + MARGIN }
    }

    fn take(&mut self) -> DefaultStack {
        self.free.pop().unwrap_or_else(|| DefaultStack::new(self.size).expect("memory for a stack"))
    }
}

/// A task under way.
pub(crate) struct Running<'r> {
    coroutine: Coroutine<(), (), (), DefaultStack>,
    runner: u8,
    of: std::marker::PhantomData<&'r ()>,
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It is to go on later.
    GoesOn,
    /// It is done.
    Finished,
    /// It panicked, and what it said is in the history.
    Panicked,
    /// It was ended in the middle of something: what it was changing must not be used any more.
    Lost,
}

impl<'r> Running<'r> {
    /// A task that has not begun. It has to be [`Running::end`]ed, whatever happens.
    pub fn new(stacks: &mut Stacks, runner: u8, task: impl FnOnce() + 'r) -> Self {
        let stack = stacks.take();
        let limit = stack.limit().get() + MARGIN;
        let body = move |yielder: &Yielder<(), ()>, ()| {
            with(|w| {
                let it = &mut w.tasks[usize::from(runner)];
                (it.yielder, it.stack_limit) = (yielder, limit);
            });
            task();
        };
        // SAFETY: what `task` borrows lives for 'r, and so longer than this value, which a drop ends.
        let coroutine = unsafe { Coroutine::with_stack_unchecked(stack, body) };
        Self { coroutine, runner, of: std::marker::PhantomData }
    }

    /// Lets it go on until it gives up its turn.
    pub fn resume(&mut self) -> Turn {
        let task = self.coroutine.trap_handler();
        let turn = || guarded(task, || listening(|| self.coroutine.resume(())));
        let (how, what) = match catch_unwind(AssertUnwindSafe(turn)) {
            Ok(Ok(CoroutineResult::Yield(()))) => return Turn::GoesOn,
            Ok(Ok(CoroutineResult::Return(()))) => return Turn::Finished,
            Ok(Err(CrashKind::Hang)) => {
                (CrashKind::Hang, "it never comes to a place where another could run".to_owned())
            }
            Ok(Err(how)) => (how, "the stack is full".to_owned()),
            Err(_) => (CrashKind::Panic, message()),
        };
        let runner = self.runner;
        with(|w| {
            w.current = runner;
            w.crashed(how, what);
        });
        if how == CrashKind::Panic { Turn::Panicked } else { Turn::Lost }
    }

    /// Ends it, wherever it is: what it left on its stack is dropped. The world has to be quiet.
    pub fn end(mut self, stacks: &mut Stacks) {
        if !self.coroutine.done() {
            // What panics while it is unwound has nothing more to say.
            let _ = catch_unwind(AssertUnwindSafe(|| listening(|| self.coroutine.force_unwind())));
        }
        if self.coroutine.done() {
            stacks.free.push(self.coroutine.into_stack());
        }
    }
}

/// The running task gives up its turn. It is not known when it gets it back.
pub(crate) fn suspend() {
    let (yielder, limit) = with(|w| (w.task().yielder, w.task().stack_limit));
    let here = 0_u8;
    if (&raw const here) as usize <= limit {
        with(|w| w.crashed(CrashKind::StackOverflow, "the stack is full".to_owned()));
    }
    // SAFETY: the yielder of the running task lies on that task's own stack, on which this very call is.
    unsafe { (*yielder).suspend(()) }
}

/// A place where another task can run. In the middle of nothing (a test of the subject's own, the look at rest) it does
/// nothing.
#[inline]
pub fn preempt() {
    if with(|w| !w.quiet) {
        suspend();
    }
}
