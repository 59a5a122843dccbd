//! What may be skipped: just what the machine lacks, and nothing that it is said to have.

#[path = "common/needs.rs"]
mod needs;

use host::mount::MountError;
use rustix::io::Errno;
use std::io;
use std::process::Command;

/// Tells this program that it is the child of a test of its own.
const CHILD: &str = "SHORTCOPY_TEST_SKIPS";

/// Not a test but the child of the next: it has to go without the moon.
#[test]
fn child_that_skips() {
    if std::env::var_os(CHILD).is_some() {
        needs::skip("moon", &"it is cloudy");
    }
}

#[test]
fn what_is_required_is_not_skipped() {
    let program = std::env::current_exe().expect("this program has a path");
    let mut child = Command::new(program);
    child.args(["--exact", "child_that_skips", "--nocapture"]).env(CHILD, "1").env("SHORTCOPY_REQUIRE", "sun,moon");
    let output = child.output().expect("this program can be started again");
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("moon is here, and needs child_that_skips cannot have it: it is cloudy"), "{said}");
}

#[test]
#[should_panic(expected = "the mount is broken")]
fn what_is_not_lacking_is_a_failure() {
    needs::or_skip(Err::<(), _>("the mount is broken"), |_| None);
}

#[test]
#[should_panic(expected = "Too many open files")]
fn not_every_error_of_a_userfaultfd_is_its_absence() {
    needs::userfaultfd(Err::<(), _>(Errno::MFILE.into()));
}

#[test]
fn a_system_call_is_refused_if_it_is_not_there_or_not_permitted() {
    let refused = [Errno::PERM, Errno::NOSYS].map(|it| needs::is_refused(&it.into()));
    assert_eq!(refused, [true, true]);
    let others = [Errno::INVAL, Errno::NOMEM, Errno::NOENT, Errno::BUSY].map(|it| needs::is_refused(&it.into()));
    assert_eq!(others, [false; 4]);
}

#[test]
fn a_mount_that_fails_is_not_one_that_cannot_be_had() {
    let source = || io::Error::from(Errno::INVAL);
    let options = String::new();
    let fails = MountError::Mount { filesystem: "ext4".to_owned(), options, source: source() };
    assert_eq!(fails.lacks(), None);
    assert_eq!(MountError::NoLoopDevice { what: String::new(), source: source() }.lacks(), Some("loop"));
    assert_eq!(MountError::NotPermitted { what: String::new(), source: source() }.lacks(), Some("root"));
    assert_eq!(MountError::ToolMissing { tool: "mkfs.xfs", package: "xfsprogs" }.lacks(), Some("xfs"));
    assert_eq!(MountError::NoFilesystem { filesystem: "btrfs" }.lacks(), Some("btrfs"));
}
