//! Cases on the kernel under this very machine, in a temporary directory.

use case::Case;
use oracle::{Checker, Outcome, Profile};
use shortcopy_host::{Executor, Looks, Manner};

const SCHEDULED: Manner = Manner { racing: false, observed: false, looks: Looks::ALL };

/// An executor in memory, or `None` with a line that says why not.
fn executor() -> Option<(tempfile::TempDir, Executor)> {
    let directory = tempfile::tempdir().expect("a directory");
    match Executor::new(directory.path(), 7) {
        Ok(executor) => Some((directory, executor)),
        Err(error) => {
            println!("SKIPPED: no userfaultfd: {error}");
            None
        }
    }
}

fn case(text: &str) -> Case {
    Case::parse("it", text).expect("a case")
}

#[test]
fn a_write_stops_at_a_page_that_is_not_there_and_a_reader_looks() {
    let Some((_directory, mut executor)) = executor() else { return };
    let case = case(
        "\
shortcopy case 1
geometry page 64 block 64
file a size 128 disk 0..128 cached 0 uptodate, 1 uptodate
memory m pages 2 resident 0
task w write a 0 [m 0..128]
task r read a 0..128
task s stat a
schedule w:1 r s
",
    );
    let ran = executor.run(&case, SCHEDULED).expect("it runs");
    assert_eq!(ran.stops, 1);
    let [write, read, stat, ..] = &ran.history.operations[..] else { panic!("three operations") };
    assert_eq!(write.outcome, Some(Outcome::Done(128)));
    assert_eq!(read.outcome, Some(Outcome::Done(128)));
    assert!(read.invoked > write.invoked && stat.returned < write.returned, "{:?}", ran.history.operations);
    let verdicts = Checker::new().check(ran.history, Profile::Linux).to_vec();
    assert!(verdicts.is_empty(), "{verdicts:#?}");
}

#[test]
fn bad_sources_are_counted_up_to_where_they_are_bad() {
    let Some((_directory, mut executor)) = executor() else { return };
    let case = case(
        "\
shortcopy case 1
geometry page 64 block 64
file a size 256 disk 0..256 cached 0 uptodate, 1 uptodate, 2 uptodate, 3 uptodate
memory m pages 3 resident 0 none 2
task w write a 0 [m 0..192]
task w write a 64 [m 128..130]
task w read a 0..256
",
    );
    let ran = executor.run(&case, SCHEDULED).expect("it runs");
    assert_eq!(ran.history.operations[0].outcome, Some(Outcome::Done(128)));
    assert_eq!(ran.history.operations[1].outcome, Some(Outcome::Failed(oracle::Errno::EFAULT)));
    let verdicts = Checker::new().check(ran.history, Profile::Linux).to_vec();
    assert!(verdicts.is_empty(), "{verdicts:#?}");
}
