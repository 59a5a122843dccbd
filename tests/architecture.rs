//! Holds the crates to `docs/architecture.md`: who imports whom, how large a fuzz target is, and what keeps a run the same each time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use toml::Table;

/// Crates whose modules may form circles: the document says why.
const WITH_CIRCLES: [&str; 2] = ["case", "machine"];
/// Crates in which a run must not depend on anything but the case.
const DETERMINISTIC: [&str; 3] = ["machine", "oracle", "strategies"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn manifest(place: &str) -> Table {
    let folder = if place == "src" { root().to_owned() } else { root().join(place) };
    read(&folder.join("Cargo.toml")).parse().expect("a manifest is TOML")
}

/// The table of the document: each place, and what it may import.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let document = read(&root().join("docs/architecture.md"));
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let rows = document.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').collect();
        let place = quoted(cells[1])[0].trim_end_matches('/').to_owned();
        (place, quoted(cells[3]).into_iter().collect())
    })
    .collect()
}

/// The names of our own crates that a manifest mentions in any table of dependencies.
fn own_dependencies(manifest: &Table) -> BTreeSet<String> {
    let ours: BTreeSet<String> = allowed().into_keys().chain(["shortcopy".to_owned()]).collect();
    let mut tables: Vec<&Table> = vec![manifest];
    let targets = manifest.get("target").and_then(|it| it.as_table());
    tables.extend(targets.into_iter().flat_map(|it| it.values()).filter_map(|it| it.as_table()));
    let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
    let names = tables.into_iter().flat_map(|table| kinds.iter().filter_map(|kind| table.get(*kind)?.as_table()));
    names.flat_map(|it| it.keys()).filter(|name| ours.contains(*name)).cloned().collect()
}

#[test]
fn crates_import_only_what_they_may() {
    let allowed = allowed();
    assert!(allowed.len() >= 6, "the table was not understood: {allowed:?}");
    for (place, may) in &allowed {
        let does = own_dependencies(&manifest(place));
        let must_not: Vec<_> = does.difference(may).collect();
        assert!(must_not.is_empty(), "{place} imports {must_not:?}, which docs/architecture.md does not allow");
    }
}

#[test]
fn the_table_has_every_crate() {
    let manifest = manifest("src");
    let members = manifest["workspace"]["members"].as_array().expect("an array");
    let allowed = allowed();
    for member in members.iter().filter_map(|it| it.as_str()) {
        assert!(allowed.contains_key(member), "docs/architecture.md does not say what {member} may import");
    }
}

/// All Rust files below a folder.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
    files
}

/// The module right below the crate that a file belongs to; `None` for the crate itself.
fn top_module(source: &Path, file: &Path) -> Option<String> {
    let first = file.strip_prefix(source).ok()?.iter().next()?.to_str()?;
    let name = first.trim_end_matches(".rs");
    (name != "lib" && name != "main").then(|| name.to_owned())
}

/// What follows each `crate::`, also within braces.
fn mentioned(text: &str) -> BTreeSet<String> {
    let word = |text: &str| text.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect::<String>();
    let mut names = BTreeSet::new();
    for rest in text.split("crate::").skip(1) {
        if let Some(inside) = rest.strip_prefix('{') {
            let inside = inside.split("};").next().unwrap_or_default();
            names.extend(inside.split([',', '{']).map(|it| word(it.trim())));
        } else {
            names.insert(word(rest));
        }
    }
    names
}

#[test]
fn modules_form_no_circles() {
    for place in allowed().into_keys().filter(|it| !WITH_CIRCLES.contains(&it.as_str()) && it != "fuzz") {
        let source = if place == "src" { root().join("src") } else { root().join(&place).join("src") };
        let files = rust_files(&source);
        let modules: BTreeSet<String> = files.iter().filter_map(|file| top_module(&source, file)).collect();
        let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for file in &files {
            let Some(module) = top_module(&source, file) else { continue };
            let others = mentioned(&read(file)).into_iter().filter(|it| modules.contains(it) && *it != module);
            uses.entry(module.clone()).or_default().extend(others);
        }
        // Whoever uses nothing that is left is no part of a circle.
        while let Some(leaf) = uses.iter().find(|(_, used)| !used.iter().any(|it| uses.contains_key(it))) {
            let leaf = leaf.0.clone();
            uses.remove(&leaf);
        }
        assert!(uses.is_empty(), "{place}: these modules use each other in a circle: {uses:?}");
    }
}

#[test]
fn nothing_makes_two_runs_differ() {
    let forbidden = ["HashMap", "HashSet", "Instant", "SystemTime", "thread::spawn"];
    for place in DETERMINISTIC {
        let rules = read(&root().join(place).join("clippy.toml"));
        for word in forbidden {
            assert!(rules.contains(word), "{place}/clippy.toml does not forbid {word}");
        }
    }
}

#[test]
fn fuzz_targets_are_glue() {
    for target in rust_files(&root().join("fuzz/fuzz_targets")) {
        let lines = read(&target).lines().count();
        assert!(lines <= 40, "{} has {lines} lines: what it does belongs into src/fuzzing", target.display());
    }
}
