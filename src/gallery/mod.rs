//! The gallery: for each defect, in each place that is known to have it, the smallest and plainest case that shows it,
//! with its story.

mod curator;
mod filling;
mod gathering;

pub use curator::{Curator, Rank, Shown};
pub use filling::{Company, search, spread};
pub use gathering::{Fate, Gathering};

use crate::judge::Signature;
use case::{Filesystem, Form};
use machine::{Defect, Strategy};
use std::path::PathBuf;

/// What has a witness of its own: a defect in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Niche {
    /// The defect.
    pub defect: Defect,
    /// The filesystem.
    pub filesystem: Filesystem,
    /// Its form.
    pub form: Form,
    /// The strategy; none if the defect is not a strategy's, but the filesystem's or the page cache's: then one will
    /// do.
    pub strategy: Option<&'static str>,
}

impl Niche {
    /// The niche of a defect where this was found; `None` if the registry does not know that it is there.
    #[must_use]
    pub fn of(defect: Defect, signature: &Signature) -> Option<Self> {
        let Signature { strategy, filesystem, form, .. } = *signature;
        let is_known = defect.record().scope.contains(strategy, filesystem, form);
        let strategy = is_a_strategys(defect).then_some(strategy);
        is_known.then_some(Self { defect, filesystem, form, strategy })
    }

    /// The same, whatever the registry knows.
    #[must_use]
    pub const fn unknown(defect: Defect, signature: &Signature) -> Self {
        let Signature { strategy, filesystem, form, .. } = *signature;
        Self { defect, filesystem, form, strategy: Some(strategy) }
    }

    /// All that the registry knows, defect by defect.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for defect in Defect::ALL.iter().copied() {
            for strategy in strategies::ALL {
                for (filesystem, form) in strategy.runs_on() {
                    if defect.record().scope.contains(strategy.id, filesystem, form) {
                        let strategy = is_a_strategys(defect).then_some(strategy.id);
                        all.push(Self { defect, filesystem, form, strategy });
                    }
                }
            }
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The strategies under which it can be shown.
    pub fn strategies(self) -> impl Iterator<Item = &'static Strategy> {
        strategies::ALL.iter().filter(move |it| {
            self.strategy.is_none_or(|id| it.id == id)
                && it.runs_on().any(|place| place == (self.filesystem, self.form))
        })
    }

    /// Where its witness is, below the folder of witnesses: `DEFECT/FILESYSTEM-FORM-STRATEGY.case`, without the
    /// strategy if it is none's.
    #[must_use]
    pub fn path(self) -> PathBuf {
        let strategy = self.strategy.map_or_else(String::new, |it| format!("-{it}"));
        let place = format!("{}-{}{strategy}.case", self.filesystem.word(), self.form.word());
        PathBuf::from(self.defect.id()).join(place)
    }
}

/// Whether a defect is in some strategies, and not in what all of them call.
#[must_use]
pub const fn is_a_strategys(defect: Defect) -> bool {
    !defect.record().scope.strategies.is_empty()
}
