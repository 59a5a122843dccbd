//! The executor: polls one task at a time, as the turns say, until all have finished or the machine stops.

use crate::kernel::Kernel;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};

/// Runs the tasks. Returns the number of steps. (The tasks are all of one type, so that what drives them can contain
/// them.)
pub(crate) fn drive<F: Future<Output = ()>>(kernel: &Kernel<'_>, tasks: &mut [Pin<Box<F>>]) -> u32 {
    let mut context = Context::from_waker(Waker::noop());
    kernel.with_turns(|s, turns| turns.begin_run(s));
    while let Some(runner) = kernel.with_turns(|_, turns| turns.begin_turn()) {
        let finished = tasks[usize::from(runner)].as_mut().poll(&mut context).is_ready();
        kernel.with_turns(|s, turns| {
            if finished {
                s.unfinished &= !(1 << runner);
            }
            turns.end_turn(s, finished);
        });
    }
    kernel.with_turns(|_, turns| turns.steps())
}
