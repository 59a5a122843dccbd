//! The controls: cases with nothing wrong about them, compiled in. Whatever an oracle or a machine calls wrong in one
//! of them is their own fault.

use crate::judge::{Judge, Signature};
use crate::witness::{Comparison, compare};
use case::Case;
use machine::{Machine, Strategy};
use oracle::Profile;

/// Names and texts.
const CONTROLS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/controls.rs"));

/// A control that shows what it must not.
#[derive(Clone, Debug)]
pub struct Broken {
    /// Its name.
    pub name: &'static str,
    /// The case.
    pub case: Case,
    /// The strategy under which it is not silent.
    pub strategy: &'static Strategy,
    /// What it shows.
    pub shown: Vec<Signature>,
}

/// The controls by name.
///
/// # Panics
/// If one of them is no case; a test reads them.
pub fn controls() -> impl Iterator<Item = (&'static str, Case)> {
    CONTROLS.iter().map(|(name, text)| (*name, Case::parse(name, text).expect("a control is a case")))
}

/// Runs the controls under these strategies. Returns those that do not show what they should, which is nothing.
#[must_use]
pub fn broken(strategies: &[&'static Strategy], profile: Profile) -> Vec<Broken> {
    let mut judge = Judge::new(profile);
    let mut broken = Vec::new();
    for (name, case) in controls() {
        for strategy in strategies.iter().copied().filter(|it| Machine::refusal(&case, it).is_none()) {
            let verdicts = judge.replay(&case, strategy).verdicts;
            let shown: Vec<Signature> = verdicts.iter().map(|it| Signature::of(&case, strategy, it)).collect();
            if compare(&case.expectations, strategy.id, &shown) == Comparison::Unmet {
                broken.push(Broken { name, case: case.clone(), strategy, shown });
            }
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_is_compiled_in_and_silent() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/control");
        let files = crate::witness::case_files(&folder).expect("the folder can be read");
        let names = files.iter().filter_map(|it| it.file_stem()?.to_str());
        assert!(names.eq(controls().map(|(name, _)| name)));
        let all: Vec<&'static Strategy> = strategies::ALL.iter().collect();
        let broken: Vec<_> = broken(&all, Profile::Linux).into_iter().map(|it| (it.name, it.shown)).collect();
        assert!(broken.is_empty(), "{broken:?}");
    }
}
