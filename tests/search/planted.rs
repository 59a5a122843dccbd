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
    // Where each stands: several may stand in one place, but no two overlap.
    let mut places: Vec<(String, std::ops::Range<usize>, String)> = Vec::new();
    for it in planted {
        let word = |key: &str| it[key].as_str().expect("text");
        let (name, file) = (word("name"), word("file"));
        assert!(names.insert(name), "{name} stands twice");
        let source = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{name}: {file}: {error}"));
        let after = source.find(word("after")).unwrap_or_else(|| panic!("{name}: no `{}`", word("after")));
        let old = source[after..].find(word("old")).unwrap_or_else(|| panic!("{name}: no `{}` in {file}", word("old")));
        let place = after + old..after + old + word("old").len();
        let overlaps = |(of, other, _): &&(String, std::ops::Range<usize>, String)| {
            of == file && *other != place && other.start < place.end && place.start < other.end
        };
        if let Some((_, _, other)) = places.iter().find(overlaps) {
            panic!("{name} overlaps {other}");
        }
        places.push((file.to_owned(), place, name.to_owned()));
        assert_ne!(word("old"), word("new"), "{name} changes nothing");
    }
}
