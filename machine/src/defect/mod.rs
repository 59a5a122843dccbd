//! Defects: what posted code does wrong, each in one place, and each with a switch that mends it.
//!
//! What runs is the posted code, unless a run mends a defect: then the code beside it runs, the smallest change after
//! which the findings of that defect do not come.

mod registry;
mod scope;
mod set;

pub use registry::Defect;
pub use scope::Scope;
pub use set::DefectSet;

use case::Case;

/// What is known of a defect.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// Its name in cases and on the command line.
    pub id: &'static str,
    /// What is wrong, in one sentence.
    pub what: &'static str,
    /// What the mend does instead, in a few words.
    pub mend: &'static str,
    /// The function of the kernel that it is in.
    pub place: &'static str,
    /// Who posted or merged it, and when.
    pub by: &'static str,
    /// Who named it first: a message of the thread, a commit, or "found here".
    pub named: &'static str,
    /// The kernel that first had it, or "never" for what was only posted.
    pub since: &'static str,
    /// The kernel that no longer has it, or "never" for what was never merged, or never mended.
    pub until: &'static str,
    /// The strategies and filesystems that are known to have it.
    pub scope: Scope,
}

impl Defect {
    /// The defect of this name.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.id() == id)
    }

    /// Its name in cases and on the command line.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.record().id
    }
}

impl std::fmt::Display for Defect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.id())
    }
}

/// The defects that a case mends.
///
/// # Errors
/// The first name that is no defect's.
pub fn mended_in(case: &Case) -> Result<DefectSet, &str> {
    let mut set = DefectSet::NONE;
    for name in &case.mended {
        if name == Case::ALL_MENDED {
            set = DefectSet::ALL;
        } else {
            set.insert(Defect::find(name).ok_or(name.as_str())?);
        }
    }
    Ok(set)
}

/// The same of a case that was not refused for an unknown name: [`crate::Machine::refusal`].
///
/// # Panics
/// If it should have been.
#[must_use]
pub fn mends_of(case: &Case) -> DefectSet {
    mended_in(case).unwrap_or_else(|name| panic!("a case that mends `{name}`, which is no defect, was not refused"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_defect_has_a_name_of_its_own_and_says_all_that_is_asked() {
        let mut names = BTreeSet::new();
        for defect in Defect::ALL {
            let Record { id, what, mend, place, by, named, since, until, .. } = defect.record();
            assert!(names.insert(*id), "two defects are called {id}");
            assert!(id.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-'), "{id}");
            for words in [what, mend, place, by, named, since, until] {
                assert!(!words.is_empty(), "{id} leaves something out");
            }
            assert_eq!(Defect::find(id), Some(*defect));
        }
        assert!(Defect::ALL.len() <= DefectSet::MOST, "there are more defects than bits");
    }
}
