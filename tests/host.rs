//! The positive controls of the real kernel: what a filesystem of our own does wrong on purpose is found by `shortcopy
//! host`, and with nothing wrong nothing is.

#[path = "../host/tests/common/needs.rs"]
mod needs;

use assert_cmd::Command;
use host::Executor;
use host::fuse;
use host::mount::{MountError, enter_private_namespace};
use serde_json::Value;
use std::path::Path;

/// Whether there is what `shortcopy host --fs fuse` needs; then it has to work.
fn is_possible() -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    needs::userfaultfd(Executor::new(folder.path(), 1)).is_some()
        && needs::or_skip(enter_private_namespace(), MountError::lacks).is_some()
        && needs::or_skip(fuse::mount(fuse::Options::default()), MountError::lacks).is_some()
}

/// What was found on a FUSE filesystem with these defects: the summary, and the findings. `None` where there is no FUSE
/// filesystem to be had: the test is skipped.
fn found(cases: &str, defects: &[&str]) -> Option<(Value, Vec<Value>)> {
    found_knowing(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"), cases, defects)
}

/// The same, where this corpus says what is known.
fn found_knowing(corpus: &Path, cases: &str, defects: &[&str]) -> Option<(Value, Vec<Value>)> {
    if !is_possible() {
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("shortcopy"));
    command.args(["host", "--fs", "fuse", "--cases", cases, "--seed", "1", "--json"]);
    command.args(defects.iter().flat_map(|it| ["--defect", it]));
    command.arg("--findings").arg(folder.path().join("findings")).arg("--corpus").arg(corpus);
    let output = command.output().expect("it runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines: Vec<Value> = text.lines().map(|it| serde_json::from_str(it).expect("a JSON object")).collect();
    let summary = lines.pop().unwrap_or_else(|| panic!("no summary: {errors}"));
    assert_eq!(summary["event"], "summary", "{errors}");
    assert_eq!(summary["failures"], serde_json::json!([]), "{errors}");
    assert!(summary["cases"].as_u64() > Some(0), "{summary}");
    let is_new = lines.iter().any(|it| it["new"] == true);
    assert_eq!(output.status.code(), Some(i32::from(is_new)), "{errors}");
    Some((summary, lines))
}

#[track_caller]
fn assert_found(defect: &str, class: &str) {
    let Some((summary, findings)) = found("1000", &[defect]) else { return };
    let classes: Vec<&Value> = findings.iter().map(|it| &it["class"]).collect();
    // The kernel's own faults are known, but a defect that looks like one is none of them.
    assert!(findings.iter().any(|it| it["new"] == true && it["class"] == class), "{findings:?}");
    assert!(classes.iter().any(|it| *it == class), "{defect} shows {classes:?}");
    // Whoever reads of it shall not take it for the kernel's fault.
    assert!(summary["mount"].as_str().is_some_and(|it| it.contains(&format!("defect={defect}"))), "{summary}");
}

#[test]
fn a_byte_that_nobody_wrote_is_found() {
    assert_found("garbles-byte", "GARBAGE");
}

#[test]
fn a_block_that_nobody_cleared_is_found() {
    assert_found("serves-stale-blocks", "STALE_BLOCK");
}

#[test]
fn a_size_that_is_told_too_early_is_found() {
    assert_found("publishes-size-early", "SIZE");
}

#[test]
fn a_tail_that_is_cleared_is_found_though_the_kernel_clears_too() {
    assert_found("clears-tail-of-write", "ZERO");
}

/// A wrong size of which one cause is known: another cause is new.
#[test]
fn another_cause_of_a_known_symptom_is_new() {
    let corpus = tempfile::tempdir().expect("a folder");
    let known = include_str!("../corpus/real-kernels.json").replace("\"tmpfs\"", "\"fuse\"");
    std::fs::write(corpus.path().join("real-kernels.json"), known).expect("it is written");
    let Some((_, findings)) = found_knowing(corpus.path(), "1000", &["publishes-size-early"]) else { return };
    let sizes: Vec<&Value> = findings.iter().filter(|it| it["class"] == "SIZE").collect();
    assert!(!sizes.is_empty(), "{findings:?}");
    assert!(sizes.iter().all(|it| it["new"] == true && it["cause"] == serde_json::json!([])), "{sizes:?}");
}

/// The kernel's own fault is told by its name, whatever it looks like: on the kernels that have it.
#[test]
fn a_known_fault_is_told_by_its_name() {
    if !is_possible() {
        return;
    }
    let list = shortcopy::host::Known::built_in();
    let known = list.iter().find(|it| it.id == "failed-write-makes-the-file-longer").expect("it is known");
    let folder = tempfile::tempdir().expect("a folder");
    let case = folder.path().join("it.case");
    std::fs::write(&case, known.cases[0].lines.join("\n") + "\n").expect("it is written");
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("shortcopy"));
    command.args(["host", "--fs", "tmpfs", "--json", "--findings"]).arg(folder.path()).arg(&case);
    let output = command.output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let line: Value = serde_json::from_str(text.lines().next().expect("a line")).expect("a JSON object");
    assert_eq!(line["times"], 10, "{line}");
    assert_eq!(line["inconclusive"]["times"], 0, "{line}");
    for finding in line["findings"].as_array().expect("findings") {
        assert_eq!(finding["cause"], "failed-write-makes-the-file-longer", "{finding}");
        assert_eq!(finding["times"], 10, "{finding}");
    }
    assert_eq!(output.status.code(), Some(0), "{line}");
}

#[test]
fn where_nothing_is_wrong_nothing_is_found_twice() {
    let Some((_, findings)) = found("500", &[]) else { return };
    // What a race shows once in ten runs can be the kernel's, which this cannot help, and what is known is.
    let repeated = |it: &&Value| it["repeats"].as_u64().unwrap_or(0) * 2 > it["of"].as_u64().unwrap_or(0);
    let repeated: Vec<&Value> = findings.iter().filter(|it| it["new"] == true).filter(repeated).collect();
    assert!(repeated.is_empty(), "{repeated:?}");
}
