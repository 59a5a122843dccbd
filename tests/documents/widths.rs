//! No line is too wide to read: 140 columns in Markdown, 120 in Rust.

use crate::{documents, files, read};
use std::collections::BTreeMap;

const MARKDOWN: usize = 140;
const RUST: usize = 120;

#[test]
fn lines_of_markdown_fit() {
    let mut wide = Vec::new();
    for path in documents() {
        for (line, text) in (1..).zip(read(&path).lines()) {
            // A row of a table cannot be broken, nor can a picture's description.
            let is_row = text.starts_with("| ") || text.starts_with("![");
            if !is_row && text.chars().count() > MARKDOWN {
                wide.push(format!("{}:{line}: {} columns", path.display(), text.chars().count()));
            }
        }
    }
    assert!(wide.is_empty(), "wider than {MARKDOWN}:\n{}", wide.join("\n"));
}

/// How many lines below each folder are wider than that, and why. They may become fewer, not more.
const WIDE: &[(&str, usize, &str)] = &[
    ("benches", 2, COMMENTS),
    ("case", 2, COMMENTS),
    ("fuzz", 3, COMMENTS),
    ("host", 20, COMMENTS),
    ("machine", 29, SENTENCES),
    ("oracle", 3, COMMENTS),
    ("src", 33, SENTENCES),
    ("strategies", 58, SENTENCES),
    ("tests", 10, COMMENTS),
];
const COMMENTS: &str = "lines of pictures and code in comments, which rustfmt leaves alone";
const SENTENCES: &str = "the same, and sentences in strings: records of defects, claims of the thread, messages";

#[test]
fn lines_of_rust_fit() {
    let mut wide: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in files("rs") {
        let folder = path.components().next().expect("a part").as_os_str().to_string_lossy().into_owned();
        for (line, text) in (1..).zip(read(&path).lines()) {
            if text.chars().count() > RUST {
                wide.entry(folder.clone()).or_default().push(format!("{}:{line}", path.display()));
            }
        }
    }
    for (folder, lines) in wide {
        let allowed = WIDE.iter().find(|it| it.0 == folder).map_or(0, |it| it.1);
        assert!(
            lines.len() <= allowed,
            "{folder}: {} lines are wider than {RUST}, {allowed} were:\n{}",
            lines.len(),
            lines.join("\n")
        );
    }
}
