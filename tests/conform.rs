//! The simulator against the kernel under this machine: generated cases on a tmpfs, and a model that is wrong on
//! purpose.

#[path = "../host/tests/common/needs.rs"]
mod needs;

use case::Case;
use host::{FinalLooks, Manner, Observers};
use shortcopy::conform::{Cases, Conformer, Model, Trouble, model_of};
use std::path::Path;
use tempfile::TempDir;

const MANNER: Manner =
    Manner { racing: false, observers: Observers::NONE, prefixes: false, sprayed: false, looks: FinalLooks::ALL };

/// Cases that are compared: enough to meet every kind of operation with bad and absent sources.
const CASES: u64 = 1500;

/// A directory in memory and a conformer in it, or the test is skipped.
fn conformer(model: &'static Model) -> Option<(TempDir, Conformer)> {
    let memory = Path::new("/dev/shm");
    let filesystem = host::mount::filesystem_of(&host::mount::mount_of(memory)).map(str::to_owned);
    if filesystem.as_deref() != Some("tmpfs") {
        needs::skip("tmpfs", &format!("there is none at {}", memory.display()));
        return None;
    }
    let directory = tempfile::tempdir_in(memory).expect("a directory");
    let lacks = |trouble: &Trouble| match trouble {
        Trouble::NoUserfaultfd(error) if needs::is_refused(error) => Some("userfaultfd"),
        _ => None,
    };
    let conformer = needs::or_skip(Conformer::new(directory.path(), ("tmpfs", 4096), model, 7), lacks)?;
    Some((directory, conformer))
}

#[test]
fn tmpfs_does_what_its_model_does() {
    let model = model_of("tmpfs").expect("it has a model");
    let Some((_directory, mut conformer)) = conformer(model) else { return };
    let mut cases = Cases::new(11, model, 4096);
    for _ in 0..CASES {
        let (case, manner) = cases.draw();
        let found = conformer.look_at(&case, manner).expect("it runs");
        assert!(
            found.is_none(),
            "{}\n{}",
            found.as_ref().map(|it| it.difference.to_string()).unwrap_or_default(),
            case
        );
    }
    let fleeting: u64 = conformer.fleeting.values().sum();
    assert_eq!((conformer.cases, conformer.whole + fleeting), (CASES, CASES));
}

/// The write of 2.6.20 faults its source in first, and so leaves the size alone where nothing can be copied.
#[test]
fn a_model_of_another_kernel_is_found_out_and_the_case_made_small() {
    static OLD: Model = Model {
        real: "tmpfs",
        strategy: "lockless-copy",
        filesystem: case::Filesystem::Libfs,
        form: case::Form::Tmpfs,
        punches: true,
        why: "wrong on purpose: that of 2.6.20",
    };
    let Some((_directory, mut conformer)) = conformer(&OLD) else { return };
    let text = "\
shortcopy case 1
geometry page 64 block 64
fs libfs tmpfs
file a size 10 disk 0..64 cached 0 uptodate
memory m pages 1 resident -
memory n pages 1 resident 0 none 0
task w read a 0..10
task w write a 0 [m 0..10]
task w stat a
task w write a 100 [n 0..64]
task w stat a
";
    let case = Case::parse("it", text).expect("a case");
    let found = conformer.look_at(&case, MANNER).expect("it runs").expect("a difference");
    assert_eq!(found.kind, "size-stat-shorter");
    assert!(!found.sensitive);
    assert!(found.case.tasks[0].operations.len() <= 2, "{}", found.case);
}
