//! A fatal signal is one process's: what it is in ends early, it calls nothing any more, and the others go on.

use case::Case;
use machine::Machine;
use oracle::{Errno, Outcome};
use schedule::CaseGiven;

/// What each operation returned; `None` if it was never called.
fn outcomes(tasks: &str) -> Vec<Option<Outcome>> {
    let text = format!(
        "shortcopy case 1\n\
         fs block write-begin-trims\n\
         file a size 128 disk 0..128 cached -\n\
         file b size 64 disk 0..64 cached -\n\
         memory m pages 2 resident 0,1\n\
         memory n mm 1 pages 2 resident 0,1\n\
         memory k kernel pages 2\n\
         {tasks}"
    );
    let case = Case::parse("a case", &text).expect("it is a case");
    let mut machine = Machine::new();
    let strategy = strategies::find("perform-write-6.15").expect("a strategy that looks for signals");
    let run = machine.run(&case, strategy, &mut CaseGiven::new(&case.schedule));
    let operations = run.history.operations.iter();
    operations.map(|it| it.invoked.and(it.outcome)).collect()
}

const KILLED: Option<Outcome> = Some(Outcome::Failed(Errno::EINTR));

#[test]
fn who_is_killed_calls_nothing_any_more() {
    let returned = outcomes("task w write a 0 [m 0..128]\ntask w stat a\ntask w write a 0 [m 0..8]\nfault signal 2\n");
    assert_eq!(returned, [Some(Outcome::Done(64)), None, None]);
}

#[test]
fn all_threads_of_the_process_are_killed() {
    let returned = outcomes(
        "task w write a 0 [m 0..64]\ntask w2 write b 0 [m 0..64]\ntask w2 stat b\ntask w3 stat b\n\
         schedule w2:1 w w2 w3\nfault signal 1\n",
    );
    assert_eq!(returned, [KILLED, KILLED, None, None], "one is in a call, one has not begun");
}

#[test]
fn other_processes_and_the_kernel_go_on() {
    let returned = outcomes(
        "task w write a 0 [m 0..64]\ntask v mm 1\ntask v write a 0 [n 0..64]\ntask v stat a\n\
         task t mm none\ntask t write a 0 [k 0..64]\nfault signal 1\n",
    );
    assert_eq!(returned, [KILLED, Some(Outcome::Done(64)), Some(Outcome::Done(0)), Some(Outcome::Done(64))]);
}

#[test]
fn a_signal_comes_again_to_another_process() {
    let returned = outcomes(
        "task w write a 0 [m 0..64]\ntask v mm 1\ntask v write a 0 [n 0..64]\ntask v stat a\nfault signal 1 times 2\n",
    );
    assert_eq!(returned, [KILLED, KILLED, None]);
}
