//! The `hunt`, `run`, `explain`, `shrink` and `list` of redoxfs.

use shortcopy::subject::Locked;
use std::process::ExitCode;
use subject_redoxfs::Redoxfs;

fn main() -> ExitCode {
    shortcopy::subject::main::<Locked<Redoxfs>>()
}
