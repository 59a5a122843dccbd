//! Private mappings, stores past the end, and appends that went nobody knows where.

use crate::fixture::{A, M, breaks, breaks_in, join, silent, sized, small};
use oracle::builder::{HistoryBuilder, content, stored, written, zeroes};
use oracle::{Call, Cell, Class, Errno, FaultKind, FileId, OperationId, Origin, Outcome, Owner, Profile, Rule};

/// A private mapping of two pages, stored to in the second, of a file that is cut and grows again.
fn private(cut: u32, load: (u32, u32), seen: &dyn Fn(OperationId) -> Vec<Cell>) -> HistoryBuilder {
    let mut b = sized(128);
    let map = b.mapping(A, 0, 2, false);
    let first = b.store(map, 0, 8, (1, 2));
    b.store(map, 64, 8, (3, 4));
    b.truncate(A, cut, (5, 6));
    b.truncate(A, 128, (7, 8));
    let seen = seen(first);
    assert_eq!(seen.len() as u32, load.1);
    b.load(map, load.0, (9, 10), &seen);
    b
}

#[test]
fn a_truncate_drops_the_private_copies_of_whole_pages() {
    silent(private(32, (64, 64), &|_| zeroes(64)));
    silent(private(64, (64, 64), &|_| zeroes(64)));
    breaks(private(65, (64, 8), &|_| zeroes(8)), Rule::R1, Class::Zero);
    // The page that is cut in its middle stays.
    silent(private(32, (0, 8), &|first| stored(first, 0, 8)));
    breaks(private(32, (0, 8), &|_| content(A, 0, 8)), Rule::R1, Class::Rollback);
}

/// A private mapping of two pages of a file of one, stored to in the second while a write has made the file longer. The
/// write counts so much of what it has written at 64, and another one makes the file two pages long for good.
fn private_under_a_write(counted: u32) -> HistoryBuilder {
    let mut b = sized(64);
    let map = b.mapping(A, 0, 2, false);
    let outcome = if counted > 0 { Outcome::Done(counted) } else { Outcome::Failed(Errno::EFAULT) };
    let cut_short = b.write(A, 64, &[(M, 0, 64)], (1, 6), outcome);
    b.fault(cut_short, FaultKind::NoMemory);
    b.store(map, 64, 8, (3, 4));
    b.truncate(A, 128, (7, 8));
    b.load(map, 64, (9, 10), &zeroes(8));
    b
}

#[test]
fn a_write_that_failed_drops_the_private_copies_of_pages_that_it_had_added() {
    silent(private_under_a_write(0));
    // What it counted is part of the file, and stays.
    breaks(private_under_a_write(8), Rule::R1, Class::Zero);
}

/// The same under a truncate that makes the file longer, and fails unless it is `done`; another one does it for good.
fn private_under_a_truncate(done: bool, store: u32) -> HistoryBuilder {
    let mut b = sized(64);
    let map = b.mapping(A, 0, 2, false);
    let outcome = if done { Outcome::Done(0) } else { Outcome::Failed(Errno::ENOSPC) };
    let call = Call::Truncate { file: A, size: 128, locked: true };
    let longer = b.call(call, (1, Some(6)), Some(outcome));
    b.fault(longer, FaultKind::NoSpace);
    b.store(map, store, 8, (3, 4));
    b.truncate(A, 128, (7, 8));
    b.load(map, store, (9, 10), &if store < 64 { content(A, store, 8) } else { zeroes(8) });
    b
}

#[test]
fn a_truncate_that_failed_to_make_a_file_longer_drops_the_private_copies_of_pages_that_it_had_added() {
    silent(private_under_a_truncate(false, 64));
    breaks(private_under_a_truncate(true, 64), Rule::R1, Class::Zero);
    // What the file had before stays.
    breaks(private_under_a_truncate(false, 0), Rule::R1, Class::Rollback);
}

#[test]
fn a_truncate_of_another_file_or_one_that_failed_drops_nothing() {
    let kept = |outcome: Option<Outcome>| {
        let mut b = sized(128);
        let other = b.file(128);
        let map = b.mapping(A, 0, 2, false);
        b.store(map, 64, 8, (3, 4));
        match outcome {
            None => b.truncate(other, 0, (5, 6)),
            Some(outcome) => {
                let call = Call::Truncate { file: A, size: 0, locked: true };
                let t = b.call(call, (5, Some(6)), Some(outcome));
                b.fault(t, FaultKind::NoMemory);
                t
            }
        };
        b.load(map, 64, (9, 10), &content(A, 64, 8));
        b
    };
    breaks(kept(None), Rule::R1, Class::Rollback);
    breaks(kept(Some(Outcome::Failed(Errno::ENOMEM))), Rule::R1, Class::Rollback);
}

#[test]
fn a_store_past_the_end_is_seen_by_no_read() {
    let seen = |when: (u32, u32)| {
        let mut b = sized(40);
        let map = b.mapping(A, 0, 1, true);
        b.truncate(A, 64, (1, 20));
        let s = b.store(map, 44, 4, when);
        b.read(A, 44, 4, (10, 12), &stored(s, 44, 4));
        b
    };
    // It may have come after the file had grown.
    silent(seen((5, 6)));
    breaks(seen((13, 14)), Rule::R1, Class::Garbage);
    let past = |when: (u32, u32)| {
        let mut b = sized(40);
        let map = b.mapping(A, 0, 1, true);
        let s = b.store(map, 44, 4, when);
        b.truncate(A, 64, (14, 20));
        b.read(A, 44, 4, (10, 14), &stored(s, 44, 4));
        b
    };
    breaks_in(past((5, 6)), Profile::PosixStrict, Rule::S7, Class::EofPollution);
}

/// An append that failed, from `source`; somebody looks meanwhile or after.
fn failed_append(mapped: bool, reader: (u32, u32), seen: &dyn Fn(OperationId) -> Cell) -> HistoryBuilder {
    let mut b = small();
    let other = b.file(64);
    let map = b.mapping(other, 0, 1, true);
    let segments = b.segments(&[(if mapped { map } else { M }, 0, 16)]);
    let call = Call::Write { file: A, offset: None, segments };
    let w = b.call(call, (1, Some(10)), Some(Outcome::Failed(Errno::ENOSPC)));
    b.fault(w, FaultKind::NoSpace);
    let seen = seen(w);
    b.read(A, 64, 1, reader, &[seen]);
    b
}

#[test]
fn an_append_that_failed_shows_its_source_while_it_is_under_way() {
    let own = |w: OperationId| written(w, M, 5, 1)[0];
    silent(failed_append(false, (3, 5), &own));
    breaks(failed_append(false, (11, 12), &own), Rule::S5, Class::Overrun);
    let mapped = |_: OperationId| content(FileId(1), 5, 1)[0];
    silent(failed_append(true, (3, 5), &mapped));
    breaks(failed_append(false, (3, 5), &mapped), Rule::R1, Class::ForeignFile);
    breaks(failed_append(true, (3, 5), &|_| zeroes(1)[0]), Rule::S2, Class::Zero);
}

#[test]
fn an_append_that_failed_shows_no_memory() {
    let uninitialised = Cell::new(Origin::Uninitialised { frame: 3, before: Owner::Kernel });
    for mapped in [false, true] {
        breaks(failed_append(mapped, (3, 5), &|_| uninitialised), Rule::R1, Class::Uninit);
    }
}

#[test]
fn a_source_past_the_end_is_zero_to_the_end_of_its_page() {
    let copied = |tail: Vec<Cell>| {
        let mut b = small();
        let other = b.file(40);
        let map = b.mapping(other, 0, 1, true);
        b.write(A, 0, &[(map, 0, 64)], (1, 10), Outcome::Done(64));
        b.rest(A, &join(&[content(other, 0, 40), tail]));
        b
    };
    silent(copied(zeroes(24)));
    let uninitialised = Cell::new(Origin::Uninitialised { frame: 3, before: Owner::Kernel });
    breaks(copied(vec![uninitialised; 24]), Rule::R1, Class::Uninit);
    breaks(copied(content(FileId(1), 40, 24)), Rule::R1, Class::ForeignFile);
}

#[test]
fn two_reads_of_two_writes_at_once_see_them_in_one_order() {
    let both = |second: (u32, u32)| {
        let mut b = small();
        let one = b.write(A, 0, &[(M, 0, 64)], (1, 20), Outcome::Done(64));
        let two = b.write(A, 0, &[(M, 64, 64)], (2, 21), Outcome::Done(64));
        b.read(A, 0, 64, (3, 4), &written(one, M, 0, 64));
        b.read(A, 0, 64, (5, 6), &written(two, M, 64, 64));
        b.read(A, 0, 64, second, &written(one, M, 0, 64));
        b.rest(A, &written(two, M, 64, 64));
        b
    };
    breaks(both((7, 8)), Rule::R2, Class::Rollback);
    silent(both((3, 5)));
    silent(both((4, 5)));
}

#[test]
fn a_pair_of_writes_meets_in_its_second_segments_too() {
    let met = |winners: fn(OperationId, OperationId) -> Vec<Cell>| {
        let mut b = small();
        let one = b.write(A, 0, &[(M, 0, 8), (M, 64, 16)], (1, 10), Outcome::Done(24));
        let two = b.write(A, 8, &[(M, 128, 8), (M, 192, 8)], (2, 11), Outcome::Done(16));
        let middle = winners(one, two);
        b.rest(A, &join(&[written(one, M, 0, 8), middle, content(A, 24, 40)]));
        b
    };
    silent(met(|one, _| written(one, M, 64, 16)));
    silent(met(|_, two| [written(two, M, 128, 8), written(two, M, 192, 8)].concat()));
    breaks(met(|one, two| [written(one, M, 64, 8), written(two, M, 192, 8)].concat()), Rule::R4, Class::Torn);
    breaks(met(|one, two| [written(two, M, 128, 8), written(one, M, 72, 8)].concat()), Rule::R4, Class::Torn);
}

#[test]
fn appends_may_meet_where_a_truncate_came_between() {
    let appends = |truncate: (u32, u32), second: u32| {
        let mut b = small();
        b.append(A, 64, &[(M, 0, 10)], (1, 5), Outcome::Done(10));
        b.truncate(A, 64, truncate);
        b.append(A, second, &[(M, 16, 10)], (8, 12), Outcome::Done(10));
        b
    };
    silent(appends((6, 7), 64));
    breaks(appends((13, 14), 64), Rule::R4, Class::AppendOverlap);
    breaks(appends((6, 7), 70), Rule::R4, Class::AppendOverlap);
}
