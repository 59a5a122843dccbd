//! The repairing decoder: for fuzzers and old corpora. Any bytes at all give a valid case, and what had to be repaired
//! is counted.

use super::grammar::Parser;
use super::lex::Span;
use super::policy::{Parsed, Policy, Problem};
use crate::model::Case;

/// A case made of any bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The case; it is valid.
    pub case: Case,
    /// How many things were dropped, replaced, clamped or added; 0: the bytes are a valid text, and the strict decoder
    /// agrees.
    pub repaired: u32,
}

/// Counts mistakes and goes on.
struct Repair {
    repaired: u32,
}

impl Policy for Repair {
    fn mistake(&mut self, _span: Span, _problem: impl FnOnce() -> Problem) -> Parsed<()> {
        self.repaired = self.repaired.saturating_add(1);
        Ok(())
    }
}

/// Makes a valid case of any bytes: what cannot be understood is dropped, what is out of bounds is clamped, a name that
/// nobody declared becomes one that somebody did, what is missing is added.
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded {
    let (case, Repair { repaired }) = Parser::read(bytes, Repair { repaired: 0 });
    debug_assert!(case.validate().is_ok(), "{:?} in:\n{case}", case.validate());
    Decoded { case, repaired }
}
