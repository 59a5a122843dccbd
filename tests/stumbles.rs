//! What a first user stumbled over: devices, full disks, signals, long lines, narrow screens.

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use case::{Case, Measure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

const DEADLOCK: &str = "tests/cli/deadlock.case";

fn shortcopy(arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("shortcopy"));
    command.args(arguments).env("NO_COLOR", "1");
    command
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn errors(assert: &Assert) -> String {
    text(&assert.get_output().stderr)
}

/// A hunt of one strategy where there is much to find.
fn hunt(findings: &Path, more: &[&str]) -> Command {
    let mut command = shortcopy(&["hunt", "--strategy", "no-prefault", "--fs", "libfs", "--findings"]);
    command.arg(findings).args(more);
    command
}

fn case_files(folder: &Path) -> Vec<PathBuf> {
    shortcopy::witness::case_files(folder).unwrap_or_default()
}

#[test]
fn so_many_findings_are_so_many() {
    let folder = folder();
    let assert = hunt(folder.path(), &["--max-findings", "1", "--jobs", "4", "--time", "1h", "--json"]).assert();
    let lines = text(&assert.get_output().stdout);
    let lines: Vec<Value> = lines.lines().map(|it| serde_json::from_str(it).expect("a JSON object")).collect();
    assert_eq!(lines.iter().filter(|it| it["event"] == "finding").count(), 1);
    assert_eq!(lines.last().expect("a summary")["findings"], 1);
}

#[test]
fn every_help_has_the_exit_codes() {
    let commands = [
        "hunt",
        "run",
        "explain",
        "why",
        "emit",
        "shrink",
        "adopt",
        "corpus",
        "matrix",
        "cost",
        "host",
        "conform",
        "list",
        "corpus pack",
        "corpus take",
        "corpus minimise",
        "corpus dictionary",
        "corpus migrate",
    ];
    for command in commands {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let assert = shortcopy(&words).assert().code(0);
        assert!(text(&assert.get_output().stdout).contains("\nExit codes:\n  0  "), "{command}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told_and_leaves_no_half_file() {
    let full = || OpenOptions::new().write(true).open("/dev/full").expect("it is there");
    for language in ["c", "rust"] {
        let child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("shortcopy"))
            .args(["emit", DEADLOCK, "--as", language])
            .stdout(full())
            .output()
            .expect("it runs");
        assert_eq!(child.status.code(), Some(4), "{}", text(&child.stderr));
        assert!(text(&child.stderr).contains("cannot write to standard output"), "{}", text(&child.stderr));
    }
    let assert = shortcopy(&["emit", DEADLOCK, "--as", "c", "--output", "/dev/full"]).assert().code(2);
    assert!(errors(&assert).contains("cannot write /dev/full"), "{}", errors(&assert));
    shortcopy(&["emit", DEADLOCK, "--as", "c", "--output", "/dev/null"]).assert().code(0);
    // A file size that is too small for the program, in place of a disk that is.
    let folder = folder();
    let program = assert_cmd::cargo::cargo_bin!("shortcopy");
    let line = format!(
        "trap '' XFSZ; ulimit -f 1; exec {} emit {DEADLOCK} --as c -o {}/it.c",
        program.display(),
        folder.path().display()
    );
    let assert = Command::new("sh").args(["-c", &line]).assert().code(2);
    assert!(errors(&assert).contains("cannot write"), "{}", errors(&assert));
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing is left");
}

#[test]
fn a_program_for_a_machine_is_one_object() {
    let assert = shortcopy(&["emit", DEADLOCK, "--as", "rust", "--json"]).assert().code(0);
    let object: Value = serde_json::from_slice(&assert.get_output().stdout).expect("a JSON object");
    assert_eq!((&object["language"], &object["strategy"]), (&"rust".into(), &"no-prefault".into()));
    assert!(object["text"].as_str().is_some_and(|it| it.contains("#[test]")));
}

#[test]
fn a_long_line_makes_no_long_message() {
    let folder = folder();
    let head = "shortcopy case 1\nfile a size 0 disk - cached -\n";
    let long = ["x", "1", "é", " w", "\u{1}"].map(|it| it.repeat(500_000 / it.len()));
    for (number, long) in long.iter().enumerate() {
        for (kind, begin) in ["", "task w write a 0 [", "expect ", "expect all ", "mended ", "fs "].iter().enumerate() {
            let path = folder.path().join(format!("{number}-{kind}.case"));
            fs::write(&path, format!("{head}{begin}{long}\n{long}\n")).expect("a file");
            let assert = shortcopy(&["run"]).arg(&path).assert().code(2);
            let errors = errors(&assert);
            assert!(errors.len() < 20_000, "{} bytes: {}", errors.len(), &errors[..2000]);
            assert!(errors.contains(".case:3:"), "{errors}");
        }
    }
}

#[test]
fn a_mistake_far_to_the_right_is_shown_at_its_column() {
    let folder = folder();
    let path = folder.path().join("it.case");
    let segments = "m 0..1, ".repeat(100);
    let text = format!(
        "shortcopy case 1\nfile a size 0 disk - cached -\nmemory m pages 1 resident 0\ntask w write a 0 [{segments}n 0..1]\n"
    );
    fs::write(&path, text).expect("a file");
    let errors = errors(&shortcopy(&["run"]).arg(&path).assert().code(2));
    assert!(errors.contains("it.case:4:819]") && errors.contains("n 0..1]"), "{errors}");
}

#[test]
#[cfg(target_os = "linux")]
fn what_never_ends_is_not_read() {
    let folder = folder();
    let large = folder.path().join("large.case");
    fs::write(&large, "#".repeat(2 << 20)).expect("a file");
    for command in ["run", "explain", "why", "shrink"] {
        let device = errors(&shortcopy(&[command, "/dev/zero"]).timeout(Duration::from_secs(60)).assert().code(2));
        assert!(device.contains("it is a device or a pipe"), "{device}");
        let large = errors(&shortcopy(&[command]).arg(&large).assert().code(2));
        assert!(large.contains("it is larger than 1024 KiB"), "{large}");
    }
}

#[test]
fn a_table_is_no_wider_than_the_screen() {
    for width in [60, 80, 100, 200] {
        for arguments in [&["matrix"][..], &["matrix", "--fs", "block"], &["list", "rules"], &["list", "defects"]] {
            let assert = shortcopy(arguments).env("COLUMNS", width.to_string()).assert().code(0);
            let output = text(&assert.get_output().stdout);
            let longest = output.lines().map(|it| it.chars().count()).max().expect("a line");
            assert!(longest <= width, "{arguments:?} in {width}: {longest}\n{output}");
        }
    }
}

#[test]
#[cfg(unix)]
fn what_to_type_next_can_be_typed() {
    let folder = folder();
    let elsewhere = folder.path().join("another name");
    fs::copy(assert_cmd::cargo::cargo_bin!("shortcopy"), &elsewhere).expect("a copy");
    let case = fs::canonicalize("tests/cli/unmet.case").expect("it is there");
    let next = |command: &mut Command| {
        let errors = errors(&command.arg("run").arg(&case).assert().code(3));
        errors.lines().find_map(|it| it.strip_prefix("Next: ")).expect("a command").to_owned()
    };
    let here = next(&mut Command::new(assert_cmd::cargo::cargo_bin!("shortcopy")));
    assert!(here.starts_with("cargo run --release -- explain "), "{here}");
    let copied = next(&mut Command::new(&elsewhere));
    assert!(copied.starts_with(&format!("'{}' explain ", elsewhere.display())), "{copied}");
    let mut bash = Command::new("bash");
    bash.args(["-c", "exec -a shortcopy \"$0\" \"$@\""]).arg(&elsewhere);
    if which("bash") {
        assert!(next(&mut bash).starts_with("shortcopy explain "));
    }
}

fn which(program: &str) -> bool {
    std::process::Command::new(program).arg("--version").output().is_ok()
}

fn measures(folder: &Path) -> BTreeMap<PathBuf, Measure> {
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a file");
        (path, case::measure(&Case::parse("a finding", &text).expect("a case")))
    };
    case_files(folder).into_iter().map(read).collect()
}

#[test]
fn a_second_hunt_keeps_what_is_smaller() {
    let folder = folder();
    let mut before: BTreeMap<PathBuf, Measure> = BTreeMap::new();
    for seed in ["1", "2", "3"] {
        hunt(folder.path(), &["--seed", seed, "--jobs", "1", "--cases", "4000"]).assert().code(0);
        let after = measures(folder.path());
        for (path, measure) in &before {
            let is_of_a_place = path.parent() != Some(folder.path());
            assert!(!is_of_a_place || after[path] <= *measure, "{} has grown", path.display());
        }
        before = after;
    }
    assert!(!before.is_empty());
}

#[test]
#[cfg(target_os = "linux")]
fn what_a_killed_hunt_left_unfinished_goes() {
    let folder = folder();
    let mut gone = std::process::Command::new("true").spawn().expect("a process");
    gone.wait().expect("an end");
    let left = folder.path().join(format!(".unfinished-{}-abc", gone.id()));
    fs::write(&left, "shortco").expect("a file");
    hunt(folder.path(), &["--cases", "1", "--jobs", "1"]).output().expect("it runs");
    assert!(!left.exists());
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
fn a_signal_ends_a_hunt_with_its_summary() {
    for signal in [Signal::TERM, Signal::HUP] {
        let folder = folder();
        let findings = folder.path().join("findings");
        let child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("shortcopy"))
            .args(["hunt", "--time", "1h", "--jobs", "1", "--strategy", "no-prefault", "--seed", "1", "--findings"])
            .arg(&findings)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("shortcopy");
        let mut child = Kept(child);
        while case_files(&findings).is_empty() {
            assert!(child.0.try_wait().expect("a child").is_none(), "it ended before it found anything");
            thread::sleep(Duration::from_millis(10));
        }
        kill_process(Pid::from_raw(child.0.id() as i32).expect("a process"), signal).expect("a signal");
        let stdout = std::io::read_to_string(child.0.stdout.take().expect("a pipe")).expect("text");
        assert_eq!(child.0.wait().expect("an end").code(), Some(0), "{signal:?}");
        assert!(stdout.lines().any(|it| it.contains(" a second, ")), "{signal:?}: {stdout}");
        let all = walkdir::WalkDir::new(&findings).into_iter().filter_map(Result::ok);
        let unfinished = all.filter(|it| it.file_name().to_string_lossy().starts_with(".unfinished-")).count();
        assert_eq!(unfinished, 0, "{signal:?}");
    }
}
