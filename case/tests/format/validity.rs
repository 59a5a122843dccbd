//! `validate` alone, without the text: what the grammar cannot produce and a program can.

use case::*;
use fastrand::Rng;

use crate::random;

#[track_caller]
fn invalid(change: impl Fn(&mut Case)) {
    let mut case = crate::round_trip::parse(
        "shortcopy case 1\nfile a size 64 disk 0..32 cached 0 uptodate\nmemory m pages 2\nmemory k kernel pages 1\n\
         task w write a 0 [m 0..8]\nschedule w:1\nfault enomem 1\nexpect all ZERO\n",
    );
    change(&mut case);
    assert!(case.validate().is_err(), "{case}");
    // An invalid case still prints, and what is printed decodes to a valid one.
    assert_eq!(repair::decode(case.print().as_bytes()).case.validate(), Ok(()));
}

#[test]
fn each_bound_is_checked() {
    invalid(|case| case.geometry.page = 48);
    invalid(|case| case.geometry.block = 4);
    invalid(|case| case.machine.kmap_slots = Some(0));
    invalid(|case| case.comments.push("two\nlines".to_owned()));
    invalid(|case| case.comments.push("blank at the end ".to_owned()));
    invalid(|case| case.files.clear());
    invalid(|case| case.files.push(case.files[0].clone()));
    invalid(|case| case.files[0].size = 1025);
    invalid(|case| case.files[0].extents[0].range.end = 33);
    invalid(|case| case.files[0].extents.extend_from_within(0..1));
    invalid(|case| case.files[0].cached.extend_from_within(0..1));
    invalid(|case| case.files[0].cached[0].state = Cache::Blocks(0));
    invalid(|case| case.files[0].cached[0].state = Cache::Blocks(16));
    invalid(|case| case.memories[0].pages = 0);
    invalid(|case| case.memories[0].resident = 4);
    invalid(|case| case.memories[0].mm = Some(8));
    invalid(|case| case.memories[0].kind = MemoryKind::Map { file: 1, page: 0, shared: true });
    invalid(|case| case.memories[0].kind = MemoryKind::Map { file: 0, page: 15, shared: true });
    invalid(|case| case.memories[1].resident = 0);
    invalid(|case| case.tasks.clear());
    invalid(|case| case.tasks[0].mm = None);
    invalid(|case| case.tasks[0].name = Name::new("disk").expect("a name"));
    invalid(|case| case.tasks[0].operations = vec![TaskOperation::Crash; Case::MAX_OPERATIONS + 1]);
    invalid(|case| case.faults[0].at = 0);
    invalid(|case| case.faults[0].kind = Injection::PartialCommit { cells: 65 });
    invalid(|case| case.schedule[0].runner = Runner::Task(1));
    invalid(|case| case.schedule[0].steps = Some(0));
    invalid(|case| case.expectations[0].strategy = "two words".to_owned());
    invalid(|case| case.expectations[0].finding = Some(("silent".to_owned(), None)));
}

#[test]
fn each_operation_is_checked() {
    let range = Range { start: 0, end: 1025 };
    let pages = PageRange { start: 0, end: 3 };
    let backwards = Range { start: 2, end: 1 };
    for operation in [
        TaskOperation::Stat { file: 1 },
        TaskOperation::Read { file: 0, range },
        TaskOperation::Read { file: 0, range: backwards },
        TaskOperation::Truncate { file: 0, size: 1025, locked: true },
        TaskOperation::Truncate { file: 0, size: 0, locked: false },
        TaskOperation::Load { memory: 0, range: Range { start: 0, end: 193 } },
        TaskOperation::Load { memory: 1, range: Range { start: 0, end: 1 } },
        TaskOperation::Munmap { memory: 0, pages },
        TaskOperation::Mremap { memory: 1 },
        TaskOperation::ReclaimPte { memory: 1, pages: PageRange { start: 0, end: 1 } },
        TaskOperation::Reclaim { file: 0, pages: PageRange { start: 0, end: 17 } },
        TaskOperation::Write {
            file: 0,
            offset: 1020,
            segments: vec![Iovec { memory: 0, range: Range { start: 0, end: 8 } }],
        },
    ] {
        invalid(|case| case.tasks[0].operations = vec![operation.clone()]);
    }
}

/// The validator and the grammar say the same: a case is valid exactly if its text parses to it.
#[test]
fn the_validator_and_the_grammar_agree() {
    let mut rng = Rng::with_seed(6);
    for _ in 0..3_000 {
        let mut case = random::case(&mut rng);
        let other = random::case(&mut rng);
        // Parts of different cases rarely fit together, but sometimes do.
        match rng.u8(0..6) {
            0 => case.geometry = other.geometry,
            1 => case.files = other.files,
            2 => case.memories = other.memories,
            3 => case.tasks = other.tasks,
            4 => case.schedule = other.schedule,
            _ => case.faults = other.faults,
        }
        let parsed = Case::parse("a.case", &case.print());
        assert_eq!(case.validate().is_ok(), parsed.is_ok_and(|parsed| parsed == case), "{:?}\n{case}", case.validate());
    }
}
