//! Reads `strategies/claims/`: what people said of each strategy, and what came of it.
//!
//! The files restate the thread of February 2007 in other words; they are the expectations to start from, not a
//! complete list. For strategies that came later they restate commit messages. A claim is borne out or refuted by a
//! defect together with the class that it shows as, never by the class alone: many defects show as the same class.

use machine::{Class, Defect, Strategy};
use serde::Deserialize;
use std::sync::LazyLock;

/// Something that somebody said of a strategy.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// The strategy's id.
    pub strategy: &'static str,
    /// Who said it.
    pub author: &'static str,
    /// When: the day and time of the message, or the patch or kernel.
    pub date: &'static str,
    /// What was said, in other words.
    pub words: &'static str,
    /// What came of it.
    pub standing: Standing,
}

/// What came of a claim.
#[derive(Clone, Copy, Debug)]
pub enum Standing {
    /// True: a witness shows it.
    BorneOut(Evidence),
    /// False: a witness shows the contrary.
    Refuted(Evidence),
    /// Nothing in this model can show it or its contrary.
    NotModelled {
        /// Why.
        because: &'static str,
    },
}

/// What bears a claim out or refutes it: a defect of the strategy, and the class that it shows as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// The defect.
    pub defect: Defect,
    /// The class of the finding.
    pub class: Class,
    /// A deadlock's notation, or `transient` or `persistent`; `None`: any.
    pub detail: Option<&'static str>,
    /// What the witness has to need, as a word of its list of needs; `None`: anything.
    pub needs: Option<&'static str>,
}

impl Claim {
    /// What bears it out or refutes it; `None` if it is not modelled.
    #[must_use]
    pub const fn evidence(&self) -> Option<Evidence> {
        match self.standing {
            Standing::BorneOut(evidence) | Standing::Refuted(evidence) => Some(evidence),
            Standing::NotModelled { .. } => None,
        }
    }
}

/// What was said of one strategy: a file of `strategies/claims/`.
#[derive(Clone, Debug)]
pub struct Claims {
    /// The strategy's id.
    pub strategy: &'static str,
    /// What was said of it as a whole.
    pub summary: &'static str,
    /// The claims, one by one.
    pub claims: Vec<Claim>,
}

/// The claims about every strategy, in the order of [`ALL`](crate::ALL).
static ALL_CLAIMS: LazyLock<Vec<Claims>> =
    LazyLock::new(|| crate::ALL.iter().zip(crate::CLAIM_FILES).map(|(strategy, file)| read(strategy, file)).collect());

/// What was said of a strategy; `None` if there is no such strategy.
#[must_use]
pub fn claims_about(strategy: &str) -> Option<&'static Claims> {
    ALL_CLAIMS.iter().find(|it| it.strategy == strategy)
}

/// Every claim, by strategy in the order of [`ALL`](crate::ALL).
pub fn claims() -> impl Iterator<Item = &'static Claim> {
    ALL_CLAIMS.iter().flat_map(|it| &it.claims)
}

/// A file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimFile {
    summary: String,
    #[serde(default)]
    claim: Vec<WrittenClaim>,
}

/// A `[[claim]]`: exactly one of the last three is given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenClaim {
    author: String,
    date: String,
    words: String,
    borne_out: Option<WrittenEvidence>,
    refuted: Option<WrittenEvidence>,
    not_modelled: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEvidence {
    defect: String,
    class: String,
    detail: Option<String>,
    needs: Option<String>,
}

/// Reads the file of a strategy.
///
/// # Panics
/// If the file is wrong. The files are part of the program, and a test reads them all.
fn read(strategy: &Strategy, file: &str) -> Claims {
    let strategy = strategy.id;
    let file: ClaimFile = toml::from_str(file).unwrap_or_else(|error| panic!("the claims about {strategy}: {error}"));
    let claims = file.claim.into_iter().map(|it| claim(strategy, it)).collect();
    Claims { strategy, summary: file.summary.leak(), claims }
}

fn claim(strategy: &'static str, written: WrittenClaim) -> Claim {
    let WrittenClaim { author, date, words, borne_out, refuted, not_modelled } = written;
    let standing = match (borne_out, refuted, not_modelled) {
        (Some(written), None, None) => Standing::BorneOut(evidence(strategy, written)),
        (None, Some(written), None) => Standing::Refuted(evidence(strategy, written)),
        (None, None, Some(because)) => Standing::NotModelled { because: because.leak() },
        _ => panic!("{strategy}: \"{words}\" needs exactly one of borne_out, refuted and not_modelled"),
    };
    // They are read once and kept for as long as the program runs.
    Claim { strategy, author: author.leak(), date: date.leak(), words: words.leak(), standing }
}

fn evidence(strategy: &str, WrittenEvidence { defect, class, detail, needs }: WrittenEvidence) -> Evidence {
    let unknown = |what: &str, word: &str| -> ! { panic!("the claims about {strategy}: {word} is no {what}") };
    Evidence {
        defect: Defect::find(&defect).unwrap_or_else(|| unknown("defect", &defect)),
        class: class.parse().unwrap_or_else(|()| unknown("class", &class)),
        detail: detail.map(|it| &*it.leak()),
        needs: needs.map(|it| &*it.leak()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_claim_is_about_a_strategy_that_has_the_defect() {
        assert!(claims().count() > 90);
        for it in claims() {
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
