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
    if !is_possible() {
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("shortcopy"));
    command.args(["host", "--fs", "fuse", "--cases", cases, "--seed", "1", "--json"]);
    command.args(defects.iter().flat_map(|it| ["--defect", it]));
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
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
    assert!(findings.iter().all(|it| it["new"] == true), "{findings:?}");
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

#[test]
fn where_nothing_is_wrong_nothing_is_found_twice() {
    let Some((_, findings)) = found("500", &[]) else { return };
    // What a race shows once in ten runs can be the kernel's, which this cannot help, and what is known is.
    let repeated = |it: &&Value| it["repeats"].as_u64().unwrap_or(0) * 2 > it["of"].as_u64().unwrap_or(0);
    let repeated: Vec<&Value> = findings.iter().filter(|it| it["new"] == true).filter(repeated).collect();
    assert!(repeated.is_empty(), "{repeated:?}");
}
