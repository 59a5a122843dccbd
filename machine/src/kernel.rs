//! The handle through which tasks and strategies use the kernel: the only way to its state, and the preemption point.

use crate::state::State;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The kernel, as a strategy sees it: its methods are the kernel's own steps, under the kernel's own names.
///
/// What is `async` is a place where another task can run; everything else is atomic.
#[derive(Debug)]
pub struct Kernel {
    state: RefCell<State>,
    /// Looking at rest: nothing is preempted.
    quiet: Cell<bool>,
}

impl Kernel {
    pub(crate) fn new() -> Self {
        Self { state: RefCell::new(State::new()), quiet: Cell::new(false) }
    }

    /// The one way to the state. No borrow outlives the closure, so none crosses an `.await`.
    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        f(&mut self.state.borrow_mut())
    }

    pub(crate) fn state_mut(&mut self) -> &mut State {
        self.state.get_mut()
    }

    /// From here on nothing is preempted (or is again).
    pub(crate) fn set_quiet(&self, quiet: bool) {
        self.quiet.set(quiet);
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet.get()
    }

    /// A preemption point: the scheduler may run others before this task goes on.
    pub fn preempt(&self) -> impl Future<Output = ()> {
        Preempt { done: self.quiet.get() }
    }

    /// Cells in a page.
    pub fn page_size(&self) -> u32 {
        self.with(|s| s.geometry.page)
    }

    /// `fatal_signal_pending`.
    pub fn fatal_signal_pending(&self) -> bool {
        self.with(|s| s.chance(oracle::FaultKind::Signal)).is_some()
    }

    /// Stops the machine: the kernel has broken a rule of its own (K1).
    pub fn oops(&self, what: &'static str) {
        self.with(|s| s.oops(what));
    }
}

struct Preempt {
    done: bool,
}

impl Future for Preempt {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.done {
            return Poll::Ready(());
        }
        self.done = true;
        Poll::Pending
    }
}
