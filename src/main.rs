//! The program: the command line of the library.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    shortcopy::cli::main()
}
