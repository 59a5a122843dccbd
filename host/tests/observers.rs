//! The observers at the stops of a write, in a temporary directory.

#[path = "common/needs.rs"]
mod needs;

use case::Case;
use host::{Executor, Manner, Observers};
use oracle::{Call, Checker, Outcome, Profile};

const CASE: &str = "\
shortcopy case 1
geometry page 64 block 64
file a size 150 disk 0..192 cached 0 uptodate, 1 uptodate, 2 uptodate
memory m pages 2 resident 0
task w write a 0 [m 0..128]
";

/// Runs the case with these observers: what each of their looks was, and whether it came while the write was stopped.
fn looks(observers: Observers) -> Option<Vec<(Call, bool)>> {
    let directory = tempfile::tempdir().expect("a directory");
    let mut executor = needs::userfaultfd(Executor::new(directory.path(), 7))?;
    let manner = Manner { observers, ..Manner::default() };
    let ran = executor.run(&Case::parse("it", CASE).expect("a case"), manner).expect("it runs");
    assert_eq!(ran.stops, 1);
    let verdicts = Checker::new().check(ran.history, Profile::Linux).to_vec();
    assert!(verdicts.is_empty(), "{verdicts:#?}");
    let (write, looks) = ran.history.operations.split_first().expect("a write");
    assert!(looks.iter().all(|it| matches!(it.outcome, Some(Outcome::Done(_)))), "{looks:#?}");
    Some(looks.iter().map(|it| (it.call, it.invoked > write.invoked && it.returned < write.returned)).collect())
}

#[test]
fn a_mapping_shows_the_file_while_a_write_is_stopped() {
    let Some(looks) = looks(Observers { mapping: true, ..Observers::NONE }) else { return };
    let loads = looks.iter().filter(|(call, _)| matches!(call, Call::Load { offset: 0, length: 192, .. }));
    let stopped: Vec<bool> = loads.map(|(_, stopped)| *stopped).collect();
    assert_eq!(stopped, [true, true], "once as it is faulted in, once when it is there: {looks:?}");
}

#[test]
fn a_read_that_may_wait_is_made_and_waited_for() {
    let Some(looks) = looks(Observers { waiting: true, ..Observers::NONE }) else { return };
    let reads: Vec<_> = looks.iter().filter(|(call, _)| matches!(call, Call::Read { .. })).collect();
    assert_eq!(reads.len(), 1, "{looks:?}");
}

#[test]
fn nobody_looks_who_is_not_asked() {
    let Some(looks) = looks(Observers::NONE) else { return };
    assert!(looks.iter().all(|(call, stopped)| matches!(call, Call::Stat { .. }) && !stopped), "{looks:?}");
}
