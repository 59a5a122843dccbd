//! The controls of `shortcopy host --crash --write-log` on a real filesystem: a mode that promises no order shows what
//! a block held before, and only between the writes to the disk; one that does promise it shows nothing.

#[path = "../host/tests/common/needs.rs"]
mod needs;

use assert_cmd::Command;
use host::Executor;
use host::fuse;
use host::mount::{Kind, MountError, Request, enter_private_namespace};
use serde_json::Value;
use std::fs;

/// One file's size is committed by the fsync of another, and its data is there at last.
const CASE: &str = "\
shortcopy case 1
geometry page 64 block 64
fs block
file a size 0 disk - cached -
file b size 0 disk - cached -
memory m pages 2 resident 0,1
task w write a 0 [m 0..128]
task w write b 0 [m 0..64]
task w fsync b
task w fsync a
task w crash
";

/// Whether there is what `shortcopy host --fs ext4 --write-log` needs; then it has to work.
fn is_possible() -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    needs::userfaultfd(Executor::new(folder.path(), 1)).is_some()
        && needs::or_skip(enter_private_namespace(), MountError::lacks).is_some()
        && needs::or_skip(fuse::mount(fuse::Options::default()), MountError::lacks).is_some()
        && needs::or_skip(Request::new(Kind::Ext4).mount(), MountError::lacks).is_some()
}

/// The summary of a replay on ext4, mounted so; `None` where that cannot be had: the test is skipped.
fn summary(mount: &str, log: bool) -> Option<Value> {
    if !is_possible() {
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let case = folder.path().join("ordered.case");
    fs::write(&case, CASE).expect("it can be written");
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("shortcopy"));
    command.args([
        "host",
        "--fs",
        "ext4",
        "--mount-options",
        mount,
        "--crash",
        "--times",
        "3",
        "--seed",
        "1",
        "--json",
    ]);
    command.args(log.then_some("--write-log")).arg(&case).timeout(std::time::Duration::from_secs(300));
    command.arg("--findings").arg(folder.path().join("findings")).arg("--corpus").arg(folder.path());
    let output = command.output().expect("it runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_else(|| panic!("no summary: {errors}"));
    let summary: Value = serde_json::from_str(last).expect("a JSON object");
    assert_eq!(summary["event"], "summary", "{errors}");
    assert_eq!((&summary["failures"], &summary["findings"]), (&serde_json::json!([]), &0.into()), "{text}{errors}");
    Some(summary)
}

/// How often something was seen that only a mode without promises may show.
fn unordered(summary: &Value) -> u64 {
    let quirks = summary["quirks"].as_array().expect("an array");
    let counts = quirks.iter().filter(|it| it[0] == oracle::Quirk::UnorderedMetadata.as_str());
    counts.map(|it| it[1].as_u64().unwrap_or(0)).sum()
}

#[test]
fn a_mode_without_order_shows_old_blocks_between_the_writes() {
    let mount = "data=writeback,nodelalloc";
    let Some(logged) = summary(mount, true) else { return };
    assert!(logged["prefixes"].as_u64() >= Some(9), "{logged}");
    assert!(unordered(&logged) > 0, "{logged}");
    // At the moment of the crash alone all of it is on the disk.
    let Some(plain) = summary(mount, false) else { return };
    assert_eq!((unordered(&plain), &plain["prefixes"]), (0, &0.into()), "{plain}");
}

#[test]
fn a_mode_with_order_shows_none() {
    let Some(logged) = summary("data=ordered,nodelalloc", true) else { return };
    assert!(logged["prefixes"].as_u64() >= Some(9), "{logged}");
    assert_eq!(unordered(&logged), 0, "{logged}");
}
