//! The cause of a finding: the smallest set of defects without which it does not come. It is found by running, never
//! declared.
//!
//! A finding that stays with every defect mended is *unexplained*, and new by definition. A finding is known if its
//! cause is a defect that the registry gives to the place where it was found: the strategy, and the form of the
//! filesystem. Nothing else makes it known.

mod inquiry;
mod known;
mod mends;
mod needs;
mod parting;

pub use inquiry::{Inquiry, SingleCause, Stay};
pub use known::{is_known, is_known_but, is_known_finding};
pub use mends::mend_too;
pub use needs::{Need, needs};
pub use parting::{Parting, parting};

use machine::{Defect, DefectSet};
use serde::{Serialize, Serializer};
use std::fmt;

/// Why a finding comes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cause {
    sets: Vec<DefectSet>,
}

impl Cause {
    /// None of the defects explains it.
    pub const UNEXPLAINED: Self = Self { sets: Vec::new() };

    /// Of these alternatives: mending all of any one of them makes the finding go.
    #[must_use]
    pub fn new(mut sets: Vec<DefectSet>) -> Self {
        sets.sort_unstable();
        sets.dedup();
        Self { sets }
    }

    /// The alternatives; none if it is unexplained.
    #[must_use]
    pub fn sets(&self) -> &[DefectSet] {
        &self.sets
    }

    /// Whether it stays with every defect mended.
    #[must_use]
    pub const fn is_unexplained(&self) -> bool {
        self.sets.is_empty()
    }

    /// Every defect that is part of an alternative.
    pub fn defects(&self) -> impl Iterator<Item = Defect> {
        self.sets.iter().fold(DefectSet::NONE, |all, it| all.union(*it)).iter()
    }

    /// The name under which findings of this cause are kept and counted: that of the first defect, or `new`.
    #[must_use]
    pub fn headword(&self) -> &'static str {
        self.defects().next().map_or("new", Defect::id)
    }
}

impl fmt::Display for Cause {
    /// `one-defect`, `one-defect or another-one`, `one-defect with another-one`, `unexplained`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |set: &DefectSet| set.iter().map(Defect::id).collect::<Vec<_>>().join(" with ");
        if self.is_unexplained() {
            return f.pad("unexplained");
        }
        f.pad(&self.sets.iter().map(names).collect::<Vec<_>>().join(" or "))
    }
}

impl Serialize for Cause {
    /// A list of alternatives, each a list of names.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.sets.iter().map(|set| set.iter().map(Defect::id).collect::<Vec<_>>()))
    }
}

#[cfg(test)]
mod tests;
