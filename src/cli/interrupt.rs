//! Ctrl-C, SIGTERM and SIGHUP in the middle of long work: all three mean the same.

use super::failure::Failure;
use super::program;
use crate::whole;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that the first signal sets; a second one does not wait for what is still being done, and takes away what is
/// unfinished in the folder that results are written to.
pub fn stop_on_interrupt(results: Option<PathBuf>) -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let handler = move || {
        if flag.swap(true, Ordering::Relaxed) {
            results.iter().for_each(|it| whole::remove_own(it));
            std::process::exit(130);
        }
    };
    ctrlc::set_handler(handler).map_err(|error| Failure::words(error, program::help()))?;
    Ok(stop)
}
