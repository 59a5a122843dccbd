//! The command line as its users meet it: what it prints, its exit codes, and that nothing found is ever lost.

use assert_cmd::Command;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

#[test]
fn transcripts() {
    trycmd::TestCases::new().case("tests/cli/*.md").env("NO_COLOR", "1");
}

fn shortcopy(arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("shortcopy"));
    command.args(arguments);
    command
}

/// A short hunt in one thread, into a folder below `folder`.
fn hunt(folder: &Path, seed: &str) -> Command {
    let mut command = shortcopy(&["hunt", "--jobs", "1", "--cases", "12000", "--json", "--seed", seed]);
    command.args(["--strategy", "no-prefault", "--fs", "libfs"]);
    command.arg("--findings").arg(folder.join("findings"));
    command
}

fn lines(output: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(output).lines().map(|line| serde_json::from_str(line).expect("a JSON object")).collect()
}

/// Every case below a folder by its path in it.
fn cases_below(folder: &Path) -> BTreeMap<PathBuf, String> {
    let files = shortcopy::witness::case_files(folder).unwrap_or_default();
    let inside = |path: &PathBuf| path.strip_prefix(folder).expect("below the folder").to_owned();
    files.iter().map(|path| (inside(path), fs::read_to_string(path).expect("a case"))).collect()
}

#[test]
fn the_same_seed_finds_the_same_cases() {
    let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
    for folder in &folders {
        hunt(folder.path(), "1").assert().code(0);
    }
    let [first, second] = folders.each_ref().map(|it| cases_below(it.path()));
    assert!(!first.is_empty());
    assert_eq!(first, second);
}

#[test]
fn findings_do_what_they_expect() {
    let folder = tempfile::tempdir().expect("a folder");
    hunt(folder.path(), "2").assert().code(0);
    let findings = folder.path().join("findings");
    let output = shortcopy(&["run", "--json"]).arg(&findings).assert().code(0).get_output().stdout.clone();
    let lines = lines(&output);
    assert_eq!(lines.len(), cases_below(&findings).len());
    assert!(lines.iter().all(|line| line["expected"] == true));
}

#[test]
fn every_finding_has_a_cause_and_why_tells_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let told = lines(&hunt(folder.path(), "3").assert().code(0).get_output().stdout);
    let (findings, summary) = told.split_at(told.len() - 1);
    assert!(!findings.is_empty());
    assert!(summary[0]["attribution_seconds"].is_number() && summary[0]["cases_per_second"].is_number());
    let mut told_again = 0;
    for finding in findings {
        assert!(finding["cause"].is_array() && finding["needs"].is_array(), "{finding}");
        // A smaller case of the same cause and class may have taken its place.
        let path = finding["case"].as_str().expect("it is written");
        let why = shortcopy(&["why", "--json", path]).assert();
        let reasons = lines(&why.get_output().stdout);
        let is_it = |it: &&Value| ["class", "rule", "persistence"].iter().all(|key| it["finding"][key] == finding[key]);
        if let Some(reason) = reasons.iter().find(is_it).filter(|it| it["cause"] == finding["cause"]) {
            assert_eq!(reason["new"], finding["new"], "{reason}");
            assert_eq!(reason["parts_at_step"].is_null(), finding["cause"] == serde_json::json!([]), "{reason}");
            told_again += 1;
        }
    }
    assert!(told_again > 0);
}

#[test]
fn what_is_adopted_is_adopted_once() {
    let folder = tempfile::tempdir().expect("a folder");
    hunt(folder.path(), "3").assert().code(0);
    let witnesses = folder.path().join("witness");
    let adopt = || {
        let mut command = shortcopy(&["adopt", "--corpus"]);
        command.arg(&witnesses).arg(folder.path().join("findings")).assert().code(0);
        cases_below(&witnesses)
    };
    let adopted = adopt();
    assert!(!adopted.is_empty());
    assert_eq!(adopt(), adopted, "each is as small as itself");
}

#[test]
fn what_is_known_is_known_without_a_corpus() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = shortcopy(&["hunt", "--jobs", "1", "--cases", "3000", "--json", "--seed", "1"]);
    command.args(["--strategy", "no-prefault", "--fs", "libfs"]).current_dir(folder.path());
    let told = lines(&command.assert().get_output().stdout);
    assert!(told.iter().any(|it| it["new"] == false), "nothing is known: {told:?}");
}

#[test]
fn a_finding_that_cannot_be_written_is_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("findings"), "a file where a folder should be").expect("a file");
    let assert = hunt(folder.path(), "1").assert().code(4);
    let (stdout, stderr) = (&assert.get_output().stdout, String::from_utf8_lossy(&assert.get_output().stderr));
    let findings = lines(stdout).iter().filter(|it| it["event"] == "finding" && it["case"].is_null()).count();
    assert!(findings > 0);
    assert_eq!(stderr.matches("shortcopy case 1\n").count(), findings, "each is printed whole");
    assert!(stderr.contains("Next: "));
}

/// A child that does not outlive a test that fails.
struct Kept(Child);

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_interrupt_ends_a_hunt_and_keeps_what_it_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let findings = folder.path().join("findings");
    let child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("shortcopy"))
        .args(["hunt", "--time", "1h", "--jobs", "1", "--strategy", "no-prefault", "--seed", "1"])
        .arg("--findings")
        .arg(&findings)
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("shortcopy");
    let mut child = Kept(child);
    while cases_below(&findings).is_empty() {
        assert!(child.0.try_wait().expect("a child").is_none(), "it ended before it found anything");
        thread::sleep(Duration::from_millis(10));
    }
    let process = Pid::from_raw(child.0.id() as i32).expect("a process");
    kill_process(process, Signal::INT).expect("a signal");
    let stdout = std::io::read_to_string(child.0.stdout.take().expect("a pipe")).expect("text");
    assert_eq!(child.0.wait().expect("an end").code(), Some(0));
    let kept = cases_below(&findings);
    for (path, text) in &kept {
        assert!(case::Case::parse("a finding", text).is_ok(), "{} is whole", path.display());
    }
    assert!(stdout.lines().any(|it| it.contains(" a second, ")), "{stdout}");
}

#[test]
fn a_page_needs_nothing_else_and_escapes_what_it_shows() {
    let folder = tempfile::tempdir().expect("a folder");
    let (input, output) = (folder.path().join("it.case"), folder.path().join("it.html"));
    let text = fs::read_to_string("tests/cli/deadlock.case").expect("a case");
    fs::write(&input, text.replacen("# ", "# <script>alert(1)</script> & ", 1)).expect("a case");
    shortcopy(&["explain"]).arg(&input).arg("--html").arg(&output).assert().code(0);
    let page = fs::read_to_string(output).expect("a page");
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"));
    assert!(page.contains("DEADLOCK 2,8") && !page.contains("http"));
}

#[test]
fn shrinking_what_is_minimal_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (once, twice) = (folder.path().join("once.case"), folder.path().join("twice.case"));
    shortcopy(&["shrink", "tests/cli/deadlock.case", "-o"]).arg(&once).assert().code(0);
    shortcopy(&["shrink"]).arg(&once).arg("-o").arg(&twice).assert().code(0);
    let [once, twice] = [once, twice].map(|path| fs::read_to_string(path).expect("a case"));
    assert!(once.contains("\nminimal\n"));
    assert_eq!(once, twice);
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("shortcopy"))
        .arg("list")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("shortcopy");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("an end");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
}
