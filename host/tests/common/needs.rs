//! What a test needs of the machine that it runs on. A test that cannot have it is skipped, which `make test` counts
//! and names at its end; `SHORTCOPY_REQUIRE=root,userfaultfd,xfs` says what is here, and there the same is a failure.
#![allow(dead_code, reason = "no test needs all of it")]

use std::fmt::Display;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

/// Names what the machine has, separated by commas.
const REQUIRE: &str = "SHORTCOPY_REQUIRE";
/// Where each skip is a line: beside what was built.
const SKIPPED: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/skipped");

/// The running test goes without what it needs, by its word.
pub fn skip(need: &str, why: &dyn Display) {
    let thread = std::thread::current();
    let program = std::env::current_exe().unwrap_or_default();
    let program = program.file_stem().and_then(|it| it.to_str()).unwrap_or_default();
    // Behind the last hyphen is what makes a file's name unique.
    let test = format!("{} {}", program.rsplit_once('-').map_or(program, |it| it.0), thread.name().unwrap_or("main"));
    let why = why.to_string().replace('\n', " ");
    assert!(!is_required(need), "{REQUIRE} says that {need} is here, and {test} cannot have it: {why}");
    println!("SKIPPED {test}: {why}");
    let line = format!("{need}: {test}: {}\n", why.trim());
    let file = OpenOptions::new().create(true).append(true).open(Path::new(SKIPPED));
    file.and_then(|mut file| file.write_all(line.as_bytes())).expect("a skip is noted");
}

fn is_required(need: &str) -> bool {
    std::env::var(REQUIRE).is_ok_and(|all| all.split([',', ' ']).any(|it| it == need))
}

/// What was tried, or a skip where `lacks` names what the machine does not have. Any other error is the test's failure.
#[track_caller]
pub fn or_skip<T, E: Display>(tried: Result<T, E>, lacks: impl Fn(&E) -> Option<&'static str>) -> Option<T> {
    match tried {
        Ok(it) => Some(it),
        Err(error) => match lacks(&error) {
            Some(need) => {
                skip(need, &error);
                None
            }
            None => panic!("{error}"),
        },
    }
}

/// What needs a userfaultfd, unless the kernel has none or keeps it from this process.
#[track_caller]
pub fn userfaultfd<T>(tried: io::Result<T>) -> Option<T> {
    or_skip(tried, |error| is_refused(error).then_some("userfaultfd"))
}

/// Whether a system call is not there (ENOSYS), or not for this process (EPERM).
pub fn is_refused(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported)
}
