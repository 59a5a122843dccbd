//! The input of a fuzzing engine: all of its bytes, as a case. Every engine, the replay and the command line make the
//! same case of the same bytes.

use arbitrary::{Arbitrary, Unstructured};
use case::{Case, repair};
use std::fmt;

/// An input of a fuzzing engine: all of its bytes, as a case.
#[derive(Clone, PartialEq, Eq)]
pub struct Input {
    /// The case.
    pub case: Case,
}

impl Input {
    /// Any bytes at all are a case.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self { case: repair::decode(bytes).case }
    }
}

/// Engines ask for an input in one of two ways; both make the same case of the same bytes.
impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(Self::from_bytes(u.bytes(u.len())?))
    }

    fn arbitrary_take_rest(u: Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(Self::from_bytes(u.take_rest()))
    }
}

/// The text of the case, so that what an engine prints of a crash can be pasted into a file.
impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.case, f)
    }
}

#[cfg(test)]
mod tests {
    use super::Input;
    use crate::fuzzing::tests::CLEARED_TAIL;
    use arbitrary::{Arbitrary, Unstructured};
    use case::Case;

    #[test]
    fn its_debug_output_is_a_case_to_be_pasted() {
        let input = Input::from_bytes(CLEARED_TAIL.as_bytes());
        assert_eq!(Case::parse("pasted", &format!("{input:?}")).ok(), Some(input.case));
    }

    #[test]
    fn both_ways_of_asking_give_the_same_case() {
        for bytes in [CLEARED_TAIL.as_bytes(), b"task w write", b"\xff\0file a", b""] {
            let wanted = Input::from_bytes(bytes);
            assert_eq!(Input::arbitrary(&mut Unstructured::new(bytes)), Ok(wanted.clone()));
            assert_eq!(Input::arbitrary_take_rest(Unstructured::new(bytes)), Ok(wanted));
        }
    }
}
