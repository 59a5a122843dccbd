//! Holds `docs/real-kernels.md` to the registry of filesystems and to the list of what is known.

use host::fuse::Defect;
use host::mount::Kind;
use oracle::Class;
use shortcopy::host::Known;
use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_document_lists_every_kind_of_filesystem() {
    let document = fs::read_to_string(root().join("docs/real-kernels.md")).expect("the document");
    let table =
        document.split("<!-- The kinds").nth(1).and_then(|it| it.split("<!-- The end").next()).expect("a table");
    let rows: Vec<(&str, &str)> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(|it| it.trim().trim_matches('`')).collect();
            (cells[1].trim_start_matches('-'), cells[2])
        })
        .filter(|(word, _)| *word != "fs")
        .collect();
    let kinds: Vec<(&str, &str)> = Kind::ALL.iter().map(|it| (it.word(), it.profile().as_str())).collect();
    assert_eq!(rows, kinds);
}

/// The classes of a defect in a form of mount.
fn classes(classes: &[Class]) -> String {
    let words: Vec<&str> = classes.iter().map(|it| it.as_str()).collect();
    if words.is_empty() { "-".to_owned() } else { words.join(", ") }
}

#[test]
fn the_document_lists_every_defect() {
    let mut table = "| `--defect` | what is wrong | shows | with a writeback cache |\n|---|---|---|---|\n".to_owned();
    for it in Defect::ALL {
        let (plain, cached) = (classes(it.classes(false)), classes(it.classes(true)));
        table += &format!("| `{it}` | {} | {plain} | {cached} |\n", it.summary());
    }
    let path = root().join("docs/real-kernels.md");
    let text = fs::read_to_string(&path).expect("the document");
    let begin = "<!-- The defects are written by `make tables`. -->\n";
    let end = "<!-- The end of the defects. -->\n";
    let (before, rest) = text.split_once(begin).expect("the first mark");
    let (found, after) = rest.split_once(end).expect("the last mark");
    if std::env::var_os("UPDATE_TABLES").is_some() {
        fs::write(path, [before, begin, &table, end, after].concat()).expect("the document can be written");
    } else {
        assert_eq!(found, table, "docs/real-kernels.md is out of date: run `make tables`");
    }
}

#[test]
fn the_document_lists_every_mechanism() {
    let document = fs::read_to_string(root().join("docs/real-kernels.md")).expect("the document");
    for it in host::search::Mechanism::ALL {
        assert!(document.contains(&format!("| `{it}` |")), "{it}");
    }
}

#[test]
fn what_is_known_of_real_kernels_names_what_there_is() {
    let known = Known::load(&root().join("corpus")).expect("the list");
    assert!(!known.is_empty());
    // Classes, rules and cases are looked at when the list is loaded.
    for it in known {
        let places =
            it.shows.iter().flat_map(|it| &it.filesystems).chain(it.cases.iter().flat_map(|it| &it.filesystems));
        for word in places {
            assert!(Kind::from_word(word).is_some(), "{}: {word}", it.id);
        }
        let sensitive = ["UNINIT", "STALE_BLOCK", "FOREIGN_FILE"];
        for it in &it.shows {
            assert!(!sensitive.contains(&it.class.as_str()), "{} belongs to the embargo", it.class);
        }
    }
}
