//! What all lines are made of: keywords, numbers, ranges, lists of pages.

use std::ops::RangeInclusive;

use super::Parser;
use crate::model::{Case, MemoryRegion, PageRange, Range};
use crate::text::lex::{Kind, Span};
use crate::text::policy::{Parsed, Policy, Problem};
use crate::text::words::nearest;

/// What stands where cells are meant.
const CELLS: &str = "a range of cells like `0..64`";

impl<'t, P: Policy> Parser<'t, P> {
    /// The text of the next token.
    pub(super) fn written(&self) -> &'t [u8] {
        &self.line.text[self.token.span.start..self.token.span.end]
    }

    /// Goes past the next token and returns its text. At the end of the line nothing moves.
    pub(super) fn advance(&mut self) -> &'t [u8] {
        let written = self.written();
        self.token = self.line.token();
        written
    }

    /// Goes past the next token if it is this word.
    pub(super) fn take_word(&mut self, word: &[u8]) -> bool {
        let taken = self.token.kind == Kind::Word && self.written() == word;
        if taken {
            self.advance();
        }
        taken
    }

    /// Goes past the next token if it is this symbol.
    pub(super) fn take_symbol(&mut self, symbol: u8) -> bool {
        let taken = self.token.kind == Kind::Symbol(symbol);
        if taken {
            self.advance();
        }
        taken
    }

    pub(super) fn at_end(&self) -> bool {
        self.token.kind == Kind::End
    }

    /// A word that has to stand here.
    pub(super) fn keyword(&mut self, word: &str) -> Parsed<()> {
        if self.take_word(word.as_bytes()) {
            return Ok(());
        }
        self.unexpected(&format_args!("`{word}`"))?;
        // A misspelt word is taken for the right one, anything else for what comes behind it.
        if self.token.kind == Kind::Word {
            self.advance();
        }
        Ok(())
    }

    /// A symbol that has to stand here.
    pub(super) fn symbol(&mut self, symbol: u8, expected: &str) -> Parsed<()> {
        if self.take_symbol(symbol) { Ok(()) } else { self.unexpected(&expected) }
    }

    /// The end of the line; `expected` says what else could have stood here.
    pub(super) fn end(&mut self, expected: &str) -> Parsed<()> {
        if self.at_end() { Ok(()) } else { self.unexpected(&expected) }
    }

    /// Notes that the next token is not what was expected.
    pub(super) fn unexpected(&mut self, expected: &dyn std::fmt::Display) -> Parsed<()> {
        let token = self.token;
        let written = self.written();
        self.mistake(token.span, |_| {
            let what = match token.kind {
                Kind::End => "the line ends too early".to_owned(),
                _ => format!("unexpected `{}`", String::from_utf8_lossy(written)),
            };
            Problem::new(what, format!("expected {expected}"))
        })
    }

    /// A number within bounds.
    pub(super) fn number(&mut self, what: &str, bounds: RangeInclusive<u32>) -> Parsed<u32> {
        self.bounded(what, what, bounds, |_| None)
    }

    /// A number within bounds: what was expected, what it is, and why it has its bounds.
    fn bounded(
        &mut self,
        expected: &str,
        what: &str,
        bounds: RangeInclusive<u32>,
        why: impl Fn(&Case) -> Option<String>,
    ) -> Parsed<u32> {
        let span = self.token.span;
        let (low, high) = bounds.into_inner();
        let Kind::Number(number) = self.token.kind else {
            self.unexpected(&expected)?;
            if self.token.kind == Kind::Word {
                self.advance();
            }
            return Ok(low);
        };
        self.advance();
        if (low..=high).contains(&number) {
            return Ok(number);
        }
        self.mistake(span, |case| {
            let bound = if number < low { format!("at least {low}") } else { format!("at most {high}") };
            Problem::new(format!("{what} is out of bounds"), format!("{bound} here")).maybe_help(why(case))
        })?;
        Ok(number.clamp(low, high))
    }

    /// A number of cells of a file: an offset or a size.
    pub(super) fn file_cells(&mut self, what: &str) -> Parsed<u32> {
        let most = self.case.geometry.max_file_cells();
        self.bounded(what, what, 0..=most, |case| Some(largest_file(case)))
    }

    /// A power of two within bounds that are powers of two themselves.
    pub(super) fn power_of_two(&mut self, what: &str, bounds: RangeInclusive<u32>) -> Parsed<u32> {
        let span = self.token.span;
        let number = self.number(what, bounds)?;
        if number.is_power_of_two() {
            return Ok(number);
        }
        let below = 1 << number.ilog2();
        self.mistake(span, |_| {
            Problem::new(format!("{what} is not a power of two"), format!("{below} or {} would be", below * 2))
        })?;
        Ok(below)
    }

    /// A range that ends at `most` at most; `why` says why there. Also where it stands.
    fn range(&mut self, expected: &str, most: u32, why: impl Fn(&Case) -> Option<String>) -> Parsed<(Range, Span)> {
        let first = self.token.span;
        let start = self.bounded(expected, "the range's start", 0..=most, &why)?;
        if self.token.kind == Kind::Dots {
            self.advance();
        } else {
            self.unexpected(&"`..` and the range's end")?;
        }
        let last = self.token.span;
        let end = self.bounded("the range's end", "the range's end", 0..=most, &why)?;
        let span = Span { start: first.start, end: last.end };
        if start > end {
            self.mistake(span, |_| {
                Problem::new("a range that ends before it starts", format!("did you mean `{end}..{start}`?"))
            })?;
        }
        Ok((Range { start: start.min(end), end: start.max(end) }, span))
    }

    /// A range of a file's cells, and where it stands.
    pub(super) fn file_range(&mut self) -> Parsed<(Range, Span)> {
        self.range(CELLS, self.case.geometry.max_file_cells(), |case| Some(largest_file(case)))
    }

    /// A range of a memory's cells: up to one page past its end, for a bad pointer. Also where it stands.
    pub(super) fn memory_range(&mut self, memory: usize) -> Parsed<(Range, Span)> {
        let most = self.case.memories[memory].max_range_end(self.case.geometry);
        self.range(CELLS, most, |case| {
            let MemoryRegion { name, pages, .. } = case.memories[memory];
            let cells = pages * case.geometry.page;
            Some(format!("{name} has {cells} cells; a bad pointer goes at most one page past them"))
        })
    }

    /// `page N` or `pages A..B`, of `count` pages.
    pub(super) fn pages(&mut self, count: u32) -> Parsed<PageRange> {
        if self.take_word(b"pages") {
            let Range { start, end } = self.range("a range of pages like `0..2`", count, |_| None)?.0;
            return Ok(PageRange { start, end });
        }
        if !self.take_word(b"page") {
            self.unexpected(&"`page N` or `pages A..B`")?;
            if self.token.kind == Kind::Word {
                self.advance();
            }
        }
        let start = self.number("a page's number", 0..=count - 1)?;
        Ok(PageRange { start, end: start + 1 })
    }

    /// `-`, or numbers below `count` with commas between them, as a mask.
    pub(super) fn page_list(&mut self, count: u32) -> Parsed<u32> {
        let mut mask = 0;
        if self.take_symbol(b'-') {
            return Ok(mask);
        }
        loop {
            mask |= 1 << self.number("a page's number", 0..=count - 1)?;
            if !self.take_symbol(b',') {
                return Ok(mask);
            }
        }
    }
}

/// A word that is none of those that could stand here.
pub(in crate::text) fn unknown(what: &str, written: &[u8], words: &[&str]) -> Problem {
    let written = String::from_utf8_lossy(written);
    let help = match nearest(&written, words.iter().copied()) {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("there are: {}", words.join(", ")),
    };
    Problem::new(format!("unknown {what} `{written}`"), format!("no {what} is called this")).help(help)
}

/// Why an offset in a file has its bound.
pub(super) fn largest_file(case: &Case) -> String {
    format!("a file has at most {} pages, here {} cells", Case::MAX_FILE_PAGES, case.geometry.max_file_cells())
}
