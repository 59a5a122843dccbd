//! Whether a thread of this process sleeps in the kernel, and what for, as `/proc` shows it.

use std::fs;

/// A thread as the kernel shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sleeper {
    /// The kernel's number for the thread.
    pub thread: u32,
    /// `R` runs, `S` and `D` sleep.
    pub state: char,
    /// The function that it sleeps in; empty if the kernel does not say.
    pub waits_in: String,
    /// The kernel's stack, where this process may see it.
    pub stack: String,
}

impl Sleeper {
    /// Looks at a thread.
    #[must_use]
    pub fn look(thread: u32) -> Self {
        let read = |name: &str| fs::read_to_string(format!("/proc/self/task/{thread}/{name}")).unwrap_or_default();
        let waits_in = read("wchan");
        let waits_in = if waits_in == "0" { String::new() } else { waits_in };
        Self { thread, state: state(thread), waits_in, stack: read("stack") }
    }

    /// Whether it waits for a lock that another task may hold.
    #[must_use]
    pub fn waits_for_a_lock(&self) -> bool {
        const WAITS: [&str; 5] = ["rwsem", "mutex", "folio_wait", "folio_lock", "percpu"];
        WAITS.iter().any(|it| self.waits_in.contains(it))
    }
}

/// `R`, `S`, `D`, …; `?` if there is no such thread.
pub(crate) fn state(thread: u32) -> char {
    let stat = fs::read_to_string(format!("/proc/self/task/{thread}/stat")).unwrap_or_default();
    // The name before it may have anything in it but is in parentheses.
    let after = stat.rsplit(')').next().unwrap_or_default();
    after.trim_start().chars().next().unwrap_or('?')
}

/// Whether a thread sleeps for a lock, without reading its stack: cheap enough to ask every millisecond.
pub(crate) fn waits_for_a_lock(thread: u32) -> bool {
    let waits_in = fs::read_to_string(format!("/proc/self/task/{thread}/wchan")).unwrap_or_default();
    Sleeper { thread, state: 'S', waits_in, stack: String::new() }.waits_for_a_lock()
}
