//! The text format of cases: printer, strict decoder and repairing decoder. `docs/case-format.md` describes it.

mod excerpt;
mod foreign;
mod grammar;
mod lex;
mod policy;
mod print;
pub mod repair;
mod strict;
pub(crate) mod words;

use std::fmt;

use crate::model::{Case, TaskOperation};

pub use foreign::Vocabulary;
pub use strict::{Mistake, ParseError};

impl Case {
    /// The canonical text.
    #[must_use]
    pub fn print(&self) -> String {
        // Most cases are smaller; a larger one grows the string once or twice.
        let mut text = String::with_capacity(640);
        print::case(&mut text, self).expect("writing to a string does not fail");
        text
    }

    /// Reads a text that a person wrote: every mistake is an error with its place. `source_name` is what messages call
    /// the text.
    ///
    /// # Errors
    /// All mistakes that were found, at least one.
    pub fn parse(source_name: &str, text: &str) -> Result<Self, ParseError> {
        strict::parse(source_name, text)
    }

    /// An operation of this case as text, without its task: `write a 0 [m 0..40]`.
    #[must_use]
    pub fn print_operation(&self, operation: &TaskOperation) -> String {
        let mut text = String::new();
        print::operation(&mut text, self, operation).expect("writing to a string does not fail");
        text
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print::case(f, self)
    }
}
