//! Somebody else's page cache or filesystem, under our generator, schedules and oracle: as a test, as a program, as a
//! fuzz target. `docs/your-own-cache.md` shows the way.
//!
//! ```no_run
//! # struct MyCache;
//! # use shortcopy::subject::{Env, Errno, Sink, Source, Start, Subject};
//! # impl Subject for MyCache {
//! #     const NAME: &'static str = "my-cache";
//! #     fn open(_: &[Start], _: &Env) -> Self { Self }
//! #     fn write(&self, _: usize, _: u64, _: &mut Source<'_>) -> Result<usize, Errno> { Err(Errno::EIO) }
//! #     fn read(&self, _: usize, _: u64, _: &mut Sink<'_>) -> Result<usize, Errno> { Err(Errno::EIO) }
//! #     fn size(&self, _: usize) -> u64 { 0 }
//! #     fn truncate(&self, _: usize, _: u64) -> Result<(), Errno> { Err(Errno::EIO) }
//! #     fn sync(&self, _: usize) -> Result<(), Errno> { Ok(()) }
//! # }
//! #[test]
//! fn my_cache() {
//!     shortcopy::subject::test::<MyCache>();
//! }
//! ```

mod check;
mod test;

pub use check::{Complaint, check, complaints};
pub use subject::*;
pub use test::test;

use crate::under_test::UnderTest;

/// A subject as what is run.
#[must_use]
pub const fn under_test<S: Subject>() -> UnderTest {
    UnderTest::Subject(Runner::<S>::ENTRY)
}

/// A subject's own program: `hunt`, `run`, `explain`, `shrink`, `list`, `completions` and `man`, with the flags, output
/// and exit codes of ours.
#[cfg(feature = "cli")]
#[must_use]
pub fn main<S: Subject>() -> std::process::ExitCode {
    crate::cli::subject_main(Runner::<S>::ENTRY)
}

/// What a fuzz target does with an engine's input: it is a case, whatever is in it, and run with the subject.
///
/// # Panics
/// If it shows something: with the case, and what is wrong.
pub fn fuzz<S: Subject>(bytes: &[u8]) {
    test::fuzz(under_test::<S>(), bytes);
}
