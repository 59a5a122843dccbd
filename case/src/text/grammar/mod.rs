//! The grammar of the format. Both decoders use it and differ only in their [`Policy`], so they cannot drift apart.
//!
//! Each part reads its tokens and reports a mistake through [`Parser::mistake`]. If the policy allows, it goes on
//! with the nearest valid value. A declaration is entered as soon as its name is read, so a later mistake on the line
//! does not hide the name.

mod declare;
mod expect;
mod file;
mod machine;
mod memory;
mod task;
mod task_operation;
mod tokens;

pub(super) use tokens::unknown;

use super::lex::{Kind, Line, Span, Token};
use super::policy::{Parsed, Policy, Problem, Skip};
use super::print::VERSION_LINE;
use crate::model::Case;
use crate::spelling::is_blank;

/// What some editors put before a text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The state of reading one text.
pub(super) struct Parser<'t, P> {
    case: Case,
    policy: P,
    line: Line<'t>,
    /// The next token of the line.
    token: Token,
    /// Where the current line begins.
    line_start: usize,
    /// The lines seen so far that may occur only once: [`machine::Once`].
    seen: u8,
    /// Operations of all tasks so far.
    operations: usize,
    /// Segments of all writes so far.
    segments: usize,
    /// Whether a line was given up: what seems to be missing may have been declared there.
    skipped: bool,
}

impl<'t, P: Policy> Parser<'t, P> {
    /// Reads a whole text.
    pub fn read(text: &'t [u8], policy: P) -> (Case, P) {
        let nothing = Token { kind: Kind::End, span: Span { start: 0, end: 0 } };
        let mut parser = Self {
            case: Case::default(),
            policy,
            line: Line { text, at: 0, end: 0 },
            token: nothing,
            line_start: 0,
            seen: 0,
            operations: 0,
            segments: 0,
            skipped: false,
        };
        parser.lines(text);
        (parser.case, parser.policy)
    }

    fn lines(&mut self, text: &'t [u8]) {
        let mut start = 0;
        let mut in_header = false;
        while start < text.len() || start == 0 {
            let end = text[start..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |length| start + length);
            self.begin_line(start, end);
            if start == 0 {
                let _ = self.version().map_err(|Skip| self.skipped = true);
                in_header = true;
            } else if text[self.line.at..end].starts_with(b"#") {
                let _ = if in_header { self.comment(end) } else { Ok(()) };
            } else {
                in_header = false;
                let _ = self.any_line().map_err(|Skip| self.skipped = true);
            }
            start = end + 1;
        }
        self.finish(text.trim_ascii_end().len());
    }

    /// Reads the first token of a line; a comment is left where it is, [`Line::at`] then stands on its `#`.
    fn begin_line(&mut self, start: usize, end: usize) {
        self.line_start = start;
        self.line.at = start;
        self.line.end = end;
        self.token = self.line.token();
    }

    fn version(&mut self) -> Parsed<()> {
        let line = &self.line.text[self.line_start..self.line.end];
        let length = line.iter().rposition(|byte| !is_blank(*byte)).map_or(0, |last| last + 1);
        if &line[..length] == VERSION_LINE.as_bytes() {
            return Ok(());
        }
        if line.starts_with(BYTE_ORDER_MARK) {
            let span = Span { start: self.line_start, end: self.line_start + BYTE_ORDER_MARK.len() };
            return self.mistake(span, |_| {
                Problem::new("the text begins with a byte order mark", "three bytes that an editor does not show")
                    .help("save it as UTF-8 without a byte order mark (BOM)")
            });
        }
        let span = Span { start: self.line_start, end: self.line_start + length };
        let line = self.line;
        self.mistake(span, |_| {
            let expected = format!("expected `{VERSION_LINE}`");
            if line.text[span.start..span.end].starts_with(b"shortcopy case ") {
                Problem::new("a version of the format that this program does not read", expected)
            } else {
                Problem::new("the first line of a case names the format", expected)
                    .help(format!("begin the text with the line `{VERSION_LINE}`"))
            }
        })?;
        // A text that lost its first line still has all others.
        if self.written() == b"shortcopy" { Ok(()) } else { self.any_line() }
    }

    fn comment(&mut self, end: usize) -> Parsed<()> {
        let text = &self.line.text[self.line.at + 1..end];
        let text = text.strip_prefix(b" ").unwrap_or(text);
        let length = text.iter().rposition(|byte| !is_blank(*byte)).map_or(0, |last| last + 1);
        let Ok(text) = std::str::from_utf8(&text[..length]) else {
            return self.mistake(self.token.span, |_| Problem::new("a comment that is not UTF-8", "here"));
        };
        self.case.comments.push(text.to_owned());
        Ok(())
    }

    fn any_line(&mut self) -> Parsed<()> {
        let first = self.token;
        if first.kind == Kind::End {
            return Ok(());
        }
        let word = self.advance();
        match word {
            b"geometry" => self.geometry(first.span),
            b"machine" => self.machine(first.span),
            b"fs" => self.filesystem(first.span),
            b"file" => self.file_line(),
            b"memory" => self.memory_line(),
            b"task" => self.task_line(),
            b"fault" => self.fault(),
            b"schedule" => self.schedule(),
            b"mended" => self.mended(first.span),
            b"expect" => self.expectation(),
            b"minimal" => self.minimal(first.span),
            _ => Err(self.refuse(first.span, |_| tokens::unknown("kind of line", word, &Case::LINES))),
        }
    }

    /// Adds what no case can be without.
    fn finish(&mut self, end: usize) {
        let span = Span { start: end, end };
        for (missing, what) in [(self.case.files.is_empty(), "file"), (self.case.tasks.is_empty(), "task")] {
            if missing && !self.skipped {
                let _ = self.mistake(span, |_| {
                    Problem::new(format!("a case has at least one {what}"), format!("expected a `{what}` line"))
                });
            }
        }
        if self.case.files.is_empty() {
            self.add_file();
        }
        if self.case.tasks.is_empty() {
            self.add_task();
        }
    }

    /// Notes a mistake; see [`Policy::mistake`].
    fn mistake(&mut self, span: Span, problem: impl FnOnce(&Case) -> Problem) -> Parsed<()> {
        let case = &self.case;
        self.policy.mistake(span, || problem(case))
    }

    /// Notes a mistake that has no nearest valid thing.
    #[must_use]
    fn refuse(&mut self, span: Span, problem: impl FnOnce(&Case) -> Problem) -> Skip {
        let _ = self.mistake(span, problem);
        Skip
    }
}
