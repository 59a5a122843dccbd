//! The lines of a text that are shown with a mistake in it: however long they are, a person sees some words of them.

use super::lex::Span;
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// Characters of a sentence that are shown; the lists of what could stand at a place are shorter.
const MOST_OF_A_SENTENCE: usize = 500;
/// Bytes of a line that are shown before and behind the beginning of a mistake.
const MOST_BESIDE: usize = 120;

/// A mistake's line and those next to it, with their place in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    name: String,
    lines: String,
    /// The number of the first line, from 0.
    first: usize,
    /// Of the mistake: its line in the excerpt, and its column in the text, both from 0.
    mistake: (usize, usize),
}

impl Excerpt {
    /// The excerpt for a mistake at a line and a column from 1, and where the mistake is in it.
    pub fn of(name: &str, text: &str, span: Span, (line, column): (usize, usize)) -> (Self, SourceSpan) {
        let start = text[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[span.start..].find('\n').map_or(text.len(), |newline| span.start + newline);
        let before = text[..start].strip_suffix('\n').map(|it| it.rsplit('\n').next().unwrap_or(it));
        let behind = text[end..].strip_prefix('\n').filter(|it| !it.is_empty());
        let mut lines = String::new();
        if let Some(before) = before {
            push_cut(&mut lines, before, 0, before.len());
            lines.push('\n');
        }
        let at = push_cut(&mut lines, &text[start..end], span.start - start, span.end.min(end) - start);
        if let Some(behind) = behind {
            let behind = behind.split('\n').next().unwrap_or(behind);
            lines.push('\n');
            push_cut(&mut lines, behind, 0, behind.len());
        }
        // A mistake at the very end has a place only before a line's end.
        lines.push('\n');
        let before = usize::from(before.is_some());
        let excerpt = Self { name: name.to_owned(), lines, first: line - 1 - before, mistake: (before, column - 1) };
        (excerpt, at)
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.lines.read_span(span, lines_before, lines_after)?;
        let (line, column) = self.mistake;
        // The beginning of a long line is not there, but counts.
        let column = if inner.line() == line && inner.column() > 0 { column } else { inner.column() };
        let line = self.first + inner.line();
        let name = self.name.clone();
        let contents =
            MietteSpanContents::new_named(name, inner.data(), *inner.span(), line, column, inner.line_count());
        Ok(Box::new(contents))
    }
}

/// Adds a line, of a long one the part around a mistake from `start` to `end` alone; where the mistake is then.
fn push_cut(lines: &mut String, line: &str, start: usize, end: usize) -> SourceSpan {
    let from = if start > MOST_BESIDE { boundary(line, start - MOST_BESIDE / 2) } else { 0 };
    let to = boundary(line, line.len().min(start + MOST_BESIDE));
    lines.push_str(if from > 0 { "…" } else { "" });
    let at = lines.len() + start - from;
    lines.push_str(&line[from..to]);
    lines.push_str(if to < line.len() { "…" } else { "" });
    (at, end.min(to).saturating_sub(start)).into()
}

/// The place where a character begins, at or before this one.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|it| text.is_char_boundary(*it)).unwrap_or(0)
}

/// A sentence that somebody reads to its end.
pub(super) fn clipped(sentence: &str) -> String {
    match sentence.char_indices().nth(MOST_OF_A_SENTENCE) {
        Some((end, _)) => format!("{}…", &sentence[..end]),
        None => sentence.to_owned(),
    }
}
