//! Holds the crates to `docs/architecture.md`: who imports whom, how large a fuzz target is, and what keeps a run the
//! same each time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use toml::Table;

/// The section of the document that lists the modules of `machine/`.
const FLOORS: &str = "The floors of `machine/`";
/// Crates in which a run must not depend on anything but the case.
const DETERMINISTIC: [&str; 4] = ["machine", "oracle", "schedule", "strategies"];
/// Places that are workspaces of their own.
const OWN_WORKSPACES: [&str; 2] = ["fuzz", "subjects"];

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

/// The packages at a place of the table: one, but for the workspace of subjects.
fn packages(place: &str) -> Vec<Table> {
    let found = manifest(place);
    if found.contains_key("package") {
        return vec![found];
    }
    let members = found["workspace"]["members"].as_array().expect("an array");
    members.iter().filter_map(|it| it.as_str()).map(|it| manifest(&format!("{place}/{it}"))).collect()
}

#[test]
fn crates_import_only_what_they_may() {
    let allowed = allowed();
    assert!(allowed.len() >= 6, "the table was not understood: {allowed:?}");
    for (place, may) in &allowed {
        let does: BTreeSet<String> = packages(place).iter().flat_map(own_dependencies).collect();
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

/// A module by its path below the crate: `["text", "grammar"]`; the crate itself is empty.
type ModulePath = Vec<String>;

fn module_of(source: &Path, file: &Path) -> ModulePath {
    let place = file.strip_prefix(source).expect("it is below the sources").with_extension("");
    let mut path: ModulePath = place.iter().map(|it| it.to_string_lossy().into_owned()).collect();
    path.pop_if(|last| matches!(last.as_str(), "lib" | "main" | "mod"));
    path
}

/// The code of a file, without its tests and comments.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Every path that begins with `crate::` or `super::`, those within the braces of a `use` included.
fn paths(code: &str) -> Vec<ModulePath> {
    let is_part = |it: char| it.is_alphanumeric() || matches!(it, '_' | ':');
    let begins = |at: &usize| !code[..*at].ends_with(is_part);
    let starts = ["crate::", "super::"].into_iter().flat_map(|it| code.match_indices(it));
    let mut paths = Vec::new();
    for (at, _) in starts.filter(|(at, _)| begins(at)) {
        read_tree(&code[at..], &[], &mut paths);
    }
    paths
}

/// Reads one tree of a `use`, such as `a::{b, c::d}`, and returns what follows it.
fn read_tree<'t>(text: &'t str, prefix: &[String], paths: &mut Vec<ModulePath>) -> &'t str {
    let text = text.trim_start();
    let end = text.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(text.len());
    let (word, mut rest) = text.split_at(end);
    let path = [prefix, &[word.to_owned()]].concat();
    let Some(below) = rest.strip_prefix("::") else {
        paths.push(path);
        return rest;
    };
    let Some(inside) = below.strip_prefix('{') else { return read_tree(below, &path, paths) };
    rest = inside;
    loop {
        rest = read_tree(rest, &path, paths);
        let Some(next) = rest.find([',', '}']) else { return "" };
        let is_last = rest[next..].starts_with('}') || rest[next + 1..].trim_start().starts_with('}');
        rest = &rest[next + 1..];
        if is_last {
            return rest;
        }
    }
}

/// The module that a path of another one leads to.
fn target(from: &[String], path: &[String], modules: &BTreeSet<ModulePath>) -> ModulePath {
    let ups = path.iter().take_while(|it| *it == "super").count();
    let skipped = if path[0] == "crate" { 1 } else { ups };
    let mut module = if path[0] == "crate" { Vec::new() } else { from[..from.len().saturating_sub(ups)].to_vec() };
    for word in &path[skipped..] {
        module.push(word.clone());
        if !modules.contains(&module) {
            module.pop();
            break;
        }
    }
    module
}

/// Who uses whom among the modules of each folder.
fn uses_by_folder(source: &Path) -> BTreeMap<ModulePath, BTreeMap<String, BTreeSet<String>>> {
    let files = rust_files(source);
    let modules: BTreeSet<ModulePath> = files.iter().map(|file| module_of(source, file)).collect();
    let mut uses: BTreeMap<ModulePath, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for file in &files {
        let from = module_of(source, file);
        for path in paths(&code(&read(file))) {
            let to = target(&from, &path, &modules);
            let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
            // A module and what is below it may know each other.
            if let (Some(user), Some(used)) = (from.get(common), to.get(common)) {
                let folder = uses.entry(from[..common].to_vec()).or_default();
                folder.entry(user.clone()).or_default().insert(used.clone());
            }
        }
    }
    uses
}

/// The files of a crate, each with its module right below the crate and the other such modules that it mentions.
fn mentions(source: &Path) -> Vec<(PathBuf, String, BTreeSet<String>)> {
    let files = rust_files(source);
    let modules: BTreeSet<ModulePath> = files.iter().map(|file| module_of(source, file)).collect();
    let found = files.into_iter().filter_map(|file| {
        let from = module_of(source, &file);
        let module = from.first()?.clone();
        let tops =
            paths(&code(&read(&file))).into_iter().filter_map(|path| target(&from, &path, &modules).first().cloned());
        let others = tops.filter(|it| *it != module).collect();
        Some((file, module, others))
    });
    found.collect()
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
    for place in allowed().into_keys().filter(|it| !OWN_WORKSPACES.contains(&it.as_str())) {
        let source = if place == "src" { root().join("src") } else { root().join(&place).join("src") };
        for (folder, mut uses) in uses_by_folder(&source) {
            // Whoever uses nothing that is left is no part of a circle.
            while let Some(leaf) = uses.iter().find(|(_, used)| !used.iter().any(|it| uses.contains_key(it))) {
                let leaf = leaf.0.clone();
                uses.remove(&leaf);
            }
            let folder = folder.join("/");
            assert!(uses.is_empty(), "{place}/{folder}: these modules use each other in a circle: {uses:?}");
        }
    }
}

#[test]
fn paths_are_taken_apart() {
    let found = paths("use crate::{a::{self, b}, c};\nlet x = super::super::d::e(pub(crate) mycrate::f);");
    let found: Vec<String> = found.iter().map(|it| it.join("::")).collect();
    assert_eq!(found, ["crate::a::self", "crate::a::b", "crate::c", "super::super::d::e"]);
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
