//! The `hunt`, `run`, `explain`, `shrink` and `list` of embedded-sdmmc.

use shortcopy::subject::Locked;
use std::process::ExitCode;
use subject_embedded_sdmmc::Sdmmc;

fn main() -> ExitCode {
    shortcopy::subject::main::<Locked<Sdmmc>>()
}
