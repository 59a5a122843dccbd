//! The list of wrong lines to plant is of lines that are there: `make planted` can plant each of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use toml::Table;

#[test]
fn every_planted_line_has_its_place() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("tests/planted/faults.toml")).expect("the list is there");
    let list: Table = text.parse().expect("it is TOML");
    let planted = list["planted"].as_array().expect("an array");
    assert!(planted.len() >= 60, "there are only {}", planted.len());
    let mut names = BTreeSet::new();
    for it in planted {
        let word = |key: &str| it[key].as_str().expect("text");
        let (name, file) = (word("name"), word("file"));
        assert!(names.insert(name), "{name} stands twice");
        let source = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{name}: {file}: {error}"));
        let (_, behind) = source.split_once(word("after")).unwrap_or_else(|| panic!("{name}: no `{}`", word("after")));
        assert!(behind.contains(word("old")), "{name}: no `{}` in {file}", word("old"));
        assert_ne!(word("old"), word("new"), "{name} changes nothing");
    }
}
