//! Ends of reads, places of appends, and what a run counts.

use crate::fixture::{A, M, breaks, breaks_in, silent, sized, small, verdicts};
use crate::losses::refuse;
use oracle::builder::{HistoryBuilder, content, stored, written};
use oracle::{Call, Checker, Class, Errno, Failure, FaultKind, FileId, OperationId, Outcome, Profile, Quirk, Rule};

fn read(size: u32, asked: u32, count: u32) -> HistoryBuilder {
    let mut b = sized(size);
    b.read(A, 0, asked, (2, 5), &content(A, 0, count));
    b
}

#[test]
fn s1_a_read_is_no_longer_than_asked() {
    breaks(read(192, 60, 61), Rule::S1, Class::Size);
    silent(read(192, 60, 60));
}

#[test]
fn s3_between_pages_a_read_ends_only_if_the_file_may_have_been_that_short() {
    breaks(read(192, 192, 64), Rule::S3, Class::ShortRead);
    let raced = |count: u32| {
        let mut b = read(192, 192, count);
        b.truncate(A, 30, (1, 10));
        b
    };
    breaks(raced(100), Rule::S1, Class::Size);
    silent(raced(128));
    silent(raced(30));
    breaks(raced(20), Rule::S3, Class::ShortRead);
}

#[test]
fn s3_the_disk_excuses_a_read_that_ends_where_it_failed() {
    let failed = |count: u32, (start, end): (u32, u32)| {
        let mut b = read(192, 192, count);
        let (kind, file) = (FaultKind::ReadError, Some(A));
        b.history().failures.push(Failure { kind, file, start, end, at: 3, by: None });
        b
    };
    for count in [64, 70, 127] {
        silent(failed(count, (64, 65)));
        silent(failed(count, (127, 128)));
        breaks(failed(count, (128, 129)), Rule::S3, Class::ShortRead);
        breaks(failed(count, (63, 64)), Rule::S3, Class::ShortRead);
    }
}

#[test]
fn r4_appends_that_touch_in_place_or_time() {
    let pair = |first: u32, second: u32, truncate: Option<(u32, u32)>| {
        let mut b = small();
        let at_once = truncate.is_none();
        b.append(A, first, &[(M, 0, 10)], (1, 5), Outcome::Done(10));
        b.append(A, second, &[(M, 16, 10)], if at_once { (1, 5) } else { (8, 12) }, Outcome::Done(10));
        truncate.into_iter().for_each(|when| {
            b.truncate(A, 64, when);
        });
        b
    };
    silent(pair(64, 74, None));
    silent(pair(74, 64, None));
    silent(pair(64, 64, Some((0, 1))));
    silent(pair(64, 64, Some((12, 14))));
    breaks(pair(64, 64, Some((0, 0))), Rule::R4, Class::AppendOverlap);
    breaks(pair(64, 64, Some((13, 14))), Rule::R4, Class::AppendOverlap);
    let mut b = small();
    b.append(A, 70, &[(M, 0, 0)], (1, 5), Outcome::Done(0));
    silent(b);
}

/// A write of two segments from 16 on whose source is bad from its cell 30 on.
fn two_segments(outcome: Outcome) -> HistoryBuilder {
    let mut b = sized(256);
    b.unreadable(M, 1);
    b.write(A, 16, &[(M, 0, 20), (M, 54, 20)], (1, 10), outcome);
    b
}

#[test]
fn s4_strictly_a_count_ends_at_the_fault_or_at_a_segment() {
    for count in [20, 30] {
        assert_eq!(verdicts(two_segments(Outcome::Done(count)), Profile::PosixStrict), []);
    }
    for count in [19, 21, 25, 29] {
        breaks_in(two_segments(Outcome::Done(count)), Profile::PosixStrict, Rule::S4, Class::Return);
        silent(two_segments(Outcome::Done(count)));
    }
}

#[test]
fn s4_a_count_short_of_the_strict_one_is_counted() {
    let quirks = |b: HistoryBuilder| {
        let mut checker = Checker::new();
        assert!(checker.check(&b.finish(), Profile::Linux).is_empty());
        let short = checker.quirks().iter().filter(|it| it.quirk == Quirk::ShortCount);
        let places = short.map(|it| (it.start, it.operation)).collect::<Vec<_>>();
        (places, checker.exercised().rule(Rule::S5))
    };
    let first = Some(OperationId(0));
    assert_eq!(quirks(two_segments(Outcome::Done(25))), (vec![(41, first)], 1));
    assert_eq!(quirks(two_segments(Outcome::Done(20))), (vec![], 1));
    assert_eq!(quirks(two_segments(Outcome::Failed(Errno::EFAULT))), (vec![(16, first)], 1));
    let mut b = small();
    b.write(A, 0, &[(M, 0, 20)], (1, 10), Outcome::Done(20));
    assert_eq!(quirks(b), (vec![], 0));
    let mut b = small();
    let w = b.write(A, 0, &[(M, 0, 20)], (1, 10), Outcome::Failed(Errno::ENOSPC));
    b.fault(w, FaultKind::NoSpace);
    assert_eq!(quirks(b), (vec![], 0));
}

#[test]
fn s1_an_append_of_unknown_place_goes_no_further_than_everything_else() {
    let stat = |size: u32, truncate: bool| {
        let mut b = small();
        let other = b.file(64);
        b.write(A, 100, &[(M, 0, 10)], (1, 2), Outcome::Done(10));
        b.write(other, 300, &[(M, 0, 10)], (1, 2), Outcome::Done(10));
        b.truncate(other, 400, (1, 2));
        if truncate {
            b.truncate(A, 150, (1, 2));
        }
        let segments = b.segments(&[(M, 0, 16)]);
        let call = Call::Write { file: A, offset: None, segments };
        let w = b.call(call, (3, Some(10)), Some(Outcome::Failed(Errno::ENOSPC)));
        b.fault(w, FaultKind::NoSpace);
        b.stat(A, (4, 5), size);
        b
    };
    silent(stat(110, false));
    silent(stat(126, false));
    breaks(stat(127, false), Rule::S1, Class::Size);
    silent(stat(166, true));
    breaks(stat(167, true), Rule::S1, Class::Size);
}

#[test]
fn what_was_decided_in_passing_is_counted() {
    let counts = |b: HistoryBuilder, rule: Rule| {
        let mut checker = Checker::new();
        checker.check(&b.finish(), Profile::Linux);
        checker.exercised().rule(rule)
    };
    let write = |offset: u32, reader: (u32, u32)| {
        let mut b = small();
        let other = b.file(64);
        b.write(A, offset, &[(M, 0, 16)], (5, 10), Outcome::Done(16));
        b.read(A, 0, 16, reader, &content(A, 0, 16));
        b.read(other, 0, 16, (6, 7), &content(other, 0, 16));
        b
    };
    assert_eq!(counts(write(64, (6, 7)), Rule::S2), 1);
    assert_eq!(counts(write(48, (6, 7)), Rule::S2), 0);
    assert_eq!(counts(write(64, (1, 2)), Rule::S2), 0);
    let cut = |size: u32, reader: (u32, u32)| {
        let mut b = small();
        b.truncate(A, size, (3, 4));
        b.read(A, 0, 32, reader, &content(A, 0, 32));
        b
    };
    assert_eq!(counts(cut(31, (5, 6)), Rule::S6), 1);
    assert_eq!(counts(cut(32, (5, 6)), Rule::S6), 0);
    assert_eq!(counts(cut(31, (1, 2)), Rule::S6), 0);
    let copied = |stores: bool| {
        let mut b = small();
        if stores {
            b.store(M, 0, 4, (1, 2));
        }
        b.write(A, 0, &[(M, 0, 16)], (5, 10), Outcome::Done(16));
        b
    };
    assert_eq!((counts(copied(true), Rule::S8), counts(copied(false), Rule::S8)), (1, 0));
}

#[test]
fn a_private_mapping_that_nobody_stores_to_shows_the_file() {
    let mut b = sized(128);
    let map = b.mapping(A, 0, 2, false);
    b.truncate(A, 32, (1, 2));
    b.truncate(A, 128, (3, 4));
    let w = b.write(A, 64, &[(M, 0, 64)], (5, 6), Outcome::Done(64));
    b.load(map, 64, (7, 8), &written(w, M, 0, 64));
    silent(b);
    let mut b = sized(128);
    let (map, shared) = (b.mapping(A, 0, 2, false), b.mapping(A, 0, 2, true));
    let s = b.store(shared, 64, 8, (1, 2));
    b.load(map, 64, (3, 4), &stored(s, 64, 8));
    refuse(&mut b, Some(FileId(0)), (0, 1), 9);
    silent(b);
}
