//! One word for one thing: no document uses a second word that the glossary rules out.

use crate::markdown::Document;
use crate::{documents, read};
use std::path::Path;

const GLOSSARY: &str = "docs/glossary.md";
const MOST_LINES: usize = 60;

/// The words of the glossary, each with the words that it stands for alone.
fn words(glossary: &str) -> Vec<(&str, Vec<&str>)> {
    let rows = glossary.lines().filter(|it| it.starts_with("| **"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [word, _, others] = cells[..] else { panic!("not three cells: {row}") };
        (word.trim_matches('*'), others.split(',').map(str::trim).filter(|it| !it.is_empty()).collect())
    })
    .collect()
}

/// Whether these words stand in the text, as whole words, perhaps in the plural.
fn says(text: &str, words: &str) -> bool {
    let letter = |it: Option<char>| it.is_some_and(char::is_alphanumeric);
    text.match_indices(words).any(|(at, _)| {
        let after = &text[at + words.len()..];
        let after = after.strip_prefix('s').unwrap_or(after);
        !letter(text[..at].chars().next_back()) && !letter(after.chars().next())
    })
}

#[test]
fn the_glossary_is_short_and_has_each_word_once() {
    let glossary = read(GLOSSARY);
    assert!(glossary.lines().count() <= MOST_LINES);
    let words = words(&glossary);
    assert!(words.len() > 30, "the table was not understood");
    let mut seen: Vec<&str> = words.iter().flat_map(|(word, others)| others.iter().chain([word]).copied()).collect();
    seen.sort_unstable();
    assert!(seen.windows(2).all(|pair| pair[0] != pair[1]), "a word stands for two things: {seen:?}");
}

#[test]
fn no_document_has_a_second_word() {
    let glossary = read(GLOSSARY);
    let banned: Vec<(&str, &str)> =
        words(&glossary).into_iter().flat_map(|(word, others)| others.into_iter().map(move |it| (word, it))).collect();
    let mut found = Vec::new();
    for path in documents().into_iter().filter(|it| it != Path::new(GLOSSARY)) {
        for (line, text) in Document::parse(&read(&path)).prose {
            let text = text.to_lowercase();
            for (word, other) in banned.iter().filter(|it| says(&text, it.1)) {
                found.push(format!("{}:{line}: \"{other}\" is called \"{word}\"", path.display()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn whole_words_are_told_from_parts() {
    assert!(says("two variants of it", "variant") && says("variant", "variant"));
    assert!(!says("invariants", "variant") && !says("variantly", "variant"));
}
