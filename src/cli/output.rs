//! Standard output. Whoever reads it may stop reading; a disk may be full: neither is a reason to panic.

use indicatif::HumanCount;
use serde::Serialize;
use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

static FAILED: AtomicBool = AtomicBool::new(false);

/// Prints a line. A reader that has gone (`| head`) has seen what it wanted; any other error is told once.
pub fn say(line: impl Display) {
    let result = writeln!(anstream::stdout().lock(), "{line}");
    if let Err(error) = result.and_then(|()| std::io::stdout().flush())
        && error.kind() != ErrorKind::BrokenPipe
        && !FAILED.swap(true, Ordering::Relaxed)
    {
        eprintln!("cannot write to standard output: {error}");
    }
}

/// `1 case`, `2 cases`, `1,234 cases`.
pub fn counted(number: impl TryInto<u64>, one: &str, many: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{} {}", HumanCount(number), if number == 1 { one } else { many })
}

/// That the oracle gave questions up, which is never silent.
pub fn not_answered(questions: u64) -> String {
    let questions = counted(questions, "question", "questions");
    format!("the oracle gave up {questions} of where a copy came from, and took the cells for legal: too many steps")
}

/// Columns of the terminal, where there is one; what `COLUMNS` says, where it says something.
pub fn terminal_width() -> Option<u16> {
    let said = std::env::var("COLUMNS").ok().and_then(|it| it.parse().ok()).filter(|it| *it > 0);
    said.or_else(|| comfy_table::Table::new().width())
}

/// Prints a JSON object on a line of its own.
pub fn say_json(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(line) => say(line),
        Err(error) => eprintln!("{error}"),
    }
}

/// Whether something that should have been printed was not.
pub fn has_failed() -> bool {
    FAILED.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_is_one() {
        let words = [0, 1, 1234].map(|it| counted(it, "strategy", "strategies"));
        assert_eq!(words, ["0 strategies", "1 strategy", "1,234 strategies"]);
    }
}
