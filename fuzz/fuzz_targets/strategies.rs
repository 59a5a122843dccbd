//! Any bytes as a case, under every strategy: what no witness shows is a crash.
#![no_main]

use libfuzzer_sys::{fuzz_crossover, fuzz_mutator, fuzz_target, fuzzer_mutate};
use shortcopy::fuzzing::{Fuzzer, Input, cross_inputs, mutate_input};
use std::cell::RefCell;

include!(concat!(env!("OUT_DIR"), "/witnesses.rs"));

thread_local! {
    static FUZZER: RefCell<Fuzzer> = RefCell::new(Fuzzer::with_witnesses(WITNESSES).and_embargoes(EMBARGOES));
}

fuzz_target!(|input: Input| FUZZER.with_borrow_mut(|fuzzer| fuzzer.run_or_crash(&input)));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate_input(&mut data[..max_size], size, seed).unwrap_or_else(|| fuzzer_mutate(data, size, max_size))
});

fuzz_crossover!(|a: &[u8], b: &[u8], out: &mut [u8], seed: u32| {
    // A child of length 0 is none, and the engine tries another.
    cross_inputs(a, b, out, seed).unwrap_or(0)
});
