//! Compares the checker with the brute force.

use crate::{Checker, History, Profile, Quirk, Verdict};

/// The checker and the brute force do not agree on a history.
#[derive(Clone, Debug)]
pub struct Disagreement {
    /// What the brute force says.
    pub is_legal: bool,
    /// What the checker says.
    pub verdicts: Vec<Verdict>,
    /// How many quirks it let pass instead of a verdict.
    pub quirks: u64,
}

/// Judges a small history both ways; returns whether it is legal.
///
/// # Errors
/// If they do not agree.
pub fn compare(checker: &mut Checker, history: &History) -> Result<bool, Box<Disagreement>> {
    checker.reset();
    let accepted = checker.check(history, Profile::Linux).is_empty();
    // A quirk that the Linux profile allows is still not legal.
    let quirks = [Quirk::TruncateZeroes, Quirk::TornSize].iter().map(|&it| checker.exercised().quirk(it)).sum::<u64>();
    let is_legal = super::is_legal(history);
    if (accepted && quirks == 0) == is_legal {
        return Ok(is_legal);
    }
    let verdicts = checker.check(history, Profile::Linux).to_vec();
    Err(Box::new(Disagreement { is_legal, verdicts, quirks }))
}
