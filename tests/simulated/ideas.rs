//! Defects of the thread's proposals, each in the smallest experiment that shows it, and the one beside it that does
//! not.

use case::Case;
use machine::Machine;
use oracle::{Class, Profile};
use shortcopy::judge::Judge;

/// The classes that a case shows under a strategy.
fn shown(strategy: &str, lines: &str) -> Vec<Class> {
    let text = format!("shortcopy case 1\ngeometry page 64 block 16\n{lines}");
    let case = Case::parse("a case", &text).expect("it is a case");
    let strategy = strategies::find(strategy).expect("there is such a strategy");
    assert_eq!(Machine::refusal(&case, strategy), None);
    Judge::new(Profile::Linux).replay(&case, strategy).verdicts.iter().map(|it| it.class).collect()
}

/// The page that the source needs could only come from the pages that the task itself keeps from being unmapped.
#[test]
fn a_task_cannot_reclaim_its_own_memory() {
    let full = "machine frames 0\n\
        fs libfs after-patch-1\n\
        file a size 64 disk 0..64 cached 0 uptodate\n\
        memory m pages 2 resident 0\n\
        task w write a 0 [m 64..128]\n";
    assert_eq!(shown("unpaging-lock", full), [Class::Deadlock]);
    assert_eq!(shown("vma-pin", full), [Class::Deadlock]);
    assert_eq!(shown("unpaging-lock-twice", full), []);
    let room = full.replace("frames 0", "frames 1");
    assert_eq!(shown("unpaging-lock", &room), []);
}

/// The pin on one vma does not keep the pages of another from being reclaimed.
#[test]
fn a_pin_on_one_vma_leaves_the_others() {
    let two = "machine frames 0\n\
        fs libfs after-patch-1\n\
        file a size 64 disk 0..64 cached 0 uptodate\n\
        memory m pages 1 resident 0\n\
        memory n pages 1 resident -\n\
        task w write a 0 [n 0..64]\n";
    assert_eq!(shown("vma-pin", two), []);
    assert_eq!(shown("unpaging-lock", two), [Class::Deadlock]);
}

/// The pinned page is copied from to its end, not to the end of the segment.
#[test]
fn a_pinned_source_is_copied_past_the_end_of_its_segment() {
    let vector = |segments: &str| {
        format!(
            "fs block\nfile a size 0 disk - cached -\nmemory m pages 2 resident 0,1\ntask w write a 0 [{segments}]\n"
        )
    };
    for strategy in ["gup-two-kmap", "gup-kmap-atomic"] {
        assert!(shown(strategy, &vector("m 0..16, m 64..112")).contains(&Class::Garbage), "{strategy}");
        assert_eq!(shown(strategy, &vector("m 0..64")), []);
        // The next segment goes on where this one ends: nobody can tell.
        assert_eq!(shown(strategy, &vector("m 0..16, m 16..64")), []);
    }
    assert_eq!(shown("temp-page", &vector("m 0..16, m 64..112")), []);
}

/// Since patch 6, a commit whose page was truncated passes for a partial write, and the page is unlocked once more.
#[test]
fn a_commit_that_was_truncated_is_taken_for_a_partial_write() {
    let cluster = "fs cluster prepare-write\n\
        file a size 64 disk 0..64 cached 0 uptodate\n\
        memory m pages 1 resident 0\n\
        task w write a 0 [m 0..64]\n\
        fault truncated-page 3\n";
    for strategy in ["trim-blocks", "shared-lru", "iovec-cleanup", "gup-kmap-atomic", "temp-page", "two-copy"] {
        assert_eq!(shown(strategy, cluster), [Class::Oops], "{strategy}");
    }
    for strategy in ["baseline", "whole-chunk", "idea-42"] {
        assert_eq!(shown(strategy, cluster), [], "{strategy}");
    }
}

/// A kernel thread has no mm.
#[test]
fn a_kernel_thread_has_nothing_to_pin() {
    let thread = "fs block\n\
        file a size 0 disk - cached -\n\
        memory k kernel pages 1\n\
        task t mm none\n\
        task t write a 0 [k 0..64]\n";
    for strategy in ["gup-two-kmap", "gup-kmap-atomic", "unpaging-lock", "unpaging-lock-twice", "vma-pin"] {
        assert_eq!(shown(strategy, thread), [Class::Oops], "{strategy}");
    }
    for strategy in ["baseline", "temp-page", "two-copy"] {
        assert_eq!(shown(strategy, thread), [], "{strategy}");
    }
}

/// What the baseline deadlocks on is accepted where the deadlock is the point; nothing else is.
#[test]
fn an_accepted_deadlock_is_none_but_the_rest_counts() {
    let same_page = "machine fault-locks-page\n\
        fs block prepare-write\n\
        file a size 64 disk - cached -\n\
        memory m pages 1 maps a page 0 resident -\n\
        task w write a 0 [m 0..64]\n\
        task u madvise-dontneed m page 0\n\
        schedule w:7 u\n";
    let bad_source =
        "fs block\nfile a size 64 disk 0..64 cached -\nmemory m pages 1 resident 0\ntask w write a 0 [m 64..128]\n";
    let (deadlock, zero) = (shown("baseline", same_page), shown("baseline", bad_source));
    assert_eq!(deadlock, [Class::Deadlock]);
    assert_eq!(shown("leave-it", same_page), []);
    assert!(zero.contains(&Class::Zero));
    assert_eq!(shown("leave-it", bad_source), zero);
}

/// A failed prepare commits the blocks that it had, read in or not.
#[test]
fn ext3_commits_what_a_failed_prepare_left() {
    let failed = |fs: &str| {
        format!(
            "fs {fs}\nfile a size 1 disk 0..16 cached -\nmemory m pages 1 resident 0\ntask w write a 0 [m 0..64]\nfault enospc 1\n"
        )
    };
    assert!(shown("two-copy", &failed("journal")).contains(&Class::Uninit));
    assert_eq!(shown("two-copy", &failed("block")), []);
}
