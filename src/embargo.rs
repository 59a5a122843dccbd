//! Embargoes: findings that are real on a kernel of today and not mended there yet. No case of theirs is shown in
//! public.

use crate::judge::Signature;
use case::{Case, Expectation};
use machine::Defect;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{fs, io};

/// A finding of which nothing is told but that it is there, until its fix is released.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embargo {
    /// The strategy that shows it.
    pub strategy: String,
    /// The filesystem on which it does, as a case writes it.
    pub filesystem: String,
    /// The class.
    pub class: String,
    /// On what real filesystem and kernel it was seen.
    pub seen: String,
    /// The defect behind it: no case is shown that has it as its cause, whatever it looks like.
    #[serde(default)]
    pub defect: Option<String>,
}

/// Why the embargoes could not be read.
#[derive(Debug, thiserror::Error)]
pub enum EmbargoError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no list of embargoes.
    #[error("{path} is no list of embargoes: {source}")]
    Parse {
        /// Which.
        path: PathBuf,
        /// Why, with line and column.
        source: serde_json::Error,
    },
}

/// What was held back when this was built.
///
/// # Panics
/// If that is no list of embargoes; a test reads it.
pub fn compiled_in() -> &'static [Embargo] {
    static LIST: OnceLock<Vec<Embargo>> = OnceLock::new();
    LIST.get_or_init(|| Embargo::parse(include_str!("../corpus/embargo.json")).expect("a list of embargoes"))
}

impl Embargo {
    /// Reads `embargo.json` of a corpus; where there is none, nothing is held back.
    ///
    /// # Errors
    /// If it cannot be read, or is no list of embargoes: what it holds back must not be published.
    pub fn load(corpus: &Path) -> Result<Vec<Self>, EmbargoError> {
        let path = corpus.join("embargo.json");
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text).map_err(|source| EmbargoError::Parse { path, source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => Err(EmbargoError::Read { path, source }),
        }
    }

    /// Reads a list of embargoes.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(text: &str) -> serde_json::Result<Vec<Self>> {
        serde_json::from_str(text)
    }

    /// Whether this is held back.
    #[must_use]
    pub fn covers(&self, signature: &Signature) -> bool {
        self.covers_words(signature.strategy, signature.filesystem.word(), signature.class.as_str())
    }

    /// Whether no case may be shown that has this defect as a cause.
    #[must_use]
    pub fn hides(&self, defect: Defect) -> bool {
        self.defect.as_deref() == Some(defect.id())
    }

    /// Whether this is among what a case expects, beside whatever else it shows.
    #[must_use]
    pub fn is_shown_by(&self, case: &Case) -> bool {
        let finding = |it: &Expectation| it.finding.as_ref().map(|(class, _)| (it.strategy.clone(), class.clone()));
        let mut shown = case.expectations.iter().filter_map(finding);
        shown.any(|(strategy, class)| self.covers_words(&strategy, case.filesystem.word(), &class))
    }

    /// The same, in the words that a case writes.
    #[must_use]
    pub fn covers_words(&self, strategy: &str, filesystem: &str, class: &str) -> bool {
        self.strategy == strategy && self.filesystem == filesystem && self.class == class
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compiled_in_is_what_the_corpus_has() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
        assert_eq!(Embargo::load(&corpus).expect("it can be read"), compiled_in());
    }

    #[test]
    fn what_is_held_back_is_seen_beside_another_finding() {
        let text = "shortcopy case 1\nfs extent\nfile a size 64\ntask r read a 0..64\n\
                    expect baseline ZERO\nexpect baseline UNINIT transient\n";
        let case = Case::parse("held.case", text).expect("a case");
        let embargo = |strategy: &str, filesystem: &str| Embargo {
            strategy: strategy.to_owned(),
            filesystem: filesystem.to_owned(),
            class: "UNINIT".to_owned(),
            seen: String::new(),
            defect: None,
        };
        assert!(embargo("baseline", "extent").is_shown_by(&case));
        assert!(!embargo("baseline", "journal").is_shown_by(&case));
        assert!(!embargo("temp-page", "extent").is_shown_by(&case));
    }
}
