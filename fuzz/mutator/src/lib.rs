//! The mutator that knows the format, as a library that AFL++ loads: set `AFL_CUSTOM_MUTATOR_LIBRARY` to its path. AFL++'s own mutations go on
//! beside it.

use shortcopy::fuzzing::{cross_inputs, mutate_input};
use std::ffi::{c_uint, c_void};

/// One call of so many crosses two inputs.
const CROSSES: u32 = 8;

/// What is kept between two calls.
struct Mutator {
    seed: u32,
    out: Vec<u8>,
}

/// Makes a mutator.
#[unsafe(no_mangle)]
pub extern "C" fn afl_custom_init(_afl: *mut c_void, seed: c_uint) -> *mut c_void {
    Box::into_raw(Box::new(Mutator { seed, out: Vec::new() })).cast()
}

/// Mutates an input, or crosses it with another; returns the new length, and where the bytes are.
///
/// # Safety
/// As AFL++ calls it: `data` comes from [`afl_custom_init`], the buffers are as long as it says, `out` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afl_custom_fuzz(
    data: *mut c_void,
    input: *const u8,
    length: usize,
    out: *mut *const u8,
    other: *const u8,
    other_length: usize,
    most: usize,
) -> usize {
    // SAFETY: what the caller promises.
    let (mutator, input) = unsafe { (&mut *data.cast::<Mutator>(), slice(input, length)) };
    mutator.seed = mutator.seed.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
    mutator.out.clear();
    mutator.out.resize(most.max(length), 0);
    let crosses = mutator.seed >> 16 & (CROSSES - 1) == 0 && other_length > 0;
    let crossed = if crosses {
        // SAFETY: the same.
        cross_inputs(input, unsafe { slice(other, other_length) }, &mut mutator.out[..most], mutator.seed)
    } else {
        None
    };
    let size = crossed.unwrap_or_else(|| {
        mutator.out[..length].copy_from_slice(input);
        // What the structured mutator leaves alone goes on to AFL++'s own.
        mutate_input(&mut mutator.out, length, most, mutator.seed).unwrap_or(length)
    });
    // SAFETY: the same.
    unsafe { out.write(mutator.out.as_ptr()) };
    size.min(most.max(length))
}

/// Ends a mutator.
///
/// # Safety
/// `data` comes from [`afl_custom_init`], and nobody uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afl_custom_deinit(data: *mut c_void) {
    // SAFETY: what the caller promises.
    drop(unsafe { Box::from_raw(data.cast::<Mutator>()) });
}

/// # Safety
/// The bytes are there and stay.
unsafe fn slice<'a>(bytes: *const u8, length: usize) -> &'a [u8] {
    // SAFETY: what the caller promises; no bytes may be anywhere.
    if length == 0 { &[] } else { unsafe { std::slice::from_raw_parts(bytes, length) } }
}
