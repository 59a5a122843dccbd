//! Q2: a store past the end of the file surfaces where the file grows over it, and not where something was put in its
//! place.

use crate::fixture::{A, M, breaks, silent, sized, small, verdicts};
use oracle::builder::{HistoryBuilder, content, stored, written};
use oracle::{Call, Class, Outcome, Profile, Rule};

/// A store of 4 cells at 44 of a file of 40, and a read of them.
fn read_back(store: (u32, u32), reader: (u32, u32), between: impl Fn(&mut HistoryBuilder)) -> HistoryBuilder {
    let mut b = sized(40);
    let map = b.mapping(A, 0, 1, true);
    let s = b.store(map, 44, 4, store);
    between(&mut b);
    b.read(A, 44, 4, reader, &stored(s, 44, 4));
    b
}

fn write(b: &mut HistoryBuilder, offset: u32, length: u32, when: (u32, u32)) {
    b.write(A, offset, &[(M, 0, length)], when, Outcome::Done(length));
}

#[test]
fn s7_only_growth_over_the_place_lets_a_store_surface() {
    silent(read_back((1, 2), (7, 8), |b| write(b, 50, 4, (3, 4))));
    breaks(read_back((1, 2), (7, 8), |b| write(b, 40, 16, (3, 4))), Rule::S7, Class::EofPollution);
    breaks(read_back((1, 2), (7, 8), |b| write(b, 44, 16, (3, 4))), Rule::S7, Class::EofPollution);
    silent(read_back((1, 2), (7, 8), |b| {
        b.truncate(A, 64, (8, 9));
    }));
    silent(read_back((3, 4), (7, 8), |b| {
        b.truncate(A, 64, (1, 3));
    }));
}

#[test]
fn s7_what_was_put_in_its_place_since_hides_a_store() {
    let grown = |b: &mut HistoryBuilder| {
        b.truncate(A, 64, (3, 4));
    };
    let after = |when: (u32, u32)| {
        read_back((1, 2), (7, 9), |b| {
            grown(b);
            write(b, 44, 4, when);
        })
    };
    breaks(after((5, 6)), Rule::S7, Class::EofPollution);
    silent(after((5, 8)));
    silent(after((1, 6)));
    let punched = read_back((1, 2), (7, 9), |b| {
        grown(b);
        b.done(Call::Punch { file: A, offset: 44, length: 4 }, (5, 6));
    });
    breaks(punched, Rule::S7, Class::EofPollution);
}

#[test]
fn r2_what_two_writes_copied_alike_may_be_either() {
    let mut b = small();
    let other = b.file(64);
    let map = b.mapping(other, 0, 1, true);
    b.write(A, 0, &[(map, 0, 64)], (1, 2), Outcome::Done(64));
    let w = b.write(A, 0, &[(M, 0, 64)], (3, 30), Outcome::Done(64));
    b.write(A, 0, &[(map, 0, 64)], (4, 31), Outcome::Done(64));
    b.read(A, 0, 64, (5, 6), &content(other, 0, 64));
    b.read(A, 0, 64, (7, 8), &written(w, M, 0, 64));
    b.read(A, 0, 64, (9, 10), &content(other, 0, 64));
    silent(b);
    let mut b = small();
    let other = b.file(64);
    let map = b.mapping(other, 0, 1, true);
    b.write(A, 0, &[(map, 0, 64)], (2, 20), Outcome::Done(64));
    b.read(A, 0, 64, (3, 4), &content(other, 0, 64));
    b.read(A, 0, 64, (5, 6), &content(A, 0, 64));
    breaks(b, Rule::R2, Class::Rollback);
}

#[test]
fn s7_growth_that_may_not_have_come_yet_lets_a_store_surface_if_it_is_no_data_over_it() {
    let in_flight = |offset: u32| read_back((1, 2), (5, 6), |b| write(b, offset, 16, (3, 20)));
    for offset in [40, 44] {
        breaks(in_flight(offset), Rule::S7, Class::EofPollution);
    }
    silent(in_flight(48));
}

#[test]
fn s7_growth_before_the_store_or_after_the_look_lets_nothing_surface() {
    let resized = |sizes: &[(u32, (u32, u32))], store: (u32, u32), reader: (u32, u32)| {
        read_back(store, reader, |b| {
            for &(size, when) in sizes {
                b.truncate(A, size, when);
            }
        })
    };
    breaks(resized(&[(64, (9, 10))], (1, 2), (7, 8)), Rule::S7, Class::EofPollution);
    breaks(resized(&[(64, (1, 2)), (40, (3, 4))], (5, 6), (7, 8)), Rule::S7, Class::EofPollution);
    // It ends where the store begins.
    breaks(resized(&[(44, (3, 4))], (1, 2), (7, 8)), Rule::S7, Class::EofPollution);
}

#[test]
fn s7_what_the_file_was_before_it_was_cut_lets_nothing_surface() {
    let mut b = small();
    let map = b.mapping(A, 0, 1, true);
    b.truncate(A, 40, (1, 2));
    let s = b.store(map, 44, 4, (3, 4));
    b.read(A, 44, 4, (5, 6), &stored(s, 44, 4));
    breaks(b, Rule::S7, Class::EofPollution);
}

#[test]
fn s7_growth_that_returned_as_the_store_was_called_may_have_come_after_it() {
    let told = |grown: (u32, u32)| {
        let b = read_back((3, 4), (7, 8), |b| {
            b.truncate(A, 64, grown);
            b.truncate(A, 40, (5, 6));
        });
        verdicts(b, Profile::Linux).iter().map(|it| it.rule).collect::<Vec<_>>()
    };
    // The file was cut again: the read is too long in any case, and the cut has cleared what was stored past the end.
    // What was stored in the file, and not past its end, was cut off.
    assert_eq!(told((1, 3)), [Rule::S7, Rule::S1]);
    assert_eq!(told((1, 2)), [Rule::S6, Rule::S1]);
}
