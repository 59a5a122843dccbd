//! Cases on the kernel under this very machine, in a temporary directory.

#[path = "common/needs.rs"]
mod needs;

use case::Case;
use host::{Executor, FinalLooks, Limit, Manner, Observers};
use oracle::{Checker, Outcome, Profile};

const SCHEDULED: Manner =
    Manner { racing: false, observers: Observers::NONE, prefixes: false, sprayed: false, looks: FinalLooks::ALL };

/// An executor in memory, or the test is skipped.
fn executor() -> Option<(tempfile::TempDir, Executor)> {
    let directory = tempfile::tempdir().expect("a directory");
    let executor = needs::userfaultfd(Executor::new(directory.path(), 7))?;
    Some((directory, executor))
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

/// The outcome of the first operation, which is a write from two pages of which the second one is not there.
fn outcome_of_write(executor: &mut Executor, others: &str, manner: Manner) -> (Option<Outcome>, bool) {
    let case = case(&format!(
        "\
shortcopy case 1
geometry page 64 block 64
file a size 0 disk - cached -
memory m pages 2 resident 0
task w write a 0 [m 0..128]
{others}
"
    ));
    let ran = executor.run(&case, manner).expect("it runs");
    (ran.history.operations[0].outcome, ran.limits.has(Limit::WokenTogether))
}

#[test]
fn whoever_touches_a_page_that_another_task_waits_for_does_not_wake_it() {
    let Some((_directory, mut executor)) = executor() else { return };
    for manner in [SCHEDULED, Manner { sprayed: true, ..SCHEDULED }] {
        for _ in 0..50 {
            let others = "task u load m 64..128\ntask u munmap m page 1\nschedule w:1 u";
            let seen = outcome_of_write(&mut executor, others, manner);
            assert_eq!(seen, (Some(Outcome::Done(64)), false), "the page had gone when its turn came");
            let others = "task u load m 64..128\ntask u2 munmap m page 1\nschedule w:1 u w u2";
            let seen = outcome_of_write(&mut executor, others, manner);
            assert_eq!(seen, (Some(Outcome::Done(128)), false), "the page was there when its turn came");
        }
    }
}

#[test]
fn two_tasks_that_wait_for_one_page_are_woken_together_and_that_is_said() {
    let Some((_directory, mut executor)) = executor() else { return };
    let others = "task u madvise-dontneed m page 1\ntask u load m 64..128\nschedule w:1 u";
    let (outcome, woken_together) = outcome_of_write(&mut executor, others, SCHEDULED);
    assert_eq!(outcome, Some(Outcome::Done(128)));
    assert!(woken_together);
}

#[test]
fn whoever_waits_for_a_lock_goes_on_before_the_next_operation_of_its_holder() {
    let Some((_directory, mut executor)) = executor() else { return };
    let case = case(
        "\
shortcopy case 1
geometry page 64 block 64
file a size 0 disk - cached -
memory m pages 1 resident -
memory n pages 1 resident 0
task w write a 0 [m 0..64]
task w stat a
task w2 append a [n 0..64]
schedule w:1 w2 w
",
    );
    for _ in 0..50 {
        let ran = executor.run(&case, SCHEDULED).expect("it runs");
        let [write, stat, append, ..] = &ran.history.operations[..] else { panic!("three operations") };
        assert!(append.invoked < write.returned, "it waits for the write");
        assert!(stat.invoked > append.returned, "{:?}", ran.history.operations);
    }
}

/// Which of two pages are zero in the end, if they are given back while a store to both is stopped at the first that is
/// not there.
fn zero_after_store(executor: &mut Executor, resident: u32, disturber: &str) -> [bool; 2] {
    let case = case(&format!(
        "\
shortcopy case 1
geometry page 64 block 64
file a size 128 disk 0..128 cached 0 uptodate, 1 uptodate
memory m pages 2 resident {resident}
task w store m 0..128
task x reclaim-pte m page 0
task x reclaim-pte m page 1
task x write a 0 [m 0..64]
task x write a 64 [m 64..128]
task x read a 0..128
{disturber}
schedule w:1 d w x
"
    ));
    let ran = executor.run(&case, SCHEDULED).expect("it runs");
    let verdicts = Checker::new().check(ran.history, Profile::Linux).to_vec();
    assert!(verdicts.is_empty(), "{disturber}: {verdicts:#?}");
    let read = ran.history.operations[5].observed;
    [0, 64].map(|at| ran.history.cells[read.start as usize + at].is_zero())
}

#[test]
fn what_is_given_back_in_the_middle_of_a_store_is_zero_where_the_store_had_been() {
    let Some((_directory, mut executor)) = executor() else { return };
    let mut zero = |resident, disturber| zero_after_store(&mut executor, resident, disturber);
    assert_eq!(zero(0, "task d madvise-dontneed m page 0"), [true, false], "it had been at page 0");
    assert_eq!(zero(1, "task d madvise-dontneed m page 1"), [false, false], "it came to page 1 later");
    let disturber = "task d madvise-dontneed m page 1\ntask d munmap m page 0";
    assert_eq!(zero(1, disturber), [false, true], "it came to neither");
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

#[test]
fn a_private_mapping_shows_what_was_stored_to_it_and_else_the_file() {
    let Some((_directory, mut executor)) = executor() else { return };
    let case = case(
        "\
shortcopy case 1
geometry page 4096 block 4096
file a size 4096 disk 0..4096 cached 0 uptodate
memory m pages 1 maps a page 0 private resident -
task u store m 0..100
task u load m 97..200
",
    );
    let ran = executor.run(&case, SCHEDULED).expect("it runs");
    let verdicts = Checker::new().check(ran.history, Profile::Linux).to_vec();
    assert!(verdicts.is_empty(), "{verdicts:#?}");
    let seen = ran.history.observed(oracle::OperationId(1));
    assert!(matches!(seen[0].origin(), oracle::Origin::Stored { offset: 97, .. }), "{:?}", seen[0]);
    assert!(matches!(seen[102].origin(), oracle::Origin::Content { offset: 199, .. }), "{:?}", seen[102]);
}

#[test]
fn what_a_case_before_had_behind_a_mapping_is_a_bad_pointer_now() {
    let Some((_directory, mut executor)) = executor() else { return };
    let anonymous = case(
        "\
shortcopy case 1
geometry page 64 block 64
file a size 128 disk 0..128 cached 0 uptodate, 1 uptodate
memory m pages 2 resident 0,1
task w write a 0 [m 0..128]
",
    );
    let mapped = case(
        "\
shortcopy case 1
geometry page 64 block 64
file a size 128 disk 0..128 cached 0 uptodate, 1 uptodate
file b size 64 disk 0..64 cached 0 uptodate
memory m pages 1 maps b page 0 resident 0
task w write a 0 [m 0..128]
",
    );
    executor.run(&anonymous, SCHEDULED).expect("it runs");
    let ran = executor.run(&mapped, SCHEDULED).expect("it runs");
    assert_eq!(ran.history.operations[0].outcome, Some(Outcome::Done(64)));
}

#[test]
fn a_dirty_page_over_a_hole_has_content() {
    let Some((_directory, mut executor)) = executor() else { return };
    let case = case(
        "\
shortcopy case 1
geometry page 64 block 64
file a size 128 disk - cached 1 dirty
task r read a 0..128
",
    );
    let ran = executor.run(&case, SCHEDULED).expect("it runs");
    let verdicts = Checker::new().check(ran.history, Profile::Linux).to_vec();
    assert!(verdicts.is_empty(), "{verdicts:#?}");
    let seen = ran.history.observed(oracle::OperationId(0));
    assert!(seen[63].is_zero());
    assert!(matches!(seen[64].origin(), oracle::Origin::Content { offset: 64, .. }), "{:?}", seen[64]);
}

#[test]
fn what_a_write_has_copied_of_its_own_copies_is_told_apart() {
    let Some((_directory, mut executor)) = executor() else { return };
    let case = case(
        "\
shortcopy case 1
geometry page 64 block 16
fs block
file a size 64 disk 0..64 cached -
memory m pages 1 maps a page 0 resident -
task w write a 0 [m 16..64]
task w write a 2 [m 0..64, m 0..64, m 0..64]
task r read a 0..194
",
    );
    let ran = executor.run(&case, SCHEDULED).expect("it runs");
    assert!(!ran.limits.has(Limit::DeepCopies), "there are not as many as that");
    let verdicts = Checker::new().check(ran.history, Profile::Linux).to_vec();
    assert!(verdicts.is_empty(), "{verdicts:#?}");
}
