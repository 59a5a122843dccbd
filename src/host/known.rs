//! What is known of real kernels: `real-kernels.json` in the corpus. It is reported like everything else, but is
//! nothing new.

use crate::built_in;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// Something that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// On which filesystems, by their words.
    pub filesystems: Vec<String>,
    /// What is seen.
    pub class: String,
    /// The rules that it breaks.
    pub rules: Vec<String>,
    /// With which kernel it was seen.
    pub seen: String,
    /// What happens, in a sentence.
    pub story: String,
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
}

impl Known {
    /// The list in a corpus; empty if there is none.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn load(corpus: &Path) -> Result<Vec<Self>, KnownError> {
        let path = corpus.join("real-kernels.json");
        if !path.exists() {
            return Ok(Vec::new());
        }
        let text = fs::read_to_string(&path).map_err(|source| KnownError::Read { path: path.clone(), source })?;
        serde_json::from_str(&text).map_err(|source| KnownError::Parse { path, source })
    }

    /// The list that this was built with.
    ///
    /// # Panics
    /// If that is none; a test reads it.
    #[must_use]
    pub fn built_in() -> Vec<Self> {
        serde_json::from_str(built_in::text("real-kernels.json").unwrap_or("[]")).expect("what is known")
    }

    /// Whether it is this.
    #[must_use]
    pub fn is(&self, filesystem: &str, class: &str, rule: &str) -> bool {
        let among = |list: &[String], it: &str| list.iter().any(|other| other == it);
        self.class == class && among(&self.filesystems, filesystem) && among(&self.rules, rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_is_what_the_corpus_has() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
        assert_eq!(Known::load(&corpus).expect("the list"), Known::built_in());
    }
}
