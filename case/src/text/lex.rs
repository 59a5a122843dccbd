//! The tokenizer: one line of a case into words, numbers and symbols, by bytes, without copying.

use crate::spelling::is_blank;

/// Where something stands in the text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
}

/// The smallest piece of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub span: Span,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters, digits, `_` and `-`, beginning with a letter or digit and not all digits.
    Word,
    /// Digits. One that does not fit is `u32::MAX`, which no bound allows.
    Number(u32),
    /// `..`
    Dots,
    /// One byte of punctuation.
    Symbol(u8),
    /// What no case contains: a run of control or non-ASCII bytes, whole so that a span never cuts a character.
    Other,
    /// The end of the line, or a comment.
    End,
}

/// A line and how far it has been read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'t> {
    pub text: &'t [u8],
    pub at: usize,
    pub end: usize,
}

impl<'t> Line<'t> {
    /// The next token.
    pub fn token(&mut self) -> Token {
        while self.at < self.end && is_blank(self.text[self.at]) {
            self.at += 1;
        }
        let start = self.at;
        if start >= self.end {
            return Token { kind: Kind::End, span: Span { start: self.end, end: self.end } };
        }
        let kind = match self.text[start] {
            b'#' => return Token { kind: Kind::End, span: Span { start, end: start } },
            b'0'..=b'9' => self.number(),
            b'a'..=b'z' | b'A'..=b'Z' => self.run(is_word, Kind::Word),
            b'.' if start + 1 < self.end && self.text[start + 1] == b'.' => {
                self.at += 2;
                Kind::Dots
            }
            symbol @ b'!'..=b'~' => {
                self.at += 1;
                Kind::Symbol(symbol)
            }
            _ => self.run(is_other, Kind::Other),
        };
        Token { kind, span: Span { start, end: self.at } }
    }

    /// Everything from `start` up to the next blank, whatever it contains. Used for names that other crates define,
    /// such as those of strategies.
    pub fn rest_of_word(&mut self, start: usize) -> (&'t [u8], Span) {
        self.at = start;
        while self.at < self.end && !is_blank(self.text[self.at]) {
            self.at += 1;
        }
        (&self.text[start..self.at], Span { start, end: self.at })
    }

    fn number(&mut self) -> Kind {
        let mut value = 0_u32;
        while let Some(digit @ b'0'..=b'9') = self.text[..self.end].get(self.at) {
            value = value.saturating_mul(10).saturating_add(u32::from(digit - b'0'));
            self.at += 1;
        }
        if self.at < self.end && is_word(self.text[self.at]) {
            return self.run(is_word, Kind::Word);
        }
        Kind::Number(value)
    }

    fn run(&mut self, belongs: fn(u8) -> bool, kind: Kind) -> Kind {
        while self.at < self.end && belongs(self.text[self.at]) {
            self.at += 1;
        }
        kind
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

const fn is_other(byte: u8) -> bool {
    !byte.is_ascii_graphic() && !is_blank(byte)
}
