//! The lists of wrong lines to plant are of lines that are there: `make planted` and `make planted-cache` can plant
//! each of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use toml::Table;

#[test]
fn every_planted_line_has_its_place() {
    have_their_places("tests/planted/faults.toml", 60);
    have_their_places("tests/planted/own-cache.toml", 20);
}

/// Whether each of a list, which has so many at least, stands where it is said to, once what is mended first is mended.
fn have_their_places(list: &str, least: usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join(list)).expect("the list is there");
    let list: Table = text.parse().expect("it is TOML");
    let planted = list["planted"].as_array().expect("an array");
    let mended = list.get("mended").and_then(|it| it.as_array()).map_or(&[][..], Vec::as_slice);
    assert!(planted.len() >= least, "there are only {}", planted.len());
    let mut names = BTreeSet::new();
    // Where each stands: several may stand in one place, but no two overlap.
    let mut places: Vec<(String, std::ops::Range<usize>, String)> = Vec::new();
    for it in planted {
        let word = |key: &str| it[key].as_str().expect("text");
        let (name, file) = (word("name"), word("file"));
        assert!(names.insert(name), "{name} stands twice");
        let mut source = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{name}: {file}: {error}"));
        for it in mended.iter().filter(|it| it["file"].as_str() == Some(file)) {
            let word = |key: &str| it[key].as_str().expect("text");
            assert!(source.contains(word("old")), "{}: it is not there", word("name"));
            source = source.replacen(word("old"), word("new"), 1);
        }
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
