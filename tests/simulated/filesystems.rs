//! What the filesystems do to a write that does not go as it should, each shown by a case made by hand.

use case::Case;
use machine::{Event, LockKey, Machine};
use oracle::{Class, Errno, Outcome, Persistence, Profile};
use shortcopy::judge::Judge;

type Finding = (Class, Option<Persistence>);

const PERSISTENT: Option<Persistence> = Some(Persistence::Persistent);

fn case(text: &str) -> Case {
    Case::parse("a case", &format!("shortcopy case 1\ngeometry page 64 block 16\n{text}")).expect("a case")
}

/// What a strategy does wrong in a case.
fn findings(strategy: &str, text: &str) -> Vec<Finding> {
    let (case, strategy) = (case(text), strategies::find(strategy).expect("a strategy"));
    assert_eq!(Machine::refusal(&case, strategy), None, "{case}");
    Judge::new(Profile::Linux).replay(&case, strategy).verdicts.iter().map(|it| (it.class, it.persistence)).collect()
}

fn shows(strategy: &str, text: &str, finding: Finding) {
    let found = findings(strategy, text);
    assert!(found.contains(&finding), "{strategy} does not show {finding:?}, but {found:?}:\n{text}");
}

fn silent(strategy: &str, text: &str) {
    assert_eq!(findings(strategy, text), [], "{strategy}:\n{text}");
}

#[test]
fn nobh_shows_what_is_not_yet_written_until_patch_1() {
    let case = |form| {
        format!(
            "fs nobh {form}\nfile a size 64 disk - cached -\nmemory m pages 1 resident 0\n\
             task w write a 16 [m 0..16]\ntask r read a 0..64\nschedule w:9 r w\n"
        )
    };
    shows("temp-page", &case("before-patch-1"), (Class::Uninit, Some(Persistence::Transient)));
    silent("temp-page", &case("after-patch-1"));
}

#[test]
fn nobh_clears_valid_data_where_prepare_fails() {
    for form in ["before-patch-1", "after-patch-1"] {
        for cached in ["0 uptodate", "0 dirty", "-"] {
            let case = format!(
                "fs nobh {form}\nfile a size 64 disk 0..16 cached {cached}\nmemory m pages 1 resident 0\n\
                 task w write a 16 [m 0..16]\nfault enospc 1\n"
            );
            for strategy in strategies::ALL.iter().filter(|it| it.calls == machine::Interface::PrepareWrite) {
                shows(strategy.id, &case, (Class::Zero, PERSISTENT));
            }
        }
    }
}

#[test]
fn nobh_truncates_a_page_into_one_that_cannot_be_written_since_patch_1() {
    let case =
        |form| format!("fs nobh {form}\nfile a size 64 disk 0..64 cached -\ntask u truncate a 1\ntask u writeback a\n");
    shows("baseline", &case("after-patch-1"), (Class::Oops, None));
    silent("baseline", &case("before-patch-1"));
}

#[test]
fn nobh_leaks_where_a_page_could_not_be_read() {
    let case = "fs nobh after-patch-1\nfile a size 64 disk 0..64 cached -\nmemory m pages 1 resident 0\n\
        task w read a 0..64\ntask w write a 0 [m 0..16]\nfault eio-read 1\n";
    shows("temp-page", case, (Class::Uninit, PERSISTENT));
}

#[test]
fn nobh_writes_pages_whose_blocks_do_not_follow_each_other() {
    // Block 1 is given a block of the disk after block 2 has one.
    let case = "fs nobh after-patch-1\nfile a size 64 disk 0..16 disk 32..64 cached -\nmemory m pages 1 resident 0\n\
        task w write a 16 [m 0..16]\ntask w fsync a\ntask w reclaim a page 0\ntask w read a 0..64\n";
    silent("temp-page", case);
}

#[test]
fn cont_makes_the_file_longer_before_there_is_data() {
    let case = |fs, chance| {
        format!(
            "fs {fs}\nfile a size 16 disk 0..16 cached -\nmemory m pages 1 resident 0\n\
             task w write a 130 [m 0..10]\nfault enospc {chance}\n"
        )
    };
    for (strategy, form) in [
        ("baseline", "prepare-write"),
        ("write-begin-2.6.24.3", "write-begin"),
        ("perform-write-6.15", "write-begin-trims"),
    ] {
        shows(strategy, &case(format!("cont {form}"), 8), (Class::Size, PERSISTENT));
    }
    silent("perform-write-6.15", &case("block write-begin-trims".to_owned(), 1));
}

#[test]
fn cont_holds_two_page_locks_while_it_clears_the_gap() {
    let text = |form| {
        format!(
            "fs cont {form}\nfile a size 16 disk 0..16 cached -\nmemory m pages 1 resident 0\n\
             task w write a 130 [m 0..16]\n"
        )
    };
    assert_eq!(most_page_locks("temp-page", &text("prepare-write")), 2);
    assert_eq!(most_page_locks("write-begin-2.6.24.3", &text("write-begin")), 1);
}

/// The greatest number of page locks held at once; the case has a single task.
fn most_page_locks(strategy: &str, text: &str) -> usize {
    let (case, strategy) = (case(text), strategies::find(strategy).expect("a strategy"));
    let mut machine = Machine::new();
    machine.record(true);
    let run = machine.run(&case, strategy, &mut schedule::CaseGiven::new(&case.schedule));
    let (mut held, mut most) = (0_usize, 0);
    for event in run.events {
        match event.event {
            Event::Take { lock: LockKey::Page(_), .. } => held += 1,
            Event::Release { lock: LockKey::Page(_) } => held -= 1,
            _ => {}
        }
        most = most.max(held);
    }
    most
}

#[test]
fn cont_keeps_stale_blocks_past_the_end_until_they_are_trimmed() {
    let case = |form| {
        format!(
            "fs cont {form}\nfile a size 0 disk - cached -\nmemory m pages 1 resident 0\n\
             task w write a 0 [m 0..64]\ntask w reclaim a page 0\ntask u munmap m page 0\ntask u truncate a 64\n\
             schedule w:3 u\n"
        )
    };
    shows("write-begin-2.6.24.3", &case("write-begin"), (Class::StaleBlock, PERSISTENT));
    silent("perform-write-6.15", &case("write-begin-trims"));
}

#[test]
fn cont_has_no_holes() {
    for (strategy, form) in [("temp-page", "prepare-write"), ("perform-write-6.15", "write-begin-trims")] {
        let case = format!(
            "fs cont {form}\nfile a size 20 disk 0..32 cached -\nmemory m pages 1 resident 0\n\
             task w truncate a 100\ntask w write a 150 [m 0..16]\ntask w punch a 0..64\ntask w truncate a 70\n\
             task w truncate a 0\ntask w write a 70 [m 0..16]\ntask w fsync a\ntask w reclaim a pages 0..3\n\
             task w read a 0..200\n"
        );
        silent(strategy, &case);
    }
}

#[test]
fn server_stores_the_zero_tail_of_a_commit_of_the_full_length() {
    let case = |fs| {
        format!(
            "fs {fs}\nfile a size 64 disk 0..64 cached -\nmemory m pages 2 resident 0 none 1\n\
             task w write a 0 [m 0..32, m 64..96]\n"
        )
    };
    shows("zero-tail-retry", &case("server prepare-write"), (Class::Zero, PERSISTENT));
    silent("write-begin-2.6.24.3", &case("server write-begin"));
    silent("perform-write-6.15", &case("server write-through"));
}

#[test]
fn server_answers_short_where_it_runs_out_of_room() {
    let case = |form| {
        format!(
            "machine blocks 1\nfs server {form}\nfile a size 0 disk - cached -\nmemory m pages 1 resident 0\n\
             task w write a 0 [m 0..40]\n"
        )
    };
    // With prepare_write that is an error, though a part is stored.
    shows("temp-page", &case("prepare-write"), (Class::Size, PERSISTENT));
    // With write_begin, a short write.
    silent("write-begin-2.6.24.3", &case("write-begin"));
    silent("perform-write-6.15", &case("write-through"));
}

#[test]
fn server_does_not_have_what_an_uptodate_page_shows_after_a_failure() {
    for (strategy, form) in [("temp-page", "prepare-write"), ("write-begin-2.6.24.3", "write-begin")] {
        let case = |cached| {
            format!(
                "fs server {form}\nfile a size 64 disk - cached {cached}\nmemory m pages 1 resident 0\n\
                 task w write a 0 [m 0..40]\nfault enospc 1\n"
            )
        };
        assert!(!findings(strategy, &case("0 uptodate")).is_empty(), "{strategy}");
        silent(strategy, &case("-"));
    }
}

#[test]
fn server_is_asked_again_after_a_failure_since_5_13() {
    let case = |load| {
        format!(
            "fs server write-through\nfile a size 64 disk 0..64 cached 0 uptodate\nmemory m pages 1 resident 0\n\
             memory n pages 1 maps a page 0 resident 0\ntask w write a 0 [m 0..40]\n{load}task w read a 0..64\nfault failed-commit 1\n"
        )
    };
    silent("perform-write-6.15", &case(""));
    // Who has it mapped sees it all the same.
    shows("perform-write-6.15", &case("task w load n 0..64\n"), (Class::Overrun, Some(Persistence::Transient)));
}

#[test]
fn server_ends_a_write_with_an_answer_that_is_short() {
    let case = |form| {
        format!(
            "fs server {form}\nfile a size 0 disk - cached -\nmemory m pages 2 resident 0,1\n\
             task w write a 3 [m 0..100]\ntask w reclaim a pages 0..2\ntask w read a 0..200\n\
             fault partial-commit 1 cells 5\n"
        )
    };
    assert_eq!(written("perform-write-5.16", &case("write-through")), Outcome::Done(5));
    silent("perform-write-5.16", &case("write-through"));
    // In 2.6.24 the rest was sent after it; in 2.6.20 it was an error.
    assert_eq!(written("write-begin-2.6.24.3", &case("write-begin")), Outcome::Done(100));
    assert_eq!(written("temp-page", &case("prepare-write")), Outcome::Failed(Errno::EIO));
    // What is written back does not end the write.
    assert_eq!(written("perform-write-5.16", &case("writeback-cache")), Outcome::Done(100));
    silent("perform-write-5.16", &case("writeback-cache"));
}

/// What the first operation returns.
fn written(strategy: &str, text: &str) -> Outcome {
    let (case, strategy) = (case(text), strategies::find(strategy).expect("a strategy"));
    let mut machine = Machine::new();
    let run = machine.run(&case, strategy, &mut schedule::CaseGiven::new(&case.schedule));
    run.history.operations[0].outcome.expect("it returned")
}

#[test]
fn a_cache_that_is_written_back_clears_what_it_did_not_read() {
    let case = |from, to| {
        format!(
            "fs server writeback-cache\nfile a size 128 disk 0..128 cached -\nmemory m pages 2 resident 0 none 1\n\
             task w write a 0 [m {from}..{to}]\ntask w fsync a\ntask w reclaim a page 0\ntask w read a 0..128\n"
        )
    };
    shows("perform-write-6.15", &case(16, 80), (Class::Zero, PERSISTENT));
    // A write of a part reads the page first.
    silent("perform-write-6.15", &case(32, 80));
}

#[test]
fn a_crash_takes_what_was_not_written_back_to_a_server() {
    let case = |then| {
        format!(
            "fs server writeback-cache\nfile a size 0 disk - cached -\nmemory m pages 1 resident 0\n\
             task w write a 0 [m 0..40]\n{then}task w crash\n"
        )
    };
    for (then, size) in [("", 0), ("task w fsync a\n", 40), ("task w truncate a 50\n", 50)] {
        let text = case(then);
        let (case, strategy) = (self::case(&text), strategies::find("perform-write-6.15").expect("a strategy"));
        let mut machine = Machine::new();
        let run = machine.run(&case, strategy, &mut schedule::CaseGiven::new(&case.schedule));
        assert_eq!(run.history.rest[0].size, size, "{then}");
        silent(strategy.id, &text);
    }
}

#[test]
fn a_commit_fails_only_where_the_filesystem_can() {
    let case = |fs, chance| {
        format!(
            "fs {fs}\nfile a size 64 disk 0..64 cached 0 uptodate\nmemory m pages 1 resident 0\n\
             task w write a 0 [m 0..40]\nfault failed-commit {chance}\n"
        )
    };
    let all = [
        ("baseline", "libfs after-patch-1", 0),
        ("baseline", "nobh after-patch-1", 0),
        ("baseline", "block prepare-write", 0),
        ("baseline", "cont prepare-write", 0),
        ("baseline", "extent prepare-write", 0),
        ("baseline", "journal prepare-write", 2),
        ("baseline", "cluster prepare-write", 1),
        ("baseline", "cluster glock", 1),
        ("baseline", "server prepare-write", 1),
        ("write-begin-2.6.24.3", "journal write-begin", 2),
        ("write-begin-2.6.24.3", "server write-begin", 1),
        ("perform-write-6.15", "block write-begin-trims", 0),
        ("perform-write-6.15", "journal write-begin-trims", 1),
        ("perform-write-6.15", "server write-through", 1),
        ("perform-write-6.15", "server writeback-cache", 0),
    ];
    for (strategy, fs, chances) in all {
        for chance in 1..=chances {
            assert_eq!(written(strategy, &case(fs, chance)), Outcome::Failed(Errno::EIO), "{fs}, chance {chance}");
        }
        assert_eq!(written(strategy, &case(fs, chances + 1)), Outcome::Done(40), "{fs}, chance {}", chances + 1);
    }
}

#[test]
fn what_a_failed_commit_leaves_is_seen() {
    let case = |fs, chance| {
        format!(
            "fs {fs}\nfile a size 64 disk 0..64 cached 0 uptodate\nmemory m pages 1 resident 0\n\
             task w write a 0 [m 0..40]\ntask w read a 0..64\nfault failed-commit {chance}\n"
        )
    };
    for (strategy, fs) in [
        ("baseline", "journal prepare-write"),
        ("baseline", "cluster prepare-write"),
        ("write-begin-2.6.24.3", "journal write-begin"),
        ("perform-write-5.16", "journal write-begin-trims"),
    ] {
        shows(strategy, &case(fs, 1), (Class::Overrun, PERSISTENT));
    }
    shows("baseline", &case("journal prepare-write", 2), (Class::Overrun, PERSISTENT));
}

#[test]
fn ext4_gives_back_what_a_short_write_allocated() {
    let case = |form| {
        format!(
            "fs journal {form}\nfile a size 0 disk - cached -\nmemory m pages 1 resident 0\n\
             task w write a 0 [m 0..64]\ntask w reclaim a page 0\ntask u munmap m page 0\ntask u truncate a 64\n\
             schedule w:3 u\n"
        )
    };
    shows("write-begin-2.6.24.3", &case("write-begin"), (Class::StaleBlock, PERSISTENT));
    silent("perform-write-6.15", &case("write-begin-trims"));
}

#[test]
fn each_goes_with_its_own_mend() {
    let failed = |fs: &str, chance: u32| {
        format!(
            "fs {fs}\nfile a size 64 disk 0..64 cached 0 uptodate\nmemory m pages 1 resident 0\n\
             memory n pages 1 maps a page 0 resident 0\ntask w write a 0 [m 0..40]\ntask w load n 0..64\nfault failed-commit {chance}\n"
        )
    };
    let cleared = "fs server writeback-cache\nfile a size 64 disk 0..64 cached -\nmemory m pages 2 resident 0 none 1\n\
        task w write a 0 [m 16..80]\n";
    let raised = "fs journal write-begin-trims\nfile a size 0 disk - cached -\nmemory m pages 1 none 0\ntask w write a 64 [m 0..16]\ntask w stat a\n";
    for (strategy, text, defect) in [
        ("baseline", failed("journal prepare-write", 1), "failed-commit-stays"),
        ("baseline", failed("cluster prepare-write", 1), "failed-commit-stays"),
        ("baseline", failed("cluster glock", 1), "failed-commit-stays"),
        ("write-begin-2.6.24.3", failed("journal write-begin", 1), "failed-commit-stays"),
        ("baseline", failed("journal prepare-write", 2), "fails-after-its-commit"),
        ("write-begin-2.6.24.3", failed("journal write-begin", 2), "fails-after-its-commit"),
        ("perform-write-5.16", failed("journal write-begin-trims", 1), "fails-after-its-commit"),
        ("perform-write-5.16", failed("server write-through", 1), "short-answer-forgets-the-page"),
        ("perform-write-5.16", cleared.to_owned(), "fuse-write-end-clears-the-page"),
        ("perform-write-6.15", raised.to_owned(), "ext4-size-is-raised-for-nothing"),
    ] {
        assert_ne!(findings(strategy, &text), [], "{strategy}:\n{text}");
        silent(strategy, &format!("{text}mended {defect}\n"));
    }
}
