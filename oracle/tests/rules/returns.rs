//! S4 and S5: what a write returns, and what it may not leave past that.

use crate::fixture::{A, M, breaks, breaks_in, join, silent, sized, small, verdicts};
use oracle::builder::{HistoryBuilder, content, written};
use oracle::{Call, Cell, Class, Errno, FaultKind, OperationId, Outcome, Profile, Rule};

/// A write of two pages whose source is bad from cell 100 of the write on; the destination begins at 16.
fn half_bad(outcome: Outcome) -> HistoryBuilder {
    let mut b = sized(256);
    b.unreadable(M, 2);
    b.write(A, 16, &[(M, 28, 128)], (1, 10), outcome);
    b
}

#[test]
fn s4_a_short_count_is_between_the_floor_and_the_fault() {
    for legal in [48, 60, 100] {
        silent(half_bad(Outcome::Done(legal)));
    }
    for illegal in [0, 47, 101, 128] {
        breaks(half_bad(Outcome::Done(illegal)), Rule::S4, Class::Return);
    }
    breaks(half_bad(Outcome::Failed(Errno::EFAULT)), Rule::S4, Class::Return);
    assert!(verdicts(half_bad(Outcome::Done(100)), Profile::PosixStrict).is_empty());
    breaks_in(half_bad(Outcome::Done(60)), Profile::PosixStrict, Rule::S4, Class::Return);
}

#[test]
fn s4_efault_where_the_floor_leaves_nothing() {
    let mut b = small();
    b.unreadable(M, 1);
    b.write(A, 0, &[(M, 60, 10)], (1, 10), Outcome::Failed(Errno::EFAULT));
    silent(b);
}

#[test]
fn s4_errors_need_a_reason() {
    let failing = |errno: Errno, fault: Option<FaultKind>| {
        let mut b = small();
        let w = b.write(A, 0, &[(M, 0, 10)], (1, 10), Outcome::Failed(errno));
        fault.into_iter().for_each(|it| b.fault(w, it));
        b
    };
    for errno in [Errno::EFAULT, Errno::ENOSPC, Errno::ENOMEM, Errno::EIO, Errno::EINTR, Errno::EDEADLK] {
        breaks(failing(errno, None), Rule::S4, Class::Return);
    }
    silent(failing(Errno::ENOSPC, Some(FaultKind::NoSpace)));
    silent(failing(Errno::ENOMEM, Some(FaultKind::NoMemory)));
    breaks(failing(Errno::EDEADLK, Some(FaultKind::NoMemory)), Rule::S4, Class::Return);
}

#[test]
fn s4_nothing_is_zero_and_never_a_fault() {
    let empty = |outcome: Outcome| {
        let mut b = small();
        b.unreadable(M, 0);
        b.write(A, 0, &[(M, 0, 0), (M, 5, 0)], (1, 2), outcome);
        b
    };
    silent(empty(Outcome::Done(0)));
    breaks(empty(Outcome::Failed(Errno::EFAULT)), Rule::S4, Class::Return);
}

#[test]
fn s4_an_unmap_at_the_same_time_excuses_and_one_before_forbids() {
    let unmapped = |when: (u32, u32), outcome: Outcome| {
        let mut b = sized(128);
        b.done(Call::Unmap { memory: M, first: 1, pages: 1 }, when);
        b.write(A, 0, &[(M, 0, 128)], (5, 10), outcome);
        b
    };
    silent(unmapped((6, 7), Outcome::Done(128)));
    silent(unmapped((6, 7), Outcome::Done(64)));
    silent(unmapped((1, 2), Outcome::Done(64)));
    breaks(unmapped((1, 2), Outcome::Done(128)), Rule::S4, Class::Return);
    breaks(unmapped((11, 12), Outcome::Done(64)), Rule::S4, Class::Return);
}

/// A write that counts 20 of 40.
fn short_write(reader: (u32, u32), past: impl Fn(OperationId) -> Vec<Cell>) -> HistoryBuilder {
    let mut b = small();
    b.unreadable(M, 1);
    let w = b.write(A, 0, &[(M, 44, 40)], (1, 10), Outcome::Done(20));
    b.read(A, 20, 20, reader, &past(w));
    b.rest(A, &join(&[written(w, M, 44, 20), content(A, 20, 44)]));
    b
}

#[test]
fn s5_uncounted_data_may_not_stay() {
    breaks(short_write((11, 12), |w| written(w, M, 64, 20)), Rule::S5, Class::Overrun);
    silent(short_write((9, 12), |w| written(w, M, 64, 20)));
    silent(short_write((11, 12), |_| content(A, 20, 20)));
}

#[test]
fn s4_an_fsync_that_reads_can_fail_as_a_read_does() {
    let failed = |kind: Option<FaultKind>| {
        let mut b = sized(64);
        let fsync = b.call(Call::Fsync { file: A }, (1, Some(2)), Some(Outcome::Failed(Errno::EIO)));
        if let Some(kind) = kind {
            b.fault(fsync, kind);
        }
        b
    };
    silent(failed(Some(FaultKind::ReadError)));
    breaks(failed(Some(FaultKind::NoMemory)), Rule::S4, Class::Return);
    breaks(failed(None), Rule::S4, Class::Return);
}
