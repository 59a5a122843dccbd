//! `docs/case-format.md` says what the code does: all words stand in it, all bounds, and its examples parse and print
//! back.

use case::{Case, Filesystem, Form, Injection, TaskOperation};

use crate::round_trip::parse;

const DOCUMENT: &str = include_str!("../../../docs/case-format.md");

#[track_caller]
fn has(text: &str) {
    assert!(DOCUMENT.contains(text), "docs/case-format.md does not say {text}");
}

#[test]
fn every_word_is_described() {
    for line in Case::LINES {
        has(&format!("| `{line}` |"));
        has(&format!("\n{line} "));
    }
    for operation in TaskOperation::WORDS {
        let described = [format!("| `{operation} "), format!(", `{operation} "), format!("| `{operation}` |")];
        assert!(described.iter().any(|text| DOCUMENT.contains(text)), "{operation} is not in the table");
    }
    Injection::WORDS.iter().for_each(|word| has(&format!("`{word}`")));
    Filesystem::ALL.iter().for_each(|filesystem| has(&format!("`{}`", filesystem.word())));
    Form::ALL.iter().for_each(|form| has(&format!("`{}`", form.word())));
}

#[test]
fn every_bound_is_given() {
    has(&format!("{} files of {} pages", Case::MAX_FILES, Case::MAX_FILE_PAGES));
    has(&format!("{} of {} pages; {} address spaces", Case::MAX_MEMORIES, Case::MAX_MEMORY_PAGES, Case::MAX_MMS));
    has(&format!("{} tasks, {} operations", Case::MAX_TASKS, Case::MAX_OPERATIONS));
    has(&format!("| {} |", Case::MAX_FAULTS));
    has(&format!("{} turns", Case::MAX_SLICES));
    has(&format!("| {} |", Case::MAX_EXPECTATIONS));
    assert_eq!((Case::MAX_SEGMENTS, Case::MAX_ALL_SEGMENTS, Case::MAX_STEPS), (1_024, 4_096, 1_000_000));
    has("1,024 segments, 4,096 in the case");
    has("1 to 1,000,000 steps");
}

#[test]
fn its_examples_parse_and_print_back() {
    let blocks = DOCUMENT.split("```\n").filter(|block| block.starts_with("shortcopy case"));
    assert_eq!(blocks.map(|text| assert_eq!(parse(text).print(), text)).count(), 3);
}

#[test]
fn it_is_short() {
    assert!(DOCUMENT.lines().count() <= 140);
}
