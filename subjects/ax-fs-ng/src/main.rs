//! The `hunt`, `run`, `explain`, `shrink` and `list` of ax-fs-ng's page cache.

use std::process::ExitCode;
use subject_ax_fs_ng::AxFsNg;

fn main() -> ExitCode {
    shortcopy::subject::main::<AxFsNg>()
}
