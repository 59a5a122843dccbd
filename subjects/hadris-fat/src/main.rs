//! The `hunt`, `run`, `explain`, `shrink` and `list` of hadris-fat.

use shortcopy::subject::Locked;
use std::process::ExitCode;
use subject_hadris_fat::HadrisFat;

fn main() -> ExitCode {
    shortcopy::subject::main::<Locked<HadrisFat>>()
}
