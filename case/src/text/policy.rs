//! What the one grammar does about a mistake: the strict decoder collects it and gives the line up, the repairing one
//! counts it and goes on.

use super::lex::Span;

/// A line, or the rest of it, has to be given up; the mistake has been noted.
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
    /// Notes a mistake. `Ok` means: go on with the nearest thing that is valid. `problem` is made only where a person
    /// will read it.
    fn mistake(&mut self, span: Span, problem: impl FnOnce() -> Problem) -> Parsed<()>;
}
