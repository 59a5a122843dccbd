//! Traps: what ends a task that runs out of stack, or that keeps its turn for ever. Both would take the whole process
//! with them, or leave it hanging, without a word about the case.
//!
//! A signal comes on a stack of its own; if it interrupted a task, the task's stack is thrown away, and the task
//! returns to whoever let it run. What it had borrowed or allocated is lost: the run ends, and its subject is
//! forgotten.

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod signals;
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod signals {
    //! Elsewhere nothing is caught.
    use corosensei::CoroutineResult;
    use corosensei::trap::CoroutineTrapHandler;
    use oracle::CrashKind;

    pub(crate) fn guarded(
        _: CoroutineTrapHandler<()>,
        turn: impl FnOnce() -> CoroutineResult<(), ()>,
    ) -> Result<CoroutineResult<(), ()>, CrashKind> {
        Ok(turn())
    }
}

pub(crate) use signals::guarded;
