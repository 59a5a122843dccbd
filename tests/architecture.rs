//! Holds the crates to `docs/architecture.md`: who imports whom, how large a fuzz target is, and what keeps a run the same each time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use toml::Table;

const WITH_CIRCLES: [&str; 0] = [];
/// The section of the document that lists the modules of `machine/`.
const FLOORS: &str = "The floors of `machine/`";
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

/// A section of the document.
fn section(heading: &str) -> String {
    let document = read(&root().join("docs/architecture.md"));
    let found = document.split("\n## ").find(|it| it.starts_with(heading));
    found.unwrap_or_else(|| panic!("docs/architecture.md has no section `{heading}`")).to_owned()
}

/// The rows of the table in a section of the document, each as its cells.
fn table(heading: &str) -> Vec<Vec<String>> {
    let section = section(heading);
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| row.split('|').skip(1).map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// What stands between backticks.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The table of crates: each place, and what it may import.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let rows = table("Who may import whom").into_iter();
    rows.map(|cells| {
        let place = quoted(&cells[0])[0].trim_end_matches('/').to_owned();
        (place, quoted(&cells[2]).into_iter().collect())
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

/// How many modules a file is in, its own included: so many `super::` lead from it to the crate.
fn depth(source: &Path, file: &Path) -> usize {
    let parts = file.strip_prefix(source).expect("it is below the source").iter();
    parts.filter(|it| !["mod.rs", "lib.rs", "main.rs"].iter().any(|name| it == name)).count()
}

/// What follows each `crate::`, and each `super::` that leads to the crate; also within braces.
fn mentioned(text: &str, depth: usize) -> BTreeSet<String> {
    let word = |text: &str| text.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect::<String>();
    let mut names = BTreeSet::new();
    let climb = "super::".repeat(depth.max(1));
    for rest in text.split("crate::").skip(1).chain(text.split(&climb).skip(1)) {
        let rest = rest.trim_start_matches("super::");
        if let Some(inside) = rest.strip_prefix('{') {
            let inside = inside.split("};").next().unwrap_or_default();
            names.extend(inside.split([',', '{']).map(|it| word(it.trim())));
        } else {
            names.insert(word(rest));
        }
    }
    names
}

/// The files of a crate, each with its module right below the crate and the other such modules that it mentions.
fn mentions(source: &Path) -> Vec<(PathBuf, String, BTreeSet<String>)> {
    let files = rust_files(source);
    let modules: BTreeSet<String> = files.iter().filter_map(|file| top_module(source, file)).collect();
    let found = files.into_iter().filter_map(|file| {
        let module = top_module(source, &file)?;
        let names = mentioned(&read(&file), depth(source, &file)).into_iter();
        let others = names.filter(|it| modules.contains(it) && *it != module).collect();
        Some((file, module, others))
    });
    found.collect()
}

#[test]
fn mentions_are_seen() {
    let names = |text, depth| mentioned(text, depth).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(
        names("use crate::disk::Disk; use crate::{lock, pages::{Page, Pages}};", 1),
        "Page Pages disk lock pages"
    );
    assert_eq!(names("use super::disk::Disk;", 1), "disk");
    assert_eq!(names("use super::Disk;", 2), "");
    assert_eq!(names("fn f() -> super::super::disk::Disk {}", 2), "disk");
}

#[test]
fn the_machine_is_built_in_floors() {
    let floors: Vec<String> = table(FLOORS).iter().map(|cells| quoted(&cells[0])[0].clone()).collect();
    let mentions = mentions(&root().join("machine/src"));
    let listed: BTreeSet<&String> = floors.iter().collect();
    let modules: BTreeSet<&String> = mentions.iter().map(|(_, module, _)| module).collect();
    assert_eq!(listed, modules, "docs/architecture.md lists the left, machine/ has the right");
    assert_eq!(listed.len(), floors.len(), "docs/architecture.md lists a module twice");
    let floor_of = |module: &String| floors.iter().position(|it| it == module);
    for (file, module, others) in &mentions {
        for other in others {
            let stands_on = floor_of(other) < floor_of(module);
            assert!(stands_on, "{}: `{module}` mentions `{other}`, which is not below it", file.display());
        }
    }
}

#[test]
fn modules_form_no_circles() {
    for place in allowed().into_keys().filter(|it| !WITH_CIRCLES.contains(&it.as_str()) && it != "fuzz") {
        let source = if place == "src" { root().join("src") } else { root().join(&place).join("src") };
        let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (_, module, others) in mentions(&source) {
            uses.entry(module).or_default().extend(others);
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
fn the_picture_shows_the_floors_of_the_table() {
    let mut floors: Vec<String> = table(FLOORS).iter().map(|cells| quoted(&cells[0])[0].clone()).collect();
    floors.reverse();
    let section = section(FLOORS);
    let picture = section.split("```").nth(1).expect("the section begins with a picture");
    let words = picture.split(|it: char| !it.is_alphanumeric() && it != '_').map(str::to_owned);
    assert_eq!(words.filter(|it| floors.contains(it)).collect::<Vec<_>>(), floors);
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
