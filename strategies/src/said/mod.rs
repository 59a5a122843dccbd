//! What the thread itself says of each strategy, in other words, and what came of it: the expectations to start from, not a complete list. What
//! came after the thread is held to be right by nobody in it; of that, its commit messages are taken.
//!
//! A claim is borne out or refuted by a defect and what it shows as, never by what it looks like alone: the same symptom has many causes.

mod ideas;
mod later;
mod series;
mod words;

use machine::{Class, Defect};

/// Something that somebody said of a strategy.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// The strategy's id.
    pub strategy: &'static str,
    /// Who said it.
    pub author: &'static str,
    /// When: the day and time of the message, the patch or the kernel.
    pub date: &'static str,
    /// What was said, in other words.
    pub words: &'static str,
    /// What came of it.
    pub standing: Standing,
}

/// What came of a claim.
#[derive(Clone, Copy, Debug)]
pub enum Standing {
    /// It is so: a witness shows it.
    BorneOut(Evidence),
    /// It is not so: a witness shows the contrary.
    Refuted(Evidence),
    /// Nothing here can show it, or its contrary.
    NotModelled {
        /// Why.
        because: &'static str,
    },
}

/// What has to show for a claim, or against it: a defect of the strategy's, as a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// The defect.
    pub defect: Defect,
    /// What it shows as.
    pub class: Class,
    /// A deadlock's notation, or whether it lasts; `None`: any.
    pub detail: Option<&'static str>,
    /// What the case has to need, in the word of its list of needs; `None`: anything.
    pub needs: Option<&'static str>,
}

impl Evidence {
    /// That the case has to need this.
    #[must_use]
    const fn that_needs(self, needs: &'static str) -> Self {
        Self { needs: Some(needs), ..self }
    }
}

impl Claim {
    /// What has to show for it or against it.
    #[must_use]
    pub const fn evidence(&self) -> Option<Evidence> {
        match self.standing {
            Standing::BorneOut(evidence) | Standing::Refuted(evidence) => Some(evidence),
            Standing::NotModelled { .. } => None,
        }
    }
}

const fn shows(defect: Defect, class: Class, detail: &'static str) -> Evidence {
    let detail = if detail.is_empty() { None } else { Some(detail) };
    Evidence { defect, class, detail, needs: None }
}

const fn because(because: &'static str) -> Standing {
    Standing::NotModelled { because }
}

const fn claim(
    strategy: &'static str,
    author: &'static str,
    date: &'static str,
    words: &'static str,
    standing: Standing,
) -> Claim {
    Claim { strategy, author, date, words, standing }
}

/// What is said of a strategy as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Said {
    /// The strategy's id.
    pub strategy: &'static str,
    /// In general.
    pub words: &'static str,
}

impl Said {
    /// What is claimed of it, one by one.
    pub fn claims(&self) -> impl Iterator<Item = &'static Claim> + use<> {
        claims_about(self.strategy)
    }
}

pub use words::SAID;

/// What is said of a strategy.
#[must_use]
pub fn said(strategy: &str) -> Option<&'static Said> {
    SAID.iter().find(|it| it.strategy == strategy)
}

/// Everything that is claimed.
pub fn claims() -> impl Iterator<Item = &'static Claim> {
    series::DEADLOCKS.iter().flatten().chain(series::CLAIMS).chain(ideas::CLAIMS).chain(later::CLAIMS)
}

/// What is claimed of one strategy.
pub fn claims_about(strategy: &'static str) -> impl Iterator<Item = &'static Claim> {
    claims().filter(move |it| it.strategy == strategy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_claim_is_about_a_strategy_that_has_the_defect() {
        for it in claims() {
            assert!(crate::find(it.strategy).is_some(), "{} is no strategy", it.strategy);
            assert!(
                !it.author.is_empty() && !it.date.is_empty() && !it.words.is_empty(),
                "{it:?} leaves something out"
            );
            let Some(evidence) = it.evidence() else { continue };
            let has_it = evidence.defect.record().scope.strategies;
            assert!(
                has_it.is_empty() || has_it.contains(&it.strategy),
                "{} is not under {}",
                evidence.defect,
                it.strategy
            );
        }
    }
}
