//! Histories that look wrong and are not: the checker must be silent about every one of them.

use oracle::builder::{HistoryBuilder, content, stored, written, zeroes};
use oracle::{Call, Cell, Checker, FaultKind, FileId, MemoryId, Origin, Outcome, Profile};

const A: FileId = FileId(0);
const M: MemoryId = MemoryId(0);

fn file_of(size: u32) -> HistoryBuilder {
    let mut b = HistoryBuilder::new(64);
    b.file(size);
    b.memory(4);
    b
}

#[track_caller]
fn silent(b: HistoryBuilder, profile: Profile) {
    let history = b.finish();
    let mut checker = Checker::new();
    let found = checker.check(&history, profile);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn zeroes_in_the_gap_of_a_write_past_the_end() {
    let mut b = file_of(64);
    let w = b.write(A, 100, &[(M, 0, 10)], (1, 10), Outcome::Done(10));
    b.read(A, 60, 50, (3, 5), &[content(A, 60, 4), zeroes(30)].concat());
    b.rest(A, &[content(A, 0, 64), zeroes(36), written(w, M, 0, 10)].concat());
    silent(b, Profile::PosixStrict);
}

#[test]
fn a_read_torn_between_pages() {
    let mut b = file_of(128);
    let w = b.write(A, 0, &[(M, 0, 128)], (1, 10), Outcome::Done(128));
    b.read(A, 0, 128, (3, 5), &[written(w, M, 0, 64), content(A, 64, 64)].concat());
    b.rest(A, &written(w, M, 0, 128));
    silent(b, Profile::Linux);
}

#[test]
fn new_old_new_across_three_pages() {
    let mut b = file_of(192);
    let w = b.write(A, 0, &[(M, 0, 192)], (1, 10), Outcome::Done(192));
    b.read(A, 0, 192, (3, 5), &[written(w, M, 0, 64), content(A, 64, 64), written(w, M, 128, 64)].concat());
    b.rest(A, &written(w, M, 0, 192));
    silent(b, Profile::Linux);
}

#[test]
fn a_short_write_at_a_chunk_s_floor() {
    let mut b = file_of(128);
    b.unreadable(M, 1);
    let w = b.write(A, 40, &[(M, 0, 80)], (1, 10), Outcome::Done(24));
    b.rest(A, &[content(A, 0, 40), written(w, M, 0, 24), content(A, 64, 64)].concat());
    silent(b, Profile::Linux);
}

#[test]
fn a_reader_that_sees_a_prefix_and_then_the_size_moves_on() {
    let mut b = file_of(0);
    let w = b.write(A, 0, &[(M, 0, 128)], (1, 10), Outcome::Done(128));
    b.read(A, 0, 128, (3, 5), &written(w, M, 0, 64));
    b.stat(A, (6, 6), 64);
    b.stat(A, (7, 7), 128);
    b.rest(A, &written(w, M, 0, 128));
    silent(b, Profile::Linux);
}

#[test]
fn a_source_changed_during_the_write() {
    for new in [false, true] {
        let mut b = file_of(64);
        let s = b.store(M, 16, 16, (3, 4));
        let w = b.write(A, 0, &[(M, 0, 64)], (1, 10), Outcome::Done(64));
        let middle = if new { stored(s, 16, 16) } else { written(w, M, 16, 16) };
        b.rest(A, &[written(w, M, 0, 16), middle, written(w, M, 32, 32)].concat());
        silent(b, Profile::PosixStrict);
    }
}

#[test]
fn a_page_rolled_back_after_an_injected_eio() {
    for overwritten in [false, true] {
        let mut b = file_of(64);
        let w = b.write(A, 0, &[(M, 0, 64)], (1, 4), Outcome::Done(64));
        b.read(A, 0, 64, (5, 6), &written(w, M, 0, 64));
        let writeback = b.done(Call::Other, (7, 8));
        b.failure(writeback, FaultKind::WriteError, A, (0, 64), 8);
        let first = Cell::new(Origin::Overwritten { file: A, offset: 0 });
        let before: Vec<Cell> = (0..64).map(|at| first.advance(at)).collect();
        b.rest(A, &if overwritten { before } else { content(A, 0, 64) });
        let history = b.finish();
        let found = Checker::new().check(&history, Profile::Linux).to_vec();
        // Content may come back; what was older than the beginning only while no write has made it the older of two.
        assert!(found.is_empty(), "overwritten {overwritten}: {found:#?}");
    }
}

#[test]
fn zeroes_of_a_concurrent_punch_inside_its_range() {
    let mut b = file_of(128);
    b.done(Call::Punch { file: A, offset: 32, length: 64 }, (1, 10));
    b.read(A, 0, 128, (3, 5), &[content(A, 0, 40), zeroes(20), content(A, 60, 68)].concat());
    b.rest(A, &[content(A, 0, 32), zeroes(64), content(A, 96, 32)].concat());
    silent(b, Profile::Linux);
}

#[test]
fn zeroes_of_a_racing_truncate() {
    let mut b = file_of(64);
    b.truncate(A, 20, (1, 10));
    b.read(A, 0, 64, (3, 5), &[content(A, 0, 20), zeroes(44)].concat());
    b.rest(A, &content(A, 0, 20));
    silent(b, Profile::Linux);
}

#[test]
fn a_read_over_two_writes_in_flight() {
    let mut b = file_of(64);
    let one = b.write(A, 0, &[(M, 0, 64)], (1, 10), Outcome::Done(64));
    let two = b.write(A, 0, &[(M, 64, 64)], (2, 11), Outcome::Done(64));
    let seen = [written(one, M, 0, 20), written(two, M, 84, 20), content(A, 40, 24)].concat();
    b.read(A, 0, 64, (3, 5), &seen);
    b.rest(A, &written(two, M, 64, 64));
    silent(b, Profile::Linux);
}

#[test]
fn a_past_the_end_store_read_back_through_the_same_page() {
    let mut b = file_of(40);
    let map = b.mapping(A, 0, 1, true);
    let s = b.store(map, 44, 4, (1, 2));
    b.load(map, 40, (3, 4), &[zeroes(4), stored(s, 44, 4), zeroes(16)].concat());
    b.rest_by(A, oracle::Way::Read, 40, &content(A, 0, 40));
    let page = [content(A, 0, 40), zeroes(4), stored(s, 44, 4), zeroes(16)].concat();
    b.rest_by(A, oracle::Way::Mapping, 40, &page);
    silent(b, Profile::PosixStrict);
}

#[test]
fn zeroes_of_different_makers_are_one_value() {
    use oracle::ZeroSite;
    let mut b = file_of(10);
    b.truncate(A, 64, (1, 2));
    let hole = vec![Cell::zero(ZeroSite::ReadHole, None); 54];
    b.read(A, 0, 64, (3, 4), &[content(A, 0, 10), hole].concat());
    b.rest(A, &[content(A, 0, 10), zeroes(54)].concat());
    silent(b, Profile::PosixStrict);
}

#[test]
fn a_private_mapping_keeps_an_old_copy() {
    let mut b = file_of(64);
    let map = b.mapping(A, 0, 1, false);
    let s = b.store(map, 0, 4, (1, 2));
    let w = b.write(A, 0, &[(M, 0, 64)], (3, 4), Outcome::Done(64));
    b.load(map, 0, (5, 6), &[stored(s, 0, 4), content(A, 4, 60)].concat());
    b.rest(A, &written(w, M, 0, 64));
    silent(b, Profile::PosixStrict);
}

#[test]
fn a_write_that_never_returned_may_have_got_anywhere() {
    let mut b = file_of(64);
    let segments = b.segments(&[(M, 0, 64)]);
    let call = Call::Write { file: A, offset: Some(0), segments };
    let w = b.call(call, (1, None), None);
    b.read(A, 0, 64, (3, 5), &[written(w, M, 0, 20), content(A, 20, 44)].concat());
    silent(b, Profile::Linux);
}
