//! The program as whoever installed it has it: a copy of it alone, in an empty folder, without a checkout.

use assert_cmd::Command;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;

/// The copy, which is made before any test starts a program: a child that is forked while the copy is written holds it
/// open, and then it is busy.
static COPY: LazyLock<PathBuf> = LazyLock::new(|| {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("installed-shortcopy");
    let unfinished = copy.with_extension(std::process::id().to_string());
    fs::copy(assert_cmd::cargo::cargo_bin!("shortcopy"), &unfinished).expect("a copy");
    fs::rename(&unfinished, &copy).expect("the copy is there");
    copy
});

/// A copy of the program, and an empty folder for it.
struct Installed {
    folder: TempDir,
}

impl Installed {
    fn new() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        fs::hard_link(&*COPY, folder.path().join("shortcopy")).expect("a link to the copy");
        fs::create_dir(folder.path().join("empty")).expect("a folder");
        Self { folder }
    }

    /// Where it runs.
    fn place(&self) -> PathBuf {
        self.folder.path().join("empty")
    }

    /// What it prints.
    fn run(&self, code: i32, line: &str) -> String {
        let mut command = Command::new(self.folder.path().join("shortcopy"));
        let words = line.split_whitespace();
        let output = command.args(words).current_dir(self.place()).env_clear().assert().code(code).get_output().clone();
        String::from_utf8(output.stdout).expect("text")
    }
}

fn first_case(folder: &Path) -> PathBuf {
    shortcopy::witness::case_files(folder).expect("the cases").into_iter().next().expect("a case")
}

#[test]
fn every_command_works_without_a_checkout() {
    let installed = Installed::new();
    assert!(installed.run(0, "list").contains("baseline"));
    assert!(
        installed.run(0, "hunt --cases 3000 --seed 1 --jobs 1 --strategy no-prefault --fs libfs").contains("cases")
    );
    let case = first_case(&installed.place().join("findings"));
    for command in ["run", "explain", "why", "cost"] {
        let line = if command == "cost" { "cost".to_owned() } else { format!("{command} {}", case.display()) };
        assert!(!installed.run(0, &line).is_empty(), "{command}");
    }
    assert!(fs::metadata(installed.place().join("corpus")).is_err(), "nothing was made that nobody asked for");
}

#[test]
fn the_matrix_is_that_of_the_corpus() {
    let installed = Installed::new();
    let here = Command::new(assert_cmd::cargo::cargo_bin!("shortcopy")).args(["matrix", "--corpus", "corpus"]).assert();
    let here = String::from_utf8(here.code(0).get_output().stdout.clone()).expect("text");
    assert_eq!(installed.run(0, "matrix"), here);
    let told = installed.run(0, "matrix --strategy no-prefault --fs libfs --check");
    assert!(told.contains("all hold") && !told.contains("not all hold"), "{told}");
}

#[test]
fn what_is_unpacked_can_be_run_and_is_not_written_over() {
    let installed = Installed::new();
    installed.run(0, "corpus unpack --to cases");
    let case = first_case(&installed.place().join("cases"));
    installed.run(0, &format!("run {}", case.display()));
    assert!(installed.run(0, "matrix --corpus cases --json").lines().any(|it| it.contains("cases/witness/")));
    installed.run(2, "corpus unpack --to cases");
    installed.run(2, "matrix --corpus nowhere");
}

#[test]
fn a_hunt_reports_to_continuous_integration() {
    let installed = Installed::new();
    let hunt = "hunt --cases 3000 --seed 1 --jobs 1 --strategy no-prefault --fs libfs --format";
    let sarif: Value = serde_json::from_str(&installed.run(0, &format!("{hunt} sarif"))).expect("it is JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert!(!results.is_empty() && results.iter().all(|it| it["level"] == "note"), "all is known: {sarif}");
    let (mut tests, mut failures) = (0, 0);
    let xml = installed.run(0, &format!("{hunt} junit"));
    let mut reader = Reader::from_str(&xml);
    loop {
        match reader.read_event().expect("it is XML") {
            Event::Start(it) | Event::Empty(it) if it.name().as_ref() == b"testcase" => tests += 1,
            Event::Start(it) if it.name().as_ref() == b"failure" => failures += 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!((tests, failures), (1 + results.len(), 0), "{xml}");
    installed.run(2, &format!("{hunt} junit --json"));
    installed.run(2, &format!("{hunt} junit --coverage"));
}

/// The commands that the help names.
fn commands(installed: &Installed) -> BTreeSet<String> {
    let help = installed.run(0, "--help");
    let lines = help.lines().skip_while(|it| *it != "Commands:").skip(1).take_while(|it| !it.is_empty());
    let lines = lines.filter(|it| it.starts_with("  ") && !it.starts_with("   "));
    lines.filter_map(|it| it.split_whitespace().next()).filter(|it| *it != "help").map(str::to_owned).collect()
}

#[test]
fn shells_and_man_know_every_command() {
    let installed = Installed::new();
    let commands = commands(&installed);
    assert!(commands.len() > 10, "{commands:?}");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = installed.run(0, &format!("completions {shell}"));
        let missing: Vec<_> = commands.iter().filter(|it| !script.contains(it.as_str())).collect();
        assert!(missing.is_empty() && script.contains("mend"), "{shell}: {missing:?}");
    }
    assert!(installed.run(0, "man").contains(".TH shortcopy 1"));
    installed.run(0, "man --dir man1");
    for command in commands {
        let page = fs::read_to_string(installed.place().join(format!("man1/shortcopy-{command}.1"))).expect("a page");
        assert!(page.contains(".SH SYNOPSIS"), "{command}");
    }
}

#[test]
fn bash_takes_the_completions() {
    let installed = Installed::new();
    let script = installed.run(0, "completions bash");
    let output = Command::new("bash").args(["-n", "-c"]).arg(&script).assert();
    output.code(0);
}
