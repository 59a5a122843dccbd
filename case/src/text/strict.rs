//! The strict decoder: for people. It says where each mistake is, what was expected, and what was perhaps meant.

use miette::{Diagnostic, SourceSpan};

use super::excerpt::{Excerpt, clipped};
use super::grammar::Parser;
use super::lex::Span;
use super::policy::{Parsed, Policy, Problem, Skip};
use crate::model::Case;

/// At most this many mistakes are shown: more would not help anybody.
const MAX_MISTAKES: usize = 20;

/// A text that is not a case.
#[derive(Clone, Debug, thiserror::Error, Diagnostic)]
#[error("{source_name} is not a valid case")]
#[diagnostic(code(case::format), help("docs/case-format.md describes the format"))]
pub struct ParseError {
    source_name: String,
    #[related]
    mistakes: Vec<Mistake>,
}

impl ParseError {
    /// The mistakes, in the order of the text.
    #[must_use]
    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }
}

/// One mistake in a text.
#[derive(Clone, Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
pub struct Mistake {
    /// What is wrong.
    pub message: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    #[source_code]
    excerpt: Excerpt,
    #[label("{label}")]
    span: SourceSpan,
    label: String,
    #[help]
    help: Option<String>,
}

/// Collects mistakes. A line with a mistake is given up, so that one mistake is not reported twice.
struct Strict {
    problems: Vec<(Span, Problem)>,
}

impl Policy for Strict {
    fn mistake(&mut self, span: Span, problem: impl FnOnce() -> Problem) -> Parsed<()> {
        if self.problems.len() < MAX_MISTAKES {
            self.problems.push((span, problem()));
        }
        Err(Skip)
    }
}

/// Reads a text, or says what is wrong with it.
pub(super) fn parse(source_name: &str, text: &str) -> Result<Case, ParseError> {
    let (case, Strict { mut problems }) = Parser::read(text.as_bytes(), Strict { problems: Vec::new() });
    if problems.is_empty() {
        // The grammar checks all of this where it can say the place; this is for the day when one of the two is changed
        // alone.
        let Err(invalid) = case.validate() else { return Ok(case) };
        let first_line = text.find('\n').unwrap_or(text.len());
        problems.push((Span { start: 0, end: first_line }, Problem::new(invalid.to_string(), "in this case")));
    }
    Err(error(source_name, text, problems))
}

/// An error that shows these problems at their places.
pub(super) fn error(source_name: &str, text: &str, problems: Vec<(Span, Problem)>) -> ParseError {
    let mistakes = problems.into_iter().map(|(span, problem)| mistake(source_name, text, span, problem)).collect();
    ParseError { source_name: source_name.to_owned(), mistakes }
}

fn mistake(source_name: &str, text: &str, span: Span, problem: Problem) -> Mistake {
    let before = &text[..span.start];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = 1 + before.matches('\n').count();
    let column = 1 + before[line_start..].chars().count();
    let (excerpt, span) = Excerpt::of(source_name, text, span, (line, column));
    let Problem { message, label, help } = problem;
    Mistake {
        message: clipped(&message),
        line,
        column,
        excerpt,
        span,
        label: clipped(&label),
        help: help.map(|it| clipped(&it)),
    }
}
