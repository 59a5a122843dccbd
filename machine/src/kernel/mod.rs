//! The handle through which tasks and strategies use the kernel: the only way to its state, and the preemption point.

mod acquire;

use crate::defect::Defect;
use crate::names::PageId;
use crate::state::State;
use oracle::Owner;
use schedule::Turns;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The kernel, as a strategy sees it: its methods are the kernel's own steps, under the kernel's own names. It lasts
/// for one run.
///
/// What is `async` is a place where another task can run; everything else is atomic.
#[derive(Debug)]
pub struct Kernel<'r> {
    running: RefCell<Running<'r>>,
    /// Looking at rest: nothing is preempted.
    quiet: Cell<bool>,
}

/// What changes during a run.
#[derive(Debug)]
struct Running<'r> {
    state: &'r mut State,
    turns: Turns<'r>,
}

impl<'r> Kernel<'r> {
    pub(crate) fn new(state: &'r mut State, turns: Turns<'r>) -> Self {
        Self { running: RefCell::new(Running { state, turns }), quiet: Cell::new(false) }
    }

    /// The one way to the state. No borrow outlives the closure, so none crosses an `.await`.
    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        f(self.running.borrow_mut().state)
    }

    /// The same, for what also concerns whose turn it is.
    #[inline]
    pub(crate) fn with_turns<R>(&self, f: impl FnOnce(&mut State, &mut Turns<'r>) -> R) -> R {
        let running = &mut *self.running.borrow_mut();
        f(running.state, &mut running.turns)
    }

    /// From here on nothing is preempted.
    pub(crate) fn set_quiet(&self) {
        self.quiet.set(true);
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet.get()
    }

    /// A preemption point: the scheduler may run others before this task goes on.
    pub fn preempt(&self) -> impl Future<Output = ()> {
        Preempt { kernel: self, done: self.quiet.get() }
    }

    /// Cells in a page.
    pub fn page_size(&self) -> u32 {
        self.with(|s| s.geometry.page)
    }

    /// `segment_eq(get_fs(), KERNEL_DS)`: the task is a kernel thread, and what it writes is the kernel's own memory.
    pub fn is_kernel_ds(&self) -> bool {
        self.with(|s| s.current_mm().is_none())
    }

    /// `fatal_signal_pending`.
    pub fn fatal_signal_pending(&self) -> bool {
        self.with(|s| s.signal_pending())
    }

    /// `alloc_page(GFP_KERNEL)`: a page of the kernel's own, uninitialised. Another task can run before.
    pub async fn alloc_page(&self) -> Option<PageId> {
        self.preempt().await;
        self.with(|s| s.alloc_page(Owner::Kernel))
    }

    /// `get_page`.
    pub fn get_page(&self, page: PageId) {
        self.with(|s| s.get_page(page));
    }

    /// `page_cache_release`.
    pub fn put_page(&self, page: PageId) {
        self.with(|s| s.put_page(page));
    }

    /// Whether this run mends a defect.
    #[inline]
    pub fn mended(&self, defect: Defect) -> bool {
        self.with(|s| s.mended(defect))
    }

    /// Stops the machine: the kernel has broken a rule of its own (K1).
    pub fn oops(&self, what: &'static str) {
        self.with(|s| s.oops(what));
    }
}

struct Preempt<'k, 'r> {
    kernel: &'k Kernel<'r>,
    done: bool,
}

impl Future for Preempt<'_, '_> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.done || self.kernel.with_turns(|s, turns| turns.goes_on(s)) {
            return Poll::Ready(());
        }
        self.done = true;
        Poll::Pending
    }
}
