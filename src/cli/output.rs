//! Standard output. Whoever reads it may stop reading; a disk may be full: neither is a reason to panic.

use serde::Serialize;
use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

static FAILED: AtomicBool = AtomicBool::new(false);

/// Prints a line. A reader that has gone (`| head`) has seen what it wanted; any other error is told once.
pub fn say(line: impl Display) {
    let result = writeln!(anstream::stdout().lock(), "{line}");
    if let Err(error) = result.and_then(|()| std::io::stdout().flush())
        && error.kind() != ErrorKind::BrokenPipe
        && !FAILED.swap(true, Ordering::Relaxed)
    {
        eprintln!("cannot write to standard output: {error}");
    }
}

/// Prints a JSON object on a line of its own.
pub fn say_json(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(line) => say(line),
        Err(error) => eprintln!("{error}"),
    }
}

/// Whether something that should have been printed was not.
pub fn has_failed() -> bool {
    FAILED.load(Ordering::Relaxed)
}
