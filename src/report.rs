//! Verdicts in words: what was seen, where, by whom, and cell by cell what should have been there.

use case::{Case, TaskOperation};
use oracle::{History, OperationId, Outcome, Persistence, Verdict};
use std::fmt::Write;

/// The operation of this number in a case: its task's index, and what it does.
#[must_use]
pub fn operation(case: &Case, id: OperationId) -> Option<(usize, &TaskOperation)> {
    let operations = case.tasks.iter().enumerate();
    operations.flat_map(|(task, it)| it.operations.iter().map(move |operation| (task, operation))).nth(id.index())
}

/// An operation as the case writes it: `#1 r read a 0..64`.
#[must_use]
pub fn operation_line(case: &Case, id: OperationId) -> String {
    match operation(case, id) {
        Some((task, it)) => format!("#{} {} {}", id.0, case.tasks[task].name, case.print_operation(it)),
        // What the harness itself looked at comes after the case's own.
        None => format!("#{} an observer's look", id.0),
    }
}

/// What an operation came to: `64`, `-EFAULT`, `SIGBUS`.
#[must_use]
pub fn outcome(outcome: Outcome) -> String {
    match outcome {
        Outcome::Done(cells) => cells.to_string(),
        Outcome::Failed(errno) => format!("-{errno:?}"),
        Outcome::BusError => "SIGBUS".to_owned(),
        Outcome::SegmentationFault => "SIGSEGV".to_owned(),
    }
}

/// The same with what it came to: `#1 r read a 0..64 = 64`.
fn called(case: &Case, history: &History, id: OperationId) -> String {
    let returned = history.operations.get(id.index()).and_then(|it| it.outcome);
    let returned = returned.map_or_else(|| "?".to_owned(), outcome);
    format!("{} = {returned}", operation_line(case, id))
}

/// The headline of a verdict: `ZERO transient (R1)`.
#[must_use]
pub fn headline(verdict: &Verdict) -> String {
    let detail = verdict.notation.map(oracle::Notation::as_str).or(verdict.persistence.map(Persistence::as_str));
    let detail = detail.map_or_else(String::new, |it| format!(" {it}"));
    format!("{}{detail} ({})", verdict.class, verdict.rule)
}

/// Everything below the headline: the sentence, the place, the operations, and the cells.
#[must_use]
pub fn details(case: &Case, history: &History, verdict: &Verdict) -> String {
    let mut text = sentence(case, verdict);
    text.push('\n');
    let place =
        verdict.file.map(|file| format!("in {} {}..{}", case.files[file.index()].name, verdict.start, verdict.end));
    let who = match (verdict.operation, verdict.way) {
        (Some(id), _) => Some(format!("by {}", called(case, history, id))),
        (None, Some(oracle::Way::Crash)) => Some(way_words(oracle::Way::Crash).to_owned()),
        (None, Some(way)) => Some(format!("{} at rest", way_words(way))),
        (None, None) => None,
    };
    let words: Vec<String> = place.into_iter().chain(who).chain([format!("at step {}", verdict.step)]).collect();
    let _ = writeln!(text, "{}", words.join(", "));
    for id in verdict.involved.iter().filter(|id| Some(**id) != verdict.operation) {
        let _ = writeln!(text, "with {}", called(case, history, *id));
    }
    if !verdict.seen.is_empty() {
        text.push_str(&oracle::diff::render(verdict, history));
        if let Some(legend) = legend(case) {
            let _ = writeln!(text, "({legend})");
        }
    }
    text
}

const fn way_words(way: oracle::Way) -> &'static str {
    match way {
        oracle::Way::Read => "seen by read(2)",
        oracle::Way::Mapping => "seen through a mapping",
        oracle::Way::Evicted => "seen by read(2) after everything was written back and evicted",
        oracle::Way::Crash => "seen after the crash",
    }
}

/// What a verdict says, in one sentence. The oracle speaks of task 0; people know it by its name.
#[must_use]
pub fn sentence(case: &Case, verdict: &Verdict) -> String {
    let mut text = verdict.message.clone();
    // The longest numbers first: task 1 is the beginning of task 12.
    for (index, task) in case.tasks.iter().enumerate().rev() {
        text = text.replace(&format!("task {index} "), &format!("task {} ", task.name));
    }
    lock_names(case, &text)
}

/// A lock's name, or a text with some, in which files and address spaces are called as in the case: `PL(a:0)` for
/// `PL(0:0)`.
#[must_use]
pub fn lock_names(case: &Case, text: &str) -> String {
    let mut text = text.to_owned();
    for (index, file) in case.files.iter().enumerate() {
        for lock in ["PL", "BL", "writeback", "keep-away"] {
            text = text.replace(&format!("{lock}({index}:"), &format!("{lock}({}:", file.name));
        }
        for lock in ["IM", "GL"] {
            text = text.replace(&format!("{lock}({index})"), &format!("{lock}({})", file.name));
        }
    }
    text
}

/// The cells of a diff call files and memories by letters, in the order of the case: said only where the case calls
/// them otherwise.
fn legend(case: &Case) -> Option<String> {
    let letter = |first: u8, index: usize| char::from(first + index as u8).to_string();
    let files = case.files.iter().enumerate().map(|(index, it)| (letter(b'a', index), it.name));
    let memories = case.memories.iter().enumerate().map(|(index, it)| (letter(b'm', index), it.name));
    let others: Vec<String> = files
        .chain(memories)
        .filter(|(letter, name)| letter != name.as_str())
        .map(|(letter, name)| format!("{letter} is {name}"))
        .collect();
    (!others.is_empty()).then(|| format!("above, {}", others.join(", ")))
}
