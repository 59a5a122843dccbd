//! How the user called this program, for the commands that it tells to type next.

use crate::under_test::own_subject;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// How the package calls the program: in help, and in every command that is written down in this source.
const NAME: &str = "shortcopy";

/// Through cargo, for whoever works in a checkout and has nothing installed.
const BY_CARGO: &str = "cargo run --release --";

/// What to type to call this program again: cargo, if it was built by cargo and the checkout is at hand; else the name
/// or the path it was called by.
static CALLED: LazyLock<String> = LazyLock::new(|| {
    let program = env::current_exe().unwrap_or_default();
    let here = env::current_dir().unwrap_or_default();
    // Cargo finds this program, and not one of a subject's own.
    if own_subject().is_none() && is_in_target_folder(&program) && is_in_checkout(&here) {
        return BY_CARGO.to_owned();
    }
    let called = env::args_os().next().map(|it| it.to_string_lossy().into_owned());
    called.map_or_else(|| NAME.to_owned(), |it| shlex::try_quote(&it).map_or_else(|_| it.clone(), Into::into))
});

/// Cargo marks its target folder as one that backups leave out.
fn is_in_target_folder(program: &Path) -> bool {
    program.ancestors().skip(1).any(|it| it.join("CACHEDIR.TAG").is_file())
}

/// Whether `cargo run` would find this package from here.
fn is_in_checkout(here: &Path) -> bool {
    let nearest = here.ancestors().map(|it| it.join("Cargo.toml")).find(|it| it.is_file());
    let manifest = nearest.and_then(|it| fs::read_to_string(it).ok());
    manifest.is_some_and(|it| it.lines().any(|line| line.trim() == format!("name = \"{NAME}\"")))
}

/// A command as it is written in this source, `shortcopy run my.case` or `$EDITOR my.case && shortcopy run my.case`, as
/// the user can type it.
pub fn typed(command: &str) -> String {
    replaced(command, &CALLED)
}

/// What the file of this program is called.
pub fn name() -> String {
    let called = env::args_os().next().map(PathBuf::from).unwrap_or_default();
    called.file_name().map_or_else(|| NAME.into(), OsStr::to_string_lossy).into_owned()
}

/// The same of each line of a text that is indented by two, as examples are; with no more than the name of the file, as
/// the lines of a help that tell how it is used.
pub fn named_in(text: &str) -> String {
    let called = name();
    let example = |it: &str| it.strip_prefix("  ").map(|it| format!("  {}", replaced(it, &called)));
    let lines = text.lines().map(|it| example(it).unwrap_or_else(|| it.to_owned()));
    lines.collect::<Vec<_>>().join("\n")
}

fn replaced(command: &str, called: &str) -> String {
    let words = |part: &str| match part.strip_prefix(NAME) {
        Some(rest) if rest.is_empty() || rest.starts_with(' ') => format!("{called}{rest}"),
        _ => part.to_owned(),
    };
    command.split(" && ").map(words).collect::<Vec<_>>().join(" && ")
}

/// The help of the command that runs.
pub fn help() -> String {
    // No option stands before the command.
    env::args()
        .nth(1)
        .filter(|it| !it.starts_with('-'))
        .map_or_else(|| format!("{NAME} --help"), |command| format!("{NAME} {command} --help"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_program_is_replaced() {
        for (command, typed) in [
            ("shortcopy run shortcopy.case", "./s run shortcopy.case"),
            ("$EDITOR a.case && shortcopy run a.case", "$EDITOR a.case && ./s run a.case"),
            ("df -h shortcopy", "df -h shortcopy"),
            ("shortcopy", "./s"),
            ("shortcopy-old run", "shortcopy-old run"),
        ] {
            assert_eq!(replaced(command, "./s"), typed);
        }
    }
}
