//! How much was searched: cases, by strategy, filesystem and form. What was not found in so many is clean as far as
//! they go.

use crate::built_in;
use case::{Filesystem, Form};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The counts, by strategy, then by filesystem and form as a case writes them (`block prepare-write`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Searched {
    cases: BTreeMap<String, BTreeMap<String, u64>>,
}

/// Why the counts could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SearchedError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not what `hunt --record` writes.
    #[error("{path} is no record of a search")]
    Parse {
        /// Which.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

impl Searched {
    /// Reads a record; one that does not exist is empty.
    ///
    /// # Errors
    /// If it cannot be read, or is something else.
    pub fn load(path: &Path) -> Result<Self, SearchedError> {
        match fs::read_to_string(path) {
            Ok(text) => {
                serde_json::from_str(&text).map_err(|source| SearchedError::Parse { path: path.to_owned(), source })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(SearchedError::Read { path: path.to_owned(), source }),
        }
    }

    /// The record that this was built with.
    ///
    /// # Panics
    /// If that is none; a test reads it.
    #[must_use]
    pub fn built_in() -> Self {
        let text = built_in::text("searched.json").unwrap_or("{}");
        serde_json::from_str(text).expect("a record of searches")
    }

    /// Writes the record whole, or not at all.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        crate::whole::write(path, text.as_bytes())
    }

    /// So many cases more.
    pub fn add(&mut self, strategy: &str, filesystem: Filesystem, form: Form, cases: u64) {
        let ground = format!("{} {}", filesystem.word(), form.word());
        *self.cases.entry(strategy.to_owned()).or_default().entry(ground).or_default() += cases;
    }

    /// What another record has as well.
    pub fn merge(&mut self, other: &Self) {
        for (strategy, grounds) in &other.cases {
            for (ground, cases) in grounds {
                *self.cases.entry(strategy.clone()).or_default().entry(ground.clone()).or_default() += cases;
            }
        }
    }

    /// The cases of a strategy on a filesystem, in all its forms.
    #[must_use]
    pub fn on(&self, strategy: &str, filesystem: Filesystem) -> u64 {
        let of = |ground: &str| ground.split(' ').next() == Some(filesystem.word());
        self.grounds(strategy).filter(|(ground, _)| of(ground)).map(|(_, cases)| cases).sum()
    }

    /// All cases of a strategy.
    #[must_use]
    pub fn of(&self, strategy: &str) -> u64 {
        self.grounds(strategy).map(|(_, cases)| cases).sum()
    }

    fn grounds(&self, strategy: &str) -> impl Iterator<Item = (&str, u64)> {
        self.cases.get(strategy).into_iter().flatten().map(|(ground, cases)| (ground.as_str(), *cases))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_add_up() {
        let mut record = Searched::default();
        record.add("baseline", Filesystem::Block, Form::PrepareWrite, 3);
        record.add("baseline", Filesystem::Libfs, Form::BeforePatch1, 4);
        let mut other = record.clone();
        other.add("baseline", Filesystem::Libfs, Form::AfterPatch1, 5);
        record.merge(&other);
        assert_eq!(record.on("baseline", Filesystem::Block), 6);
        assert_eq!(record.on("baseline", Filesystem::Libfs), 13);
        assert_eq!((record.of("baseline"), record.of("temp-page")), (19, 0));
    }
}
