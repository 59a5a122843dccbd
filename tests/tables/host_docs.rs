//! Holds `docs/real-kernels.md` to the registry of filesystems and to the list of what is known.

use host::fuse::Defect;
use host::mount::Kind;
use oracle::Class;
use serde_json::Value;
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
    holds("<!-- The defects are written by `make tables`. -->\n", "<!-- The end of the defects. -->\n", &table);
}

/// Holds what stands between two marks of the document to a table, or writes it.
fn holds(begin: &str, end: &str, table: &str) {
    // Two tests may write it at the same time.
    static DOCUMENT: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _alone = DOCUMENT.lock().expect("nobody failed with it");
    let path = root().join("docs/real-kernels.md");
    let text = fs::read_to_string(&path).expect("the document");
    let (before, rest) = text.split_once(begin).expect("the first mark");
    let (found, after) = rest.split_once(end).expect("the last mark");
    if std::env::var_os("UPDATE_TABLES").is_some() {
        // Other tests read it meanwhile.
        let new = path.with_extension("md.new");
        fs::write(&new, [before, begin, table, end, after].concat()).expect("the document can be written");
        fs::rename(&new, &path).expect("it can take its place");
    } else {
        assert_eq!(found, table, "docs/real-kernels.md is out of date: run `make tables`");
    }
}

/// `6.12.118` of `6.12.118+deb13-cloud-amd64`.
fn short(kernel: &str) -> &str {
    kernel.split(['+', '-']).next().unwrap_or(kernel)
}

/// What `make known-kernels` has measured, as a table.
#[test]
fn the_document_says_what_was_measured_on_which_kernels() {
    let measured = fs::read_to_string(root().join("docs/real-kernels.jsonl")).expect("what was measured");
    let lines: Vec<Value> = measured.lines().map(|it| serde_json::from_str(it).expect("an object")).collect();
    let (summary, results) = lines.split_last().expect("a summary");
    let text = |it: &Value, key: &str| it[key].as_str().unwrap_or_default().to_owned();
    let (mut kernels, mut rows): (Vec<String>, Vec<(String, String)>) = (Vec::new(), Vec::new());
    for it in results {
        let (kernel, row) = (text(it, "kernel"), (text(it, "case"), text(it, "fs")));
        if !kernels.contains(&kernel) {
            kernels.push(kernel);
        }
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    rows.sort();
    let date = text(summary, "date");
    let mut table = format!("Measured on {}, each cell {} times.\n\n", &date[..10], results[0]["times"]);
    table +=
        &format!("| case | `--fs` |{}\n", kernels.iter().map(|it| format!(" {} |", short(it))).collect::<String>());
    table += &format!("|---|---|{}\n", "---|".repeat(kernels.len()));
    for (case, fs) in &rows {
        let cell = |kernel: &String| {
            let is_it =
                |it: &&Value| text(it, "kernel") == *kernel && text(it, "case") == *case && text(it, "fs") == *fs;
            let Some(it) = results.iter().find(is_it) else { return " |".to_owned() };
            let word = match it["outcome"].as_str() {
                Some("shown") if it["shown"] == it["times"] => "+".to_owned(),
                Some("shown") => format!("{}/{}", it["shown"], it["times"]),
                Some("not-shown") => "–".to_owned(),
                Some("cannot-run") => "×".to_owned(),
                _ => "?".to_owned(),
            };
            format!(" {word} |")
        };
        let name = case.trim_end_matches(".case");
        table += &format!("| `{name}` | {fs} |{}\n", kernels.iter().map(cell).collect::<String>());
    }
    holds("<!-- The kernels are written by `make tables`. -->\n", "<!-- The end of the kernels. -->\n", &table);
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
