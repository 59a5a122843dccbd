//! Names in a case that other crates give their meaning to: strategies, classes, details, defects. They can be looked
//! up.

use super::grammar::unknown;
use super::lex::{Kind, Line, Span};
use super::policy::Problem;
use super::strict::{self, ParseError};
use crate::model::Case;

/// The names that there are.
#[derive(Clone, Debug)]
pub struct Vocabulary<'v> {
    /// The ids of strategies.
    pub strategies: Vec<&'v str>,
    /// The classes of findings.
    pub classes: Vec<&'v str>,
    /// The details of findings: persistences and cycles.
    pub details: Vec<&'v str>,
    /// The ids of defects.
    pub defects: Vec<&'v str>,
}

impl Case {
    /// Reads a text that a person wrote as [`Case::parse`] does, and looks its names up.
    ///
    /// # Errors
    /// All mistakes that were found, at least one.
    pub fn parse_known(source_name: &str, text: &str, known: &Vocabulary<'_>) -> Result<Self, ParseError> {
        let case = Self::parse(source_name, text)?;
        let problems = unknown_names(text.as_bytes(), known);
        if problems.is_empty() { Ok(case) } else { Err(strict::error(source_name, text, problems)) }
    }
}

/// The names of a valid case that nobody knows.
fn unknown_names(text: &[u8], known: &Vocabulary<'_>) -> Vec<(Span, Problem)> {
    let mut problems = Vec::new();
    let mut start = 0;
    for line in text.split(|it| *it == b'\n') {
        let mut line = Line { text, at: start, end: start + line.len() };
        start = line.end + 1;
        let first = line.token();
        match &text[first.span.start..first.span.end] {
            b"expect" => {
                look_up(&mut line, "strategy", &[&known.strategies, &["all"]], &mut problems);
                look_up(&mut line, "class", &[&known.classes, &["silent"]], &mut problems);
                look_up(&mut line, "detail", &[&known.details], &mut problems);
            }
            b"mended" => while look_up(&mut line, "defect", &[&known.defects, &[Case::ALL_MENDED]], &mut problems) {},
            _ => {}
        }
    }
    problems
}

/// Looks the next word of a line up. Whether there was one.
fn look_up(line: &mut Line<'_>, what: &str, words: &[&[&str]], problems: &mut Vec<(Span, Problem)>) -> bool {
    let token = line.token();
    if token.kind == Kind::End {
        return false;
    }
    let (word, span) = line.rest_of_word(token.span.start);
    let words = words.concat();
    if !words.iter().any(|it| it.as_bytes() == word) {
        problems.push((span, unknown(what, word, &words)));
    }
    true
}
