//! The `hunt`, `run`, `explain`, `shrink` and `list` of littlefs2.

use shortcopy::subject::Locked;
use std::process::ExitCode;
use subject_littlefs2::Littlefs;

fn main() -> ExitCode {
    shortcopy::subject::main::<Locked<Littlefs>>()
}
