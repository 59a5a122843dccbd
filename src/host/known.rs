//! What is known of real kernels: `real-kernels.json` in the corpus. Each fault is told by how it comes about, and not
//! by what it looks like. It is reported like everything else, but is nothing new.

use crate::built_in;
use case::Case;
use host::search::{KnownFault, Mechanism};
use oracle::{Class, Rule};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// A fault that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Its name.
    pub id: String,
    /// What happens, in a sentence or two.
    pub story: String,
    /// The operation without which it does not happen: a word of [`Mechanism`].
    pub mechanism: String,
    /// What it looks like, and where.
    pub shows: Vec<Symptom>,
    /// Cases that show it on the kernels that have it.
    pub cases: Vec<Shows>,
}

/// What a fault looks like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Symptom {
    /// What is seen.
    pub class: String,
    /// The rules that it breaks.
    pub rules: Vec<String>,
    /// On which filesystems, by their words.
    pub filesystems: Vec<String>,
}

/// A case that shows a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shows {
    /// What is special about it, in a word.
    pub name: String,
    /// On which filesystems, by their words.
    pub filesystems: Vec<String>,
    /// The case, line by line.
    pub lines: Vec<String>,
}

/// Why the list cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum KnownError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no such list.
    #[error("{path}: {source}")]
    Parse {
        /// Which.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A word in it means nothing.
    #[error("{path}: {id}: {why}")]
    Word {
        /// Which.
        path: PathBuf,
        /// In which fault.
        id: String,
        /// What is wrong.
        why: String,
    },
}

impl Known {
    /// The list in a corpus; empty if there is none.
    ///
    /// # Errors
    /// If it cannot be read, or names what there is not.
    pub fn load(corpus: &Path) -> Result<Vec<Self>, KnownError> {
        let path = corpus.join("real-kernels.json");
        if !path.exists() {
            return Ok(Vec::new());
        }
        let text = fs::read_to_string(&path).map_err(|source| KnownError::Read { path: path.clone(), source })?;
        let list: Vec<Self> =
            serde_json::from_str(&text).map_err(|source| KnownError::Parse { path: path.clone(), source })?;
        for known in &list {
            let wrong = known.check();
            wrong.map_err(|why| KnownError::Word { path: path.clone(), id: known.id.clone(), why })?;
        }
        Ok(list)
    }

    /// The list that this was built with.
    ///
    /// # Panics
    /// If that is none; a test reads it.
    #[must_use]
    pub fn built_in() -> Vec<Self> {
        serde_json::from_str(built_in::text("real-kernels.json").unwrap_or("[]")).expect("what is known")
    }

    /// Whether each word in it means something.
    fn check(&self) -> Result<(), String> {
        self.mechanism.parse::<Mechanism>()?;
        for Symptom { class, rules, .. } in &self.shows {
            class.parse::<Class>().map_err(|_| format!("no class `{class}`"))?;
            let wrong = rules.iter().find(|it| it.parse::<Rule>().is_err());
            wrong.map_or(Ok(()), |it| Err(format!("no rule `{it}`")))?;
        }
        self.cases.iter().try_for_each(|it| it.case(&self.id).map(|_| ()))
    }

    /// The same for a search on a filesystem; `None` if it is not seen there.
    #[must_use]
    pub fn on(&self, filesystem: &str) -> Option<KnownFault> {
        let here = |it: &&Symptom| it.filesystems.iter().any(|it| it == filesystem);
        let shows = self.shows.iter().filter(here).filter_map(|it| {
            let rules = it.rules.iter().filter_map(|it| it.parse().ok()).collect();
            Some((it.class.parse().ok()?, rules))
        });
        let shows: Vec<_> = shows.collect();
        let mechanism = self.mechanism.parse().ok()?;
        (!shows.is_empty()).then(|| KnownFault { id: self.id.clone(), shows, mechanism })
    }
}

impl Shows {
    /// The case.
    ///
    /// # Errors
    /// If it is none, in words.
    pub fn case(&self, name: &str) -> Result<Case, String> {
        let text: String = self.lines.iter().flat_map(|it| [it.as_str(), "\n"]).collect();
        Case::parse(name, &text).map_err(|error| {
            let mistakes = error.mistakes().iter();
            let lines: Vec<String> =
                mistakes.map(|it| format!("line {}, column {}: {}", it.line, it.column, it.message)).collect();
            format!("{error}: {}", lines.join("; "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corpus() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
    }

    #[test]
    fn what_is_built_in_is_what_the_corpus_has() {
        assert_eq!(Known::load(&corpus()).expect("the list"), Known::built_in());
    }

    #[test]
    fn a_fault_is_known_only_where_it_was_seen() {
        let list = Known::load(&corpus()).expect("the list");
        let on = |id: &str, filesystem: &str| {
            list.iter().find(|it| it.id == id).and_then(|it| it.on(filesystem)).map_or(0, |it| it.shows.len())
        };
        assert_eq!(on("failed-write-makes-the-file-longer", "tmpfs"), 5);
        assert_eq!(on("failed-write-makes-the-file-longer", "xfs"), 5);
        assert_eq!(on("failed-write-makes-the-file-longer", "fuse"), 0);
    }

    #[test]
    fn a_word_that_means_nothing_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let list = fs::read_to_string(corpus().join("real-kernels.json")).expect("the list");
        for (from, to, told) in [
            ("\"failed-write-past-the-end\"", "\"magic\"", "no mechanism `magic`"),
            ("\"APPEND_OVERLAP\"", "\"OVERLAP\"", "no class `OVERLAP`"),
            ("\"S9\"", "\"S99\"", "no rule `S99`"),
            ("\"fs block\"", "\"fs blocks\"", "blocks"),
        ] {
            fs::write(folder.path().join("real-kernels.json"), list.replacen(from, to, 1)).expect("it is written");
            let error = Known::load(folder.path()).expect_err(told).to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
