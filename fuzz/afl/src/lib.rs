//! The glue between AFL++ and what the targets do: the same functions on the same inputs as under libFuzzer.

use shortcopy::fuzzing::COUNTERS;
use std::panic::AssertUnwindSafe;

/// Counters beside those of the edges.
static mut EXTRA: [u8; COUNTERS] = [0; COUNTERS];

/// Runs the target of this name for as long as AFL++ has inputs, or once on standard input.
///
/// # Panics
/// If there is none, or if the environment asks for what is not there.
pub fn run(name: &str) {
    // SAFETY: the body writes the counters while it runs, `tell` reads and clears them between two inputs, all in one thread.
    let counters: &'static mut [u8] = unsafe { std::slice::from_raw_parts_mut((&raw mut EXTRA).cast(), COUNTERS) };
    let mut body = shortcopy::fuzzing::body(name, counters);
    let mut run = AssertUnwindSafe(|bytes: &[u8]| {
        body.run(bytes);
        tell();
    });
    afl::fuzz!(|bytes: &[u8]| run(bytes));
}

/// Adds the counters to AFL++'s map, each at a place of its own, as IJON does with what a program says of itself.
fn tell() {
    for place in 0..COUNTERS {
        // SAFETY: in bounds, and nobody else is running. AFL++ takes any place modulo the size of its map.
        unsafe {
            let count = (&raw mut EXTRA).cast::<u8>().add(place);
            if *count > 0 {
                afl::ijon_inc(place as u32, u32::from(*count));
                *count = 0;
            }
        }
    }
}
