//! S6 and S7: what is cut off, and what a mapping shows past the end.

use crate::fixture::{A, M, breaks, breaks_in, join, silent, sized, small};
use oracle::builder::{HistoryBuilder, content, stored, written, zeroes};
use oracle::{Call, Cell, Checker, Class, MemoryId, Outcome, Persistence, Profile, Quirk, Rule};

#[test]
fn s6_what_was_cut_off_stays_away() {
    let regrown = |tail: Vec<Cell>| {
        let mut b = small();
        b.truncate(A, 30, (1, 2));
        b.truncate(A, 64, (3, 4));
        b.rest(A, &join(&[content(A, 0, 30), tail]));
        b
    };
    let it = breaks(regrown(content(A, 30, 34)), Rule::S6, Class::Resurrected);
    assert_eq!(it.persistence, Some(Persistence::Persistent));
    silent(regrown(zeroes(34)));
}

#[test]
fn s6_a_reader_that_races_with_a_truncate() {
    let race = || {
        let mut b = small();
        b.truncate(A, 30, (1, 10));
        b.read(A, 0, 64, (2, 5), &join(&[content(A, 0, 30), zeroes(34)]));
        b.rest(A, &content(A, 0, 30));
        b
    };
    let mut checker = Checker::new();
    assert!(checker.check(&race().finish(), Profile::Linux).is_empty());
    assert!(checker.exercised().quirk(Quirk::TruncateZeroes) > 0);
    breaks_in(race(), Profile::PosixStrict, Rule::S6, Class::Zero);
}

fn mapped(size: u32, pages: u32) -> (HistoryBuilder, MemoryId) {
    let mut b = sized(size);
    let map = b.mapping(A, 0, pages, true);
    (b, map)
}

#[test]
fn s7_past_the_end_of_the_last_page() {
    let load = |tail: Vec<Cell>| {
        let (mut b, map) = mapped(40, 1);
        b.load(map, 0, (1, 2), &join(&[content(A, 0, 40), tail]));
        b
    };
    silent(load(zeroes(24)));
    let (mut b, map) = mapped(40, 1);
    let w = b.write(A, 36, &[(M, 0, 20)], (1, 2), Outcome::Done(20));
    b.truncate(A, 40, (3, 4));
    b.load(map, 40, (5, 6), &written(w, M, 4, 16));
    breaks(b, Rule::S7, Class::EofPollution);
}

#[test]
fn s7_sigbus_only_past_the_end() {
    let bus = |offset: u32| {
        let (mut b, map) = mapped(40, 2);
        let call = Call::Load { memory: map, offset, length: 4 };
        b.call(call, (1, Some(2)), Some(Outcome::BusError));
        b
    };
    breaks(bus(0), Rule::S7, Class::Return);
    breaks(bus(60), Rule::S7, Class::Return);
    silent(bus(64));
    silent(bus(62));
    let (mut b, map) = mapped(40, 2);
    b.load(map, 64, (1, 2), &zeroes(4));
    breaks(b, Rule::S7, Class::EofPollution);
}

#[test]
fn s7_q2_a_store_past_the_end_surfaces() {
    let surfaces = || {
        let (mut b, map) = mapped(40, 1);
        let s = b.store(map, 44, 4, (1, 2));
        b.truncate(A, 64, (3, 4));
        b.rest(A, &join(&[content(A, 0, 40), zeroes(4), stored(s, 44, 4), zeroes(16)]));
        b
    };
    let mut checker = Checker::new();
    assert!(checker.check(&surfaces().finish(), Profile::Linux).is_empty());
    assert!(checker.exercised().quirk(Quirk::PastEndStore) > 0);
    breaks_in(surfaces(), Profile::PosixStrict, Rule::S7, Class::EofPollution);
}

#[test]
fn s2_a_truncate_without_the_inodes_lock_comes_between_two_chunks() {
    let cut = |locked: bool, when: (u32, u32)| {
        let mut b = sized(0);
        let w = b.write(A, 16, &[(M, 0, 64)], (1, 10), Outcome::Done(64));
        b.done(Call::Truncate { file: A, size: 0, locked }, when);
        b.rest(A, &join(&[zeroes(64), written(w, M, 48, 16)]));
        b
    };
    silent(cut(false, (2, 5)));
    breaks(cut(true, (2, 5)), Rule::S2, Class::Zero);
    // One that comes after the write cuts all of it off.
    breaks(cut(false, (11, 12)), Rule::S1, Class::Size);
}
