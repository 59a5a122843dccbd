//! What a filesystem with extents does with room on the disk and with reads, seen through what calls return.

use case::Case;
use machine::Machine;
use oracle::{Errno, Outcome};
use schedule::CaseGiven;

/// What each operation of a case returned, and when it was called and returned.
fn outcomes(strategy: &str, lines: &str) -> Vec<(Outcome, u32, u32)> {
    let text = format!("shortcopy case 1\n{lines}");
    let case = Case::parse("a case", &text).expect("it is a case");
    let strategy = strategies::find(strategy).expect("there is such a strategy");
    assert_eq!(Machine::refusal(&case, strategy), None);
    let mut machine = Machine::new();
    let run = machine.run(&case, strategy, &mut CaseGiven::new(&case.schedule));
    let operations = run.history.operations.iter();
    operations
        .map(|it| Some((it.outcome?, it.invoked?, it.returned?)))
        .map(|it| it.expect("every operation returned"))
        .collect()
}

#[test]
fn a_write_that_fails_gives_back_what_it_reserved() {
    let returned = outcomes(
        "iomap-write-iter",
        "geometry page 64 block 16\n\
         machine blocks 2\n\
         fs extent iomap\n\
         file a size 64 disk - cached -\n\
         memory m pages 1 resident 0\n\
         task w write a 0 [m 64..96]\n\
         task w write a 32 [m 0..32]\n\
         task w write a 0 [m 0..16]\n",
    );
    assert_eq!(returned[0].0, Outcome::Failed(Errno::EFAULT));
    assert_eq!(returned[1].0, Outcome::Done(32), "there is room for it again");
    assert_eq!(returned[2].0, Outcome::Failed(Errno::ENOSPC), "now there is none");
}

#[test]
fn room_is_taken_at_the_write_and_not_again_at_writeback() {
    for strategy in ["baseline", "write-begin-2.6.24.3", "iomap-write-iter"] {
        let returned = outcomes(
            strategy,
            "geometry page 64 block 16\n\
             machine blocks 2\n\
             fs extent\n\
             file a size 64 disk - cached -\n\
             memory m pages 1 resident 0\n\
             task w write a 0 [m 0..32]\n\
             task w write a 32 [m 0..16]\n\
             task w fsync a\n\
             task w write a 32 [m 0..16]\n\
             task w truncate a 16\n\
             task w write a 32 [m 0..16]\n",
        );
        let outcomes: Vec<Outcome> = returned.iter().map(|it| it.0).collect();
        let full = Outcome::Failed(Errno::ENOSPC);
        let expected = [Outcome::Done(32), full, Outcome::Done(0), full, Outcome::Done(0), Outcome::Done(16)];
        assert_eq!(outcomes, expected, "under {strategy}");
    }
}

#[test]
fn a_read_waits_for_a_write_and_not_for_another_read() {
    let returned = outcomes(
        "iomap-write-iter",
        "fs extent iomap\n\
         file a size 64 disk 0..64 cached -\n\
         memory m pages 1 resident 0\n\
         task w write a 0 [m 0..64]\n\
         task r read a 0..64\n\
         task s read a 0..64\n\
         schedule w:4 r s w\n",
    );
    let (write, readers) = (returned[0], &returned[1..]);
    assert!(readers.iter().all(|it| it.1 < write.2 && it.2 > write.2), "{returned:?}");
    let returned = outcomes(
        "iomap-write-iter",
        "fs extent iomap\n\
         file a size 64 disk 0..64 cached 0 uptodate\n\
         memory m pages 1 resident 0\n\
         task r read a 0..64\n\
         task s read a 0..64\n\
         schedule r:3 s r\n",
    );
    assert!(returned[1].2 < returned[0].2, "{returned:?}");
}
