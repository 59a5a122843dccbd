//! What may be gone again: after a crash, after an invalidation, where the disk refused what was to be written.

use crate::fixture::{A, M, breaks, join, silent, small, verdicts, whole_write};
use oracle::builder::{HistoryBuilder, content, written, zeroes};
use oracle::{Call, Cell, Class, Errno, Failure, FaultKind, FileId, OperationId, Origin, Outcome, Profile, Rule, Way};

/// The disk refuses cells, of a file or of nobody knows which.
pub fn refuse(b: &mut HistoryBuilder, file: Option<FileId>, (start, end): (u32, u32), at: u32) {
    let kind = FaultKind::WriteError;
    b.history().failures.push(Failure { kind, file, start, end, at, by: None });
}

fn crash(b: &mut HistoryBuilder, at: u32, found: &[Cell]) {
    b.call(Call::Crash, (at, None), None);
    b.rest_by(A, Way::Crash, found.len() as u32, found);
}

fn overwritten(length: u32) -> Vec<Cell> {
    (0..length).map(|offset| Cell::new(Origin::Overwritten { file: A, offset })).collect()
}

#[test]
fn what_was_dirty_from_the_beginning_is_durable_once_synchronised() {
    let crashed = |synced: Option<Outcome>| {
        let mut b = small();
        if let Some(outcome) = synced {
            b.call(Call::Fsync { file: A }, (1, Some(2)), Some(outcome));
        }
        crash(&mut b, 10, &overwritten(64));
        b
    };
    silent(crashed(None));
    breaks(crashed(Some(Outcome::Done(0))), Rule::S9, Class::LostWrite);
}

#[test]
fn an_fsync_that_failed_makes_nothing_durable() {
    let crashed = |outcome: Outcome| {
        let mut b = small();
        whole_write(&mut b, (1, 2));
        let fsync = b.call(Call::Fsync { file: A }, (3, Some(4)), Some(outcome));
        if outcome != Outcome::Done(0) {
            b.fault(fsync, FaultKind::Signal);
        }
        crash(&mut b, 10, &content(A, 0, 64));
        b
    };
    silent(crashed(Outcome::Failed(Errno::EINTR)));
    breaks(crashed(Outcome::Done(0)), Rule::S9, Class::LostWrite);
}

#[test]
fn an_fsync_of_another_file_makes_nothing_durable() {
    let mut b = small();
    let other = b.file(64);
    whole_write(&mut b, (1, 2));
    b.done(Call::Fsync { file: other }, (3, 4));
    crash(&mut b, 10, &content(A, 0, 64));
    silent(b);
}

#[test]
fn what_the_disk_refused_may_be_anything_in_these_cells_alone() {
    for file in [None, Some(A)] {
        let refused = |from: u32, length: u32| {
            let mut b = small();
            let other = b.file(64);
            let w = whole_write(&mut b, (1, 2));
            refuse(&mut b, file, (16, 32), 5);
            let strange = content(other, from, length);
            let rest = written(w, M, from + length, 64 - from - length);
            b.rest(A, &join(&[written(w, M, 0, from), strange, rest]));
            b
        };
        silent(refused(16, 16));
        breaks(refused(15, 2), Rule::R1, Class::ForeignFile);
        breaks(refused(32, 1), Rule::R1, Class::ForeignFile);
        breaks(refused(31, 2), Rule::R1, Class::ForeignFile);
    }
}

#[test]
fn what_the_disk_refused_is_forgiven_until_it_is_written_over_for_good() {
    let rewritten = |when: (u32, u32)| {
        let mut b = small();
        let other = b.file(64);
        refuse(&mut b, Some(A), (0, 64), 5);
        whole_write(&mut b, when);
        b.rest(A, &content(other, 0, 64));
        b
    };
    breaks(rewritten((6, 7)), Rule::R1, Class::ForeignFile);
    silent(rewritten((5, 7)));
    let crashed = |synced: bool| {
        let mut b = small();
        let other = b.file(64);
        refuse(&mut b, Some(A), (0, 64), 5);
        b.call(Call::Fsync { file: A }, (6, Some(7)), Some(Outcome::Failed(Errno::EIO)));
        whole_write(&mut b, (8, 9));
        if synced {
            b.done(Call::Fsync { file: A }, (10, 11));
        }
        crash(&mut b, 20, &content(other, 0, 64));
        b
    };
    silent(crashed(false));
    breaks(crashed(true), Rule::S9, Class::ForeignFile);
}

#[test]
fn what_the_disk_refused_is_never_memory() {
    let uninitialised = Cell::new(Origin::Uninitialised { frame: 1, before: oracle::Owner::Kernel });
    let mut b = small();
    refuse(&mut b, Some(A), (0, 64), 5);
    b.rest(A, &[uninitialised; 64]);
    breaks(b, Rule::R1, Class::Uninit);
    // Nor where it is copied from there.
    let copied = |cell: Cell| {
        let mut b = small();
        let other = b.file(64);
        let map = b.mapping(other, 0, 1, true);
        refuse(&mut b, Some(other), (0, 64), 5);
        b.write(A, 0, &[(map, 0, 64)], (6, 7), Outcome::Done(64));
        b.rest(A, &vec![cell; 64]);
        b
    };
    breaks(copied(uninitialised), Rule::R1, Class::Uninit);
    silent(copied(content(A, 60, 1)[0]));
}

#[test]
fn a_strict_profile_forgives_the_disk_nothing() {
    let mut b = small();
    let other = b.file(64);
    let w = whole_write(&mut b, (1, 2));
    refuse(&mut b, Some(A), (0, 16), 5);
    b.rest(A, &join(&[content(other, 0, 16), written(w, M, 16, 48)]));
    let found = verdicts(b, Profile::PosixStrict);
    assert!(found.iter().any(|it| (it.rule, it.class) == (Rule::R1, Class::ForeignFile)), "{found:#?}");
}

#[test]
fn an_fsync_tells_of_what_was_refused_whoever_else_may_have_been() {
    let fsync = |unknown: bool, certain: bool| {
        let mut b = small();
        if unknown {
            refuse(&mut b, None, (0, 16), 1);
        }
        if certain {
            refuse(&mut b, Some(A), (32, 48), 2);
        }
        b.done(Call::Fsync { file: A }, (3, 4));
        b
    };
    silent(fsync(true, false));
    breaks(fsync(false, true), Rule::S4, Class::Return);
    breaks(fsync(true, true), Rule::S4, Class::Return);
}

#[test]
fn an_invalidation_takes_what_was_not_synchronised() {
    let invalidated = |outcome: Outcome, discards: bool, synced: bool, found: &dyn Fn(OperationId) -> Vec<Cell>| {
        let mut b = small();
        let w = whole_write(&mut b, (1, 2));
        if synced {
            b.done(Call::Fsync { file: A }, (3, 4));
        }
        b.call(Call::Invalidate { file: A, discards }, (5, Some(6)), Some(outcome));
        let found = found(w);
        b.rest(A, &found);
        b
    };
    let (done, old) = (Outcome::Done(0), |_| content(A, 0, 64));
    silent(invalidated(done, true, false, &old));
    silent(invalidated(done, true, false, &|w| written(w, M, 0, 64)));
    breaks(invalidated(done, true, true, &old), Rule::R1, Class::LostWrite);
    breaks(invalidated(done, false, false, &old), Rule::R1, Class::LostWrite);
    breaks(invalidated(Outcome::Failed(Errno::EBUSY), true, false, &old), Rule::R1, Class::LostWrite);
    breaks(invalidated(done, true, false, &|_| zeroes(64)), Rule::R1, Class::Zero);
}

#[test]
fn a_loss_before_the_end_was_cut_is_no_reason_for_zeroes_after_it() {
    let grown = |refused: u32| {
        let mut b = small();
        refuse(&mut b, Some(A), (0, 64), refused);
        b.truncate(A, 32, (3, 4));
        let w = b.write(A, 32, &[(M, 0, 32)], (5, 10), Outcome::Done(32));
        b.read(A, 32, 32, (6, 7), &zeroes(32));
        b.rest(A, &join(&[content(A, 0, 32), written(w, M, 0, 32)]));
        b
    };
    breaks(grown(1), Rule::S2, Class::Zero);
    silent(grown(6));
}

#[test]
fn a_truncate_that_failed_is_no_reason_for_zeroes_after_it() {
    let grown = |when: (u32, u32)| {
        let mut b = small();
        let call = Call::Truncate { file: A, size: 96, locked: true };
        let t = b.call(call, (when.0, Some(when.1)), Some(Outcome::Failed(Errno::ENOMEM)));
        b.fault(t, FaultKind::NoMemory);
        let w = b.write(A, 64, &[(M, 0, 32)], (5, 10), Outcome::Done(32));
        b.read(A, 64, 32, (6, 7), &zeroes(32));
        b.rest(A, &join(&[content(A, 0, 64), written(w, M, 0, 32)]));
        b
    };
    breaks(grown((1, 2)), Rule::S2, Class::Zero);
    silent(grown((1, 6)));
}
