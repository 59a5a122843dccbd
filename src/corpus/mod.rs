//! Collections of cases, on their way to a fuzzing engine and back: packed for it, taken back as small text, minimised,
//! migrated.

mod dictionary;
mod features;
mod migrate;
mod minimise;
mod name;
mod pack;
mod unpack;

pub use dictionary::dictionary;
pub use features::{Feature, Features};
pub use migrate::{Fate, migrate};
pub use minimise::{Chosen, Progress, minimise};
pub use name::{content_name, descriptive_name};
pub use pack::{PackError, pack};
pub use unpack::unpack;

use crate::reading;
use std::io;
use std::path::{Path, PathBuf};

/// The extension that a file gets before its migrated version takes its place.
pub const SET_ASIDE: &str = "before";

/// A file of a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is.
    pub path: PathBuf,
    /// What is in it: a case's text, or whatever an engine made of one.
    pub bytes: Vec<u8>,
}

/// All files below these paths, in order; engines give theirs no extension, so all files count but hidden ones, JSON,
/// and what migrating set aside.
///
/// # Errors
/// With the path that cannot be read.
pub fn entries(paths: &[PathBuf]) -> Result<Vec<Entry>, (PathBuf, io::Error)> {
    let mut entries = Vec::new();
    for root in paths {
        for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
            let entry = entry.map_err(|error| (error.path().unwrap_or(root).to_owned(), error.into()))?;
            if entry.file_type().is_file() && (entry.depth() == 0 || is_input(entry.path())) {
                let path = entry.into_path();
                let bytes = reading::read(&path).map_err(|error| (path.clone(), error))?;
                entries.push(Entry { path, bytes });
            }
        }
    }
    Ok(entries)
}

fn is_input(path: &Path) -> bool {
    let is_hidden = path.file_name().is_some_and(|it| it.to_string_lossy().starts_with('.'));
    !is_hidden && path.extension().is_none_or(|it| it != "json" && it != SET_ASIDE)
}
