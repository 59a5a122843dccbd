//! Ctrl-C in the middle of long work.

use super::failure::Failure;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that the first Ctrl-C sets; a second one does not wait for what is still being done. `command` is for whoever wants to know more.
pub fn stop_on_interrupt(command: &str) -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let handler = move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    ctrlc::set_handler(handler).map_err(|error| Failure::words(error, format!("{command} --help")))?;
    Ok(stop)
}
