//! The `hunt`, `run`, `explain`, `shrink` and `list` of fatfs.

use shortcopy::subject::Locked;
use std::process::ExitCode;
use subject_fatfs::Fatfs;

fn main() -> ExitCode {
    shortcopy::subject::main::<Locked<Fatfs>>()
}
