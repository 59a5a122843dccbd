//! The controls of `shortcopy host --crash --write-log` on a real filesystem: a mode that promises no order shows what a block held before, and
//! only between the writes to the disk; one that does promise it shows nothing.

use assert_cmd::Command;
use rustix::process::geteuid;
use serde_json::Value;
use std::fs;
use std::path::Path;

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

/// The summary of a replay on ext4, mounted so; `None` and a line that says why where that cannot be had.
fn summary(mount: &str, log: bool) -> Option<Value> {
    if !geteuid().is_root() || !Path::new("/dev/fuse").exists() || !Path::new("/dev/loop-control").exists() {
        println!("SKIPPED: it takes root, /dev/fuse and loop devices");
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
    if ["not permitted", "no loop device", "is not installed", "no userfaultfd"].iter().any(|it| errors.contains(it)) {
        println!("SKIPPED: {errors}");
        return None;
    }
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
