//! Where a rule begins and ends: times that touch, ranges that touch, what is told of whom.

use crate::fixture::{A, M, breaks, join, silent, sized, small, verdicts, whole_write};
use crate::losses::refuse;
use oracle::builder::{HistoryBuilder, content, stored, written, zeroes};
use oracle::{
    BlockCensus, Call, Cell, Checker, Class, Errno, Failure, FaultKind, FileId, OperationId, Outcome, Profile, Rule,
    Way,
};

const DONE: Outcome = Outcome::Done(0);
const EIO: Outcome = Outcome::Failed(Errno::EIO);

fn census(total: u32, mapped: Vec<(FileId, u32, u32)>, free: Vec<u32>) -> HistoryBuilder {
    let mut b = small();
    b.rest(A, &content(A, 0, 64));
    b.history().blocks = Some(BlockCensus { block: 32, mapped, free, total });
    b
}

#[test]
fn s10_says_which_block_and_where() {
    let it = breaks(census(4, vec![(A, 0, 2), (A, 1, 0)], vec![0, 1, 3]), Rule::S10, Class::LeakedBlock);
    assert_eq!((it.file, it.start, it.end), (Some(A), 32, 64));
    assert_eq!(it.message, "block 0 has two owners, or is free and owned");
    let it = breaks(census(4, vec![(A, 0, 2), (A, 1, 0)], vec![3]), Rule::S10, Class::LeakedBlock);
    assert_eq!((it.file, it.message.as_str()), (None, "block 1 is neither free nor owned"));
    let it = breaks(census(5, vec![(A, 0, 2), (A, 2, 0), (A, 3, 4)], vec![1, 3]), Rule::S10, Class::LeakedBlock);
    assert_eq!((it.start, it.end, it.message.as_str()), (64, 96, "block 0 lies past the end of its file"));
}

#[test]
fn s10_counts_many_blocks() {
    for total in [128, 129, 200] {
        let free = |except: [u32; 2]| (0..total).filter(|it| !except.contains(it)).collect();
        silent(census(total, vec![(A, 0, 2), (A, 1, 127)], free([2, 127])));
        let it = breaks(census(total, vec![(A, 0, 2), (A, 1, 127)], free([2, 2])), Rule::S10, Class::LeakedBlock);
        assert_eq!((it.start, it.end), (32, 64));
    }
}

#[test]
fn s10_a_block_is_one_of_the_disk() {
    for total in [4, 128, 129] {
        let free: Vec<u32> = (0..total).filter(|it| ![2, 3].contains(it)).collect();
        silent(census(total, vec![(A, 0, 2), (A, 1, 3)], free.clone()));
        let it = breaks(census(total, vec![(A, 0, 2), (A, 1, total)], free), Rule::S10, Class::LeakedBlock);
        assert_eq!((it.start, it.end, it.message), (32, 64, format!("the disk has no block {total}")));
    }
}

fn read_error(offset: u32, length: u32, failed: (u32, u32)) -> HistoryBuilder {
    let mut b = sized(512);
    b.call(Call::Read { file: A, offset, length }, (3, Some(4)), Some(EIO));
    let (kind, file) = (FaultKind::ReadError, Some(A));
    b.history().failures.push(Failure { kind, file, start: failed.0, end: failed.1, at: 4, by: None });
    b
}

#[test]
fn s4_a_read_fails_with_the_disk_in_its_own_pages() {
    silent(read_error(70, 10, (64, 65)));
    silent(read_error(70, 10, (127, 128)));
    breaks(read_error(70, 10, (63, 64)), Rule::S4, Class::Return);
    breaks(read_error(70, 10, (128, 129)), Rule::S4, Class::Return);
    silent(read_error(64, 0, (100, 101)));
    breaks(read_error(64, 0, (128, 129)), Rule::S4, Class::Return);
    let mut late = read_error(70, 10, (64, 65));
    late.history().failures[0].at = 5;
    assert_eq!(breaks(late, Rule::S4, Class::Return).file, Some(A));
}

#[test]
fn s4_what_changes_nothing_fails_if_any_disk_did() {
    let other = |fails: bool| {
        let mut b = small();
        b.call(Call::Other, (3, Some(4)), Some(EIO));
        if fails {
            refuse(&mut b, Some(A), (0, 1), 3);
        }
        b
    };
    silent(other(true));
    breaks(other(false), Rule::S4, Class::Return);
}

/// Two calls of fsync, and a write to the disk that failed at a moment.
fn two_fsyncs(at: u32, one: ((u32, u32), Outcome), two: ((u32, u32), Outcome)) -> HistoryBuilder {
    let mut b = small();
    refuse(&mut b, Some(A), (0, 16), at);
    for ((from, to), outcome) in [one, two] {
        b.call(Call::Fsync { file: A }, (from, Some(to)), Some(outcome));
    }
    b
}

#[test]
fn s4_an_fsync_tells_of_an_error_once() {
    breaks(two_fsyncs(1, ((3, 4), EIO), ((5, 6), EIO)), Rule::S4, Class::Return);
    silent(two_fsyncs(1, ((3, 5), EIO), ((5, 6), EIO)));
    silent(two_fsyncs(3, ((3, 4), EIO), ((5, 6), EIO)));
    silent(two_fsyncs(6, ((1, 2), DONE), ((5, 6), EIO)));
    breaks(two_fsyncs(7, ((1, 2), DONE), ((5, 6), EIO)), Rule::S4, Class::Return);
}

#[test]
fn s4_an_fsync_that_succeeds_leaves_nothing_untold() {
    silent(two_fsyncs(1, ((2, 3), EIO), ((4, 5), DONE)));
    silent(two_fsyncs(3, ((2, 3), EIO), ((4, 5), DONE)));
    silent(two_fsyncs(4, ((1, 2), DONE), ((4, 5), DONE)));
    breaks(two_fsyncs(4, ((1, 2), DONE), ((5, 6), DONE)), Rule::S4, Class::Return);
    silent(two_fsyncs(1, ((4, 5), DONE), ((5, 8), EIO)));
    breaks(two_fsyncs(1, ((4, 5), DONE), ((6, 8), EIO)), Rule::S4, Class::Return);
    let mut early = two_fsyncs(4, ((2, 3), Outcome::Failed(Errno::EINTR)), ((5, 6), DONE));
    early.fault(OperationId(0), FaultKind::Signal);
    breaks(early, Rule::S4, Class::Return);
}

#[test]
fn s4_who_fell_short_has_told() {
    let written_by = |outcome: Outcome| {
        let mut b = small();
        let w = b.write(A, 0, &[(M, 0, 16)], (1, 2), outcome);
        b.failure(w, FaultKind::WriteError, A, (32, 48), 2);
        b.fault(w, FaultKind::FailedCommit);
        b.done(Call::Fsync { file: A }, (3, 4));
        b
    };
    silent(written_by(Outcome::Done(8)));
    silent(written_by(EIO));
    breaks(written_by(Outcome::Done(16)), Rule::S4, Class::Return);
}

/// The writeback is under way when the fsync is called, and a truncate has taken what was refused.
#[test]
fn s4_nobody_knows_of_an_error_whose_writer_is_under_way() {
    let written_until = |returned: u32, size: u32, cut: (u32, u32)| {
        let mut b = small();
        let w = b.call(Call::Other, (1, Some(returned)), Some(DONE));
        b.failure(w, FaultKind::WriteError, A, (32, 48), 2);
        b.done(Call::Truncate { file: A, size, locked: true }, cut);
        b.done(Call::Fsync { file: A }, (5, 6));
        b
    };
    silent(written_until(7, 0, (3, 4)));
    silent(written_until(7, 32, (3, 4)));
    breaks(written_until(7, 40, (3, 4)), Rule::S4, Class::Return);
    breaks(written_until(4, 0, (3, 4)), Rule::S4, Class::Return);
    breaks(written_until(9, 0, (7, 8)), Rule::S4, Class::Return);
}

/// The power went out before it could.
#[test]
fn s4_who_never_returned_would_have_told() {
    let sent_by = |returned: Option<u32>| {
        let mut b = small();
        let other = b.call(Call::Fsync { file: A }, (1, returned), returned.map(|_| DONE));
        b.failure(other, FaultKind::WriteError, A, (32, 48), 2);
        b.done(Call::Fsync { file: A }, (4, 5));
        b
    };
    silent(sent_by(None));
    breaks(sent_by(Some(3)), Rule::S4, Class::Return);
}

/// A store that got `SIGBUS` at its end: its beginning may be there. Two reads, of the last 4 cells of the file.
fn broken_store(first: &dyn Fn(OperationId) -> Vec<Cell>, second: &dyn Fn(OperationId) -> Vec<Cell>) -> HistoryBuilder {
    let mut b = small();
    let map = b.mapping(A, 0, 2, true);
    let s = b.call(Call::Store { memory: map, offset: 60, length: 8 }, (1, Some(2)), Some(Outcome::BusError));
    let (first, second) = (first(s), second(s));
    b.read(A, 60, 4, (3, 4), &first);
    b.read(A, 60, 4, (5, 6), &second);
    b
}

#[test]
fn r2_what_may_not_have_happened_orders_only_if_it_was_seen() {
    let old = |_: OperationId| content(A, 60, 4);
    let new = |s: OperationId| stored(s, 60, 4);
    let half = |s: OperationId| join(&[stored(s, 60, 2), content(A, 62, 2)]);
    silent(broken_store(&old, &old));
    silent(broken_store(&new, &new));
    silent(broken_store(&half, &half));
    let it = breaks(broken_store(&new, &old), Rule::R2, Class::Rollback);
    assert_eq!((it.start, it.end, it.operation), (60, 64, Some(OperationId(2))));
    let it = breaks(broken_store(&new, &half), Rule::R2, Class::Rollback);
    assert_eq!((it.start, it.end), (62, 64));
    let it = breaks(broken_store(&half, &old), Rule::R2, Class::Rollback);
    assert_eq!((it.start, it.end), (60, 62));
}

#[test]
fn r2_a_write_may_copy_twice_around_a_store() {
    let around = |store: (u32, u32), write: (u32, u32), last: bool| {
        let mut b = small();
        let map = b.mapping(A, 0, 1, true);
        let s = b.store(map, 0, 64, store);
        let w = b.write(A, 0, &[(M, 0, 64)], write, Outcome::Done(64));
        b.read(A, 0, 64, (5, 6), &written(w, M, 0, 64));
        b.read(A, 0, 64, (7, 8), &stored(s, 0, 64));
        if last {
            b.read(A, 0, 64, (9, 10), &written(w, M, 0, 64));
        }
        b
    };
    silent(around((1, 20), (2, 19), true));
    silent(around((1, 20), (2, 19), false));
    breaks(around((1, 2), (3, 19), false), Rule::R2, Class::Rollback);
    let mut b = small();
    let map = b.mapping(A, 0, 1, true);
    let (s, t) = (b.store(map, 0, 64, (1, 20)), b.store(map, 0, 64, (2, 19)));
    for (seen, when) in [(s, (3, 4)), (t, (5, 6)), (s, (7, 8))] {
        b.read(A, 0, 64, when, &stored(seen, 0, 64));
    }
    breaks(b, Rule::R2, Class::Rollback);
}

#[test]
fn s7_signals_have_reasons() {
    let load = |outcome: Outcome, fault: Option<FaultKind>, unmapped: bool| {
        let mut b = small();
        let map = b.mapping(A, 0, 1, true);
        if unmapped {
            b.done(Call::Unmap { memory: map, first: 0, pages: 1 }, (1, 2));
        }
        let l = b.call(Call::Load { memory: map, offset: 0, length: 4 }, (3, Some(4)), Some(outcome));
        fault.into_iter().for_each(|it| b.fault(l, it));
        b
    };
    silent(load(Outcome::SegmentationFault, None, true));
    silent(load(Outcome::BusError, Some(FaultKind::NoMemory), false));
    silent(load(Outcome::BusError, Some(FaultKind::NoSpace), false));
    breaks(load(Outcome::BusError, Some(FaultKind::Signal), false), Rule::S7, Class::Return);
    breaks(load(Outcome::SegmentationFault, Some(FaultKind::NoMemory), false), Rule::S7, Class::Return);
    breaks(load(Outcome::SegmentationFault, Some(FaultKind::NoSpace), false), Rule::S7, Class::Return);
}

#[test]
fn s7_counts_looks_through_mappings() {
    let mut b = small();
    let map = b.mapping(A, 0, 1, true);
    b.load(map, 0, (1, 2), &content(A, 0, 4));
    b.load(M, 0, (3, 4), &oracle::builder::pristine(M, 0, 4));
    b.call(Call::Load { memory: map, offset: 0, length: 4 }, (5, None), None);
    let never = b.call(Call::Load { memory: map, offset: 0, length: 4 }, (7, Some(8)), Some(Outcome::Done(4)));
    b.history().operations[never.index()].invoked = None;
    let mut checker = Checker::new();
    checker.check(&b.finish(), Profile::Linux);
    assert_eq!(checker.exercised().rule(Rule::S7), 1);
}

#[test]
fn each_way_of_looking_at_rest_is_judged() {
    let looks = |read: bool, mapped: bool, evicted: bool| {
        let mut b = small();
        let w = whole_write(&mut b, (1, 2));
        let seen = |right: bool| join(&[written(w, M, 0, 32), if right { written(w, M, 32, 32) } else { zeroes(32) }]);
        b.rest_by(A, Way::Read, 64, &seen(read));
        b.rest_by(A, Way::Mapping, 64, &seen(mapped));
        b.rest_by(A, Way::Evicted, 64, &seen(evicted));
        verdicts(b, Profile::Linux).iter().map(|it| (it.way, it.start, it.end)).collect::<Vec<_>>()
    };
    assert_eq!(looks(true, true, true), []);
    assert_eq!(looks(true, true, false), [(Some(Way::Evicted), 32, 64)]);
    assert_eq!(looks(true, false, true), [(Some(Way::Mapping), 32, 64)]);
    assert_eq!(looks(false, false, false), [(Some(Way::Read), 32, 64)]);
    assert_eq!(looks(false, true, true), [(Some(Way::Read), 32, 64)]);
    assert_eq!(looks(true, false, false), [(Some(Way::Mapping), 32, 64)]);
}
