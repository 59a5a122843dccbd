//! The `hunt`, `run`, `explain`, `shrink` and `list` of rsext4.

use shortcopy::subject::Locked;
use std::process::ExitCode;
use subject_rsext4::Rsext4;

fn main() -> ExitCode {
    shortcopy::subject::main::<Locked<Rsext4>>()
}
