//! A case as a program of its own, for those who have no shortcopy at hand: in C for a kernel's developers, in Rust for
//! a project's tests.

mod c;
mod rust_test;

pub use c::c_program;
pub use rust_test::rust_test;
