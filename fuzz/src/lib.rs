//! The glue between libFuzzer and what the targets do.

use shortcopy::fuzzing::{Body, COUNTERS};

/// Counters beside those of the edges: libFuzzer looks for a section of this name, clears it before each input and reads it after.
#[unsafe(link_section = "__libfuzzer_extra_counters")]
static mut EXTRA: [u8; COUNTERS] = [0; COUNTERS];

/// What the target of this name does.
///
/// # Panics
/// If there is none, or if the environment asks for what is not there.
#[must_use]
pub fn body(name: &str) -> Body {
    // SAFETY: each process makes one body, and the engine touches the counters only between two inputs.
    let counters: &'static mut [u8] = unsafe { std::slice::from_raw_parts_mut((&raw mut EXTRA).cast(), COUNTERS) };
    shortcopy::fuzzing::body(name, counters)
}

/// A target of cases: with a mutator and a crossover that know the format.
#[macro_export]
macro_rules! of_cases {
    ($name:literal) => {
        $crate::of!($name, |body, input: shortcopy::fuzzing::Input| body.run_case(&input.case));

        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            // Where the engine minimises, `size` is more than `max_size`.
            shortcopy::fuzzing::mutate_input(data, size, max_size, seed)
                .unwrap_or_else(|| libfuzzer_sys::fuzzer_mutate(data, size, max_size))
        });

        libfuzzer_sys::fuzz_crossover!(|a: &[u8], b: &[u8], out: &mut [u8], seed: u32| {
            // A child of length 0 is none, and the engine tries another.
            shortcopy::fuzzing::cross_inputs(a, b, out, seed).unwrap_or(0)
        });
    };
}

/// A target of bytes as they come.
#[macro_export]
macro_rules! of_bytes {
    ($name:literal) => {
        $crate::of!($name, |body, input: &[u8]| body.run(input));
    };
}

/// A target that hands its input to a body.
#[doc(hidden)]
#[macro_export]
macro_rules! of {
    ($name:literal, |$body:ident, $input:ident: $type:ty| $run:expr) => {
        thread_local! {
            static BODY: std::cell::RefCell<shortcopy::fuzzing::Body> = std::cell::RefCell::new($crate::body($name));
        }

        libfuzzer_sys::fuzz_target!(|$input: $type| BODY.with_borrow_mut(|$body| $run));
    };
}
