//! Traps by signals, on Linux.

use corosensei::CoroutineResult;
use corosensei::trap::{CoroutineTrapHandler, TrapHandlerRegs};
use oracle::CrashKind;
use std::cell::{Cell, RefCell};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::Duration;

/// How long on the processor a task may keep its turn before it is taken for one that never gives it up; and once one
/// was, since then many runs like it are to come. Waiting does not count: a machine can be busy with other things.
const PATIENCE: [Duration; 2] = [Duration::from_secs(5), Duration::from_millis(200)];

/// How often somebody looks.
const LOOK: Duration = Duration::from_millis(50);

/// What tells a thread that its task has kept its turn too long.
const TOO_LONG: i32 = libc::SIGVTALRM;

/// Bytes of the stack on which signals are handled, where a thread has none.
const SIGNAL_STACK: usize = 64 << 10;

thread_local! {
    /// The task that runs on this thread.
    static RUNNING: Cell<Option<CoroutineTrapHandler<()>>> = const { Cell::new(None) };
    /// Why it was ended.
    static CAUGHT: Cell<Option<CrashKind>> = const { Cell::new(None) };
    /// What the watchdog knows of this thread.
    static WATCHED: RefCell<Option<&'static Watched>> = const { RefCell::new(None) };
}

/// A thread that runs tasks.
#[derive(Debug)]
struct Watched {
    thread: libc::pthread_t,
    /// Turns so far.
    turns: AtomicU64,
    /// Whether one is under way.
    is_running: AtomicBool,
}

/// The threads that run tasks. They are few, and never forgotten.
static ALL: Mutex<Vec<&'static Watched>> = Mutex::new(Vec::new());

/// Whether a task was ended that kept its turn too long.
static ONE_HUNG: AtomicBool = AtomicBool::new(false);

/// What handled a fault before.
static mut BEFORE: MaybeUninit<libc::sigaction> = MaybeUninit::uninit();

/// Lets a task run until it gives up its turn; why it was ended, if it had to be.
pub(crate) fn guarded(
    task: CoroutineTrapHandler<()>,
    turn: impl FnOnce() -> CoroutineResult<(), ()>,
) -> Result<CoroutineResult<(), ()>, CrashKind> {
    let watched = watched();
    RUNNING.set(Some(task));
    watched.turns.store(watched.turns.load(Relaxed) + 1, Relaxed);
    watched.is_running.store(true, Relaxed);
    // Also when a panic goes through here.
    struct Done(&'static Watched);
    impl Drop for Done {
        fn drop(&mut self) {
            self.0.is_running.store(false, Relaxed);
            RUNNING.set(None);
        }
    }
    let done = Done(watched);
    let result = turn();
    drop(done);
    match CAUGHT.take() {
        None => Ok(result),
        Some(how) => Err(how),
    }
}

/// What the watchdog knows of this thread, which it learns the first time.
fn watched() -> &'static Watched {
    WATCHED.with_borrow_mut(|it| {
        *it.get_or_insert_with(|| {
            static LISTEN: Once = Once::new();
            LISTEN.call_once(listen);
            give_signal_stack();
            // SAFETY: it has no conditions.
            let thread = unsafe { libc::pthread_self() };
            let watched =
                Box::leak(Box::new(Watched { thread, turns: AtomicU64::new(0), is_running: AtomicBool::new(false) }));
            ALL.lock().unwrap_or_else(PoisonError::into_inner).push(watched);
            watched
        })
    })
}

/// Handles the signals from now on, and starts the watchdog.
fn listen() {
    // SAFETY: the handler does only what a handler may, as far as it is the subject that was interrupted; for all else
    // it puts back what was there before.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_signal as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&raw mut action.sa_mask);
        libc::sigaction(libc::SIGSEGV, &raw const action, (&raw mut BEFORE).cast());
        libc::sigaction(TOO_LONG, &raw const action, ptr::null_mut());
    }
    let watchdog = thread::Builder::new().name("shortcopy watchdog".to_owned());
    // Without it, only who never gives up its turn is not told.
    let _ = watchdog.spawn(watch);
}

/// A stack for signals, where the thread has none.
fn give_signal_stack() {
    // SAFETY: the memory is never given back.
    unsafe {
        let mut now: libc::stack_t = std::mem::zeroed();
        libc::sigaltstack(ptr::null(), &raw mut now);
        if now.ss_flags & libc::SS_DISABLE != 0 {
            let memory = Box::leak(vec![0_u8; SIGNAL_STACK].into_boxed_slice());
            let stack = libc::stack_t { ss_sp: memory.as_mut_ptr().cast(), ss_flags: 0, ss_size: SIGNAL_STACK };
            libc::sigaltstack(&raw const stack, ptr::null_mut());
        }
    }
}

/// How long a thread has been on the processor.
fn time_of(thread: libc::pthread_t) -> Duration {
    // SAFETY: both write where they are told to; a thread that has ended has no clock, and then it is 0.
    unsafe {
        let (mut clock, mut time): (libc::clockid_t, libc::timespec) = (0, std::mem::zeroed());
        if libc::pthread_getcpuclockid(thread, &raw mut clock) != 0 || libc::clock_gettime(clock, &raw mut time) != 0 {
            return Duration::ZERO;
        }
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    }
}

/// Looks at all threads, and tells those whose task has kept its turn too long.
fn watch() {
    let mut seen: Vec<(u64, Duration)> = Vec::new();
    loop {
        thread::sleep(LOOK);
        let patience = PATIENCE[usize::from(ONE_HUNG.load(Relaxed))];
        let all = ALL.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (index, watched) in all.iter().enumerate() {
            if !watched.is_running.load(Relaxed) {
                continue;
            }
            let (turns, now) = (watched.turns.load(Relaxed), time_of(watched.thread));
            if seen.len() <= index {
                seen.resize(index + 1, (turns, now));
            }
            let (last, since) = &mut seen[index];
            if *last != turns {
                (*last, *since) = (turns, now);
            } else if now.saturating_sub(*since) >= patience {
                // SAFETY: the thread runs a task, or did just now; one that has ended is not told, since it runs none.
                unsafe { libc::pthread_kill(watched.thread, TOO_LONG) };
                *since = now;
            }
        }
    }
}

extern "C" fn on_signal(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: that is what the kernel gives to a handler that asks for it.
    let (address, context) = unsafe { ((*info).si_addr() as usize, &mut *context.cast::<libc::ucontext_t>()) };
    let task = RUNNING.get().filter(|it| it.stack_ptr_in_bounds(stack_pointer(context)));
    let how = if signal == TOO_LONG { CrashKind::Hang } else { CrashKind::StackOverflow };
    match task {
        Some(task) if signal == TOO_LONG || task.stack_ptr_in_bounds(address) => {
            if how == CrashKind::Hang {
                ONE_HUNG.store(true, Relaxed);
            }
            CAUGHT.set(Some(how));
            // SAFETY: the stack pointer is in the task's stack, and the registers are set as they have to be.
            let registers = unsafe { task.setup_trap_handler(|| ()) };
            set_registers(context, &registers);
        }
        _ if signal == TOO_LONG => {}
        // Somebody else's: it comes again, to whoever handled it before.
        _ => unsafe {
            // SAFETY: it was filled when this handler was set.
            libc::sigaction(signal, (&raw const BEFORE).cast(), ptr::null_mut());
        },
    }
}

#[cfg(target_arch = "x86_64")]
const fn stack_pointer(context: &libc::ucontext_t) -> usize {
    context.uc_mcontext.gregs[libc::REG_RSP as usize] as usize
}

#[cfg(target_arch = "x86_64")]
const fn set_registers(context: &mut libc::ucontext_t, registers: &TrapHandlerRegs) {
    let TrapHandlerRegs { rip, rsp, rbp, rdi, rsi } = *registers;
    let all = &mut context.uc_mcontext.gregs;
    all[libc::REG_RIP as usize] = rip as i64;
    all[libc::REG_RSP as usize] = rsp as i64;
    all[libc::REG_RBP as usize] = rbp as i64;
    all[libc::REG_RDI as usize] = rdi as i64;
    all[libc::REG_RSI as usize] = rsi as i64;
}

#[cfg(target_arch = "aarch64")]
const fn stack_pointer(context: &libc::ucontext_t) -> usize {
    context.uc_mcontext.sp as usize
}

#[cfg(target_arch = "aarch64")]
const fn set_registers(context: &mut libc::ucontext_t, registers: &TrapHandlerRegs) {
    let TrapHandlerRegs { pc, sp, x0, x1, x29, lr } = *registers;
    let all = &mut context.uc_mcontext;
    (all.pc, all.sp) = (pc, sp);
    (all.regs[0], all.regs[1], all.regs[29], all.regs[30]) = (x0, x1, x29, lr);
}
