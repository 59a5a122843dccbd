//! The target `oracle`: small histories, legal ones and damaged ones, judged by the oracle and by brute force, which
//! have to agree.

use arbitrary::Unstructured;
use oracle::{Checker, brute_force};

/// Judges histories both ways.
#[derive(Debug, Default)]
pub struct Oracle {
    checker: Checker,
}

impl Oracle {
    /// Makes a history of the bytes and judges it.
    ///
    /// # Panics
    /// If the checker and the brute force do not agree.
    pub fn run(&mut self, bytes: &[u8]) {
        let history = brute_force::small::history(&mut Unstructured::new(bytes));
        if let Err(disagreement) = brute_force::compare(&mut self.checker, &history) {
            panic!("panic: checker and brute force do not agree\n{disagreement:#?}\n{history:#?}");
        }
    }
}
