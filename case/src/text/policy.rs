//! What a decoder does about a mistake. The strict one collects it and gives up the line; the repairing one counts it
//! and goes on. Both use the same grammar.

use super::lex::Span;

/// The mistake has been noted; the line, or the rest of it, is given up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Skip;

/// What a part of the grammar makes of its tokens.
pub(super) type Parsed<T> = Result<T, Skip>;

/// A mistake in a text, said to a person.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    /// What is wrong.
    pub message: String,
    /// What stands at the marked place, or should.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Problem {
    /// A problem: what is wrong, and what to say at the marked place.
    pub fn new(message: impl Into<String>, label: impl Into<String>) -> Self {
        Self { message: message.into(), label: label.into(), help: None }
    }

    /// The same with advice.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with advice, if there is any.
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}

/// One of the two decoders.
pub(super) trait Policy {
    /// Notes a mistake. `Ok` means that the grammar goes on with the nearest valid value. `problem` is called only by
    /// a decoder whose messages people read.
    fn mistake(&mut self, span: Span, problem: impl FnOnce() -> Problem) -> Parsed<()>;
}
