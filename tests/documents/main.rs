//! Holds the documents to what they say: their commands, links, pictures, widths and words.

mod commands;
mod links;
mod markdown;
mod picture;
mod widths;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of this extension that are kept in the repository, with their paths from its root.
fn files(extension: &str) -> Vec<PathBuf> {
    /// Folders of builds and of what a hunt or an engine leaves behind.
    const LEFT_OUT: [&str; 6] =
        ["target", "findings", "fuzz/artifacts", "fuzz/corpus", "fuzz/target", "subjects/target"];
    let enters = |it: &walkdir::DirEntry| {
        let path = it.path().strip_prefix(root()).expect("it is below the root");
        let is_hidden = path.as_os_str().to_string_lossy().starts_with(".git");
        !is_hidden && !LEFT_OUT.iter().any(|out| path == Path::new(out))
    };
    let entries = walkdir::WalkDir::new(root()).sort_by_file_name().into_iter().filter_entry(enters);
    let entries = entries.map(|it| it.expect("it can be read"));
    let files = entries.filter(|it| it.path().extension().is_some_and(|found| found == extension));
    files.map(|it| it.path().strip_prefix(root()).expect("it is below the root").to_owned()).collect()
}

/// A text file of the repository.
fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Markdown file but the transcripts, which `tests/cli.rs` runs.
fn documents() -> Vec<PathBuf> {
    files("md").into_iter().filter(|it| !it.starts_with("tests")).collect()
}
