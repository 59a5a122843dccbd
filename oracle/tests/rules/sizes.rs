//! S1 to S3: sizes, and where a read ends.

use crate::fixture::{A, M, breaks, breaks_in, join, silent, sized, small, verdicts};
use oracle::builder::{content, written, zeroes};
use oracle::{Cell, Checker, Class, Errno, FaultKind, OperationId, Outcome, Persistence, Profile, Quirk, Rule};

#[test]
fn s1_a_size_that_never_was() {
    let stat = |size: u32| {
        let mut b = small();
        b.write(A, 60, &[(M, 0, 10)], (1, 10), Outcome::Done(10));
        b.stat(A, (3, 5), size);
        b
    };
    breaks(stat(71), Rule::S1, Class::Size);
    breaks(stat(63), Rule::S1, Class::Size);
    for size in 64..=70 {
        silent(stat(size));
    }
}

#[test]
fn s1_a_failed_write_leaves_the_size() {
    let failed = |size: u32| {
        let mut b = small();
        b.unreadable(M, 0);
        b.write(A, 64, &[(M, 0, 10)], (1, 10), Outcome::Failed(Errno::EFAULT));
        b.rest(A, &join(&[content(A, 0, 64), zeroes(size - 64)]));
        b
    };
    let it = breaks(failed(74), Rule::S1, Class::Size);
    assert_eq!(it.persistence, Some(Persistence::Persistent));
    assert_eq!(verdicts(failed(74), Profile::Linux).len(), 1, "zeroes past the right size are the size's fault");
    silent(failed(64));
}

#[test]
fn s2_size_before_data() {
    let reader = |seen: &dyn Fn(OperationId) -> Vec<Cell>| {
        let mut b = small();
        let w = b.write(A, 80, &[(M, 0, 20)], (1, 10), Outcome::Done(20));
        let seen = seen(w);
        b.read(A, 64, 36, (3, 5), &seen);
        b.rest(A, &join(&[content(A, 0, 64), zeroes(16), written(w, M, 0, 20)]));
        b
    };
    let it = breaks(reader(&|_| zeroes(36)), Rule::S2, Class::Zero);
    assert_eq!((it.start, it.end), (80, 100));
    silent(reader(&|w| join(&[zeroes(16), written(w, M, 0, 20)])));
    silent(reader(&|_| zeroes(16)));
}

#[test]
fn s3_a_read_ends_at_the_end() {
    let short = |count: u32, fault: bool| {
        let mut b = small();
        let r = b.read(A, 0, 64, (1, 2), &content(A, 0, count));
        if fault {
            b.fault(r, FaultKind::Signal);
        }
        b
    };
    breaks(short(32, false), Rule::S3, Class::ShortRead);
    silent(short(32, true));
    silent(short(64, false));
}

#[test]
fn s3_between_pages_a_truncate_may_end_a_read() {
    let race = || {
        let mut b = sized(192);
        b.truncate(A, 30, (1, 10));
        b.read(A, 0, 192, (2, 5), &content(A, 0, 64));
        b
    };
    let mut checker = Checker::new();
    assert!(checker.check(&race().finish(), Profile::Linux).is_empty());
    assert_eq!(checker.exercised().quirk(Quirk::TornSize), 1);
    breaks_in(race(), Profile::PosixStrict, Rule::S1, Class::Size);
}
