//! The cache's own `hunt`, `run`, `explain`, `shrink` and `list`.

use own_cache::OwnCache;
use std::process::ExitCode;

fn main() -> ExitCode {
    shortcopy::subject::main::<OwnCache>()
}
