//! S8: what a write copies.

use crate::fixture::{A, M, breaks, join, silent, small, verdicts};
use oracle::builder::{content, pristine, stored, written, zeroes};
use oracle::{Call, Cell, Class, FileId, OperationId, Outcome, Profile, Rule};

#[test]
fn s8_a_mapped_source_is_copied_as_it_was() {
    let copied = |seen: &dyn Fn(FileId, OperationId) -> Vec<Cell>| {
        let mut b = small();
        let other = b.file(64);
        let map = b.mapping(other, 0, 1, true);
        let s = b.store(map, 8, 8, (4, 5));
        b.write(A, 0, &[(map, 0, 32)], (2, 10), Outcome::Done(32));
        let seen = seen(other, s);
        b.rest(A, &join(&[seen, content(A, 32, 32)]));
        b
    };
    silent(copied(&|other, _| content(other, 0, 32)));
    silent(copied(&|other, s| join(&[content(other, 0, 8), stored(s, 8, 8), content(other, 16, 16)])));
    breaks(copied(&|other, _| content(other, 1, 32)), Rule::R1, Class::ForeignFile);
}

#[test]
fn s8_a_source_that_overlaps_its_destination_may_be_fetched_again_and_again() {
    let mut b = small();
    let map = b.mapping(A, 0, 1, true);
    b.write(A, 8, &[(map, 0, 32)], (1, 10), Outcome::Done(32));
    let repeated = join(&[content(A, 0, 8), content(A, 0, 8), content(A, 0, 8), content(A, 0, 8), content(A, 0, 8)]);
    b.rest(A, &join(&[repeated, content(A, 40, 24)]));
    silent(b);
    let mut b = small();
    let map = b.mapping(A, 0, 1, true);
    b.write(A, 8, &[(map, 0, 32)], (1, 10), Outcome::Done(32));
    b.rest(A, &join(&[content(A, 0, 8), content(A, 4, 32), content(A, 40, 24)]));
    breaks(b, Rule::R1, Class::Misplaced);
}

#[test]
fn s8_a_given_back_page_is_zero() {
    let given_back = |when: (u32, u32), seen: &dyn Fn(OperationId) -> Vec<Cell>| {
        let mut b = small();
        b.done(Call::DontNeed { memory: M, first: 0, pages: 1 }, when);
        let w = b.write(A, 0, &[(M, 0, 64)], (5, 10), Outcome::Done(64));
        let seen = seen(w);
        b.rest(A, &seen);
        b
    };
    silent(given_back((1, 2), &|_| zeroes(64)));
    silent(given_back((6, 7), &|w| join(&[written(w, M, 0, 10), zeroes(54)])));
    breaks(given_back((1, 2), &|w| written(w, M, 0, 64)), Rule::S8, Class::Garbage);
    assert!(!verdicts(given_back((11, 12), &|_| zeroes(64)), Profile::Linux).is_empty());
}

#[test]
fn s8_stored_memory_is_copied_with_the_store() {
    let mut b = small();
    let s = b.store(M, 0, 16, (1, 2));
    let w = b.write(A, 0, &[(M, 0, 64)], (5, 10), Outcome::Done(64));
    b.load(M, 0, (3, 4), &join(&[stored(s, 0, 16), pristine(M, 16, 16)]));
    b.rest(A, &join(&[stored(s, 0, 16), written(w, M, 16, 48)]));
    silent(b);
}
