//! R1 to R3: what a read may show.

use crate::fixture::{A, M, breaks, breaks_in, join, silent, small, verdicts, whole_write};
use oracle::builder::{content, pristine, written, zeroes};
use oracle::{
    Cell, Checker, Class, FileId, OperationId, Origin, Outcome, Owner, Persistence, Profile, Quirk, Rule, Way,
};

#[test]
fn r1_zeroes_during_a_write_are_transient() {
    let mut b = small();
    let w = whole_write(&mut b, (1, 10));
    b.read(A, 0, 64, (3, 5), &join(&[written(w, M, 0, 40), zeroes(24)]));
    b.rest(A, &written(w, M, 0, 64));
    let it = breaks(b, Rule::R1, Class::Zero);
    assert_eq!((it.start, it.end, it.persistence), (40, 64, Some(Persistence::Transient)));
    assert_eq!(it.involved, [w]);
    assert_eq!(it.expected, content(A, 40, 24));
}

#[test]
fn r1_old_or_new_during_a_write_is_right() {
    let mut b = small();
    let w = whole_write(&mut b, (1, 10));
    b.read(A, 0, 64, (3, 5), &join(&[written(w, M, 0, 40), content(A, 40, 24)]));
    b.rest(A, &written(w, M, 0, 64));
    silent(b);
}

#[test]
fn r1_old_after_the_write_is_a_rollback() {
    let mut b = small();
    let w = whole_write(&mut b, (1, 10));
    b.read(A, 0, 64, (11, 12), &content(A, 0, 64));
    b.rest(A, &written(w, M, 0, 64));
    assert_eq!(breaks(b, Rule::R1, Class::Rollback).persistence, Some(Persistence::Transient));
}

#[test]
fn r1_old_at_rest_is_a_lost_write() {
    let mut b = small();
    let w = whole_write(&mut b, (1, 10));
    b.read(A, 0, 64, (11, 12), &content(A, 0, 64));
    b.rest(A, &join(&[content(A, 0, 32), written(w, M, 32, 32)]));
    let found = verdicts(b, Profile::Linux);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].class, found[0].persistence), (Class::LostWrite, Some(Persistence::Persistent)));
    assert_eq!(found[0].operation, Some(OperationId(1)), "the earliest sighting is kept");
}

#[test]
fn r1_a_touching_interval_is_concurrent() {
    let mut b = small();
    whole_write(&mut b, (1, 10));
    b.read(A, 0, 64, (10, 12), &content(A, 0, 64));
    silent(b);
}

#[test]
fn r1_names_what_a_cell_is() {
    let class_of = |cell: Cell| {
        let mut b = small();
        b.file(64);
        b.read(A, 0, 1, (1, 2), &[cell]);
        verdicts(b, Profile::Linux)[0].class
    };
    let uninitialised = Origin::Uninitialised { frame: 3, before: Owner::Kernel };
    assert_eq!(class_of(Cell::new(uninitialised)), Class::Uninit);
    assert_eq!(class_of(Cell::new(Origin::Stale { block: 2, offset: 5 })), Class::StaleBlock);
    assert_eq!(class_of(content(FileId(1), 0, 1)[0]), Class::ForeignFile);
    assert_eq!(class_of(content(A, 7, 1)[0]), Class::Misplaced);
    assert_eq!(class_of(pristine(M, 0, 1)[0]), Class::Garbage);
    assert_eq!(class_of(Cell::new(Origin::Overwritten { file: A, offset: 0 })), Class::Rollback);
}

#[test]
fn r1_a_cut_off_block_in_another_file_is_stale() {
    let mut b = small();
    let other = b.file(64);
    b.truncate(A, 0, (1, 2));
    b.read(other, 0, 1, (3, 4), &content(A, 5, 1));
    breaks(b, Rule::R1, Class::StaleBlock);
}

#[test]
fn r2_new_then_old_is_an_inversion() {
    let mut b = small();
    let w = whole_write(&mut b, (1, 20));
    b.read(A, 0, 64, (3, 5), &written(w, M, 0, 64));
    b.read(A, 0, 64, (6, 8), &content(A, 0, 64));
    b.rest(A, &written(w, M, 0, 64));
    let it = breaks(b, Rule::R2, Class::Rollback);
    assert_eq!((it.start, it.end, it.operation), (0, 64, Some(OperationId(2))));
}

#[test]
fn r2_reads_at_once_may_see_either() {
    let mut b = small();
    let w = whole_write(&mut b, (1, 20));
    b.read(A, 0, 64, (3, 6), &written(w, M, 0, 64));
    b.read(A, 0, 64, (6, 8), &content(A, 0, 64));
    silent(b);
}

#[test]
fn r2_ways_at_rest_must_agree() {
    let mut b = small();
    let one = whole_write(&mut b, (1, 20));
    let two = whole_write(&mut b, (2, 20));
    b.rest_by(A, Way::Read, 64, &written(one, M, 0, 64));
    b.rest_by(A, Way::Evicted, 64, &written(two, M, 0, 64));
    breaks(b, Rule::R2, Class::LostWrite);
}

#[test]
fn r3_a_torn_read_fails_where_reads_are_atomic() {
    let torn = || {
        let mut b = small();
        let w = whole_write(&mut b, (1, 10));
        b.read(A, 0, 64, (3, 5), &join(&[written(w, M, 0, 32), content(A, 32, 32)]));
        b.rest(A, &written(w, M, 0, 64));
        b
    };
    breaks_in(torn(), Profile::PosixStrict, Rule::R3, Class::Torn);
    breaks_in(torn(), Profile::Xfs, Rule::R3, Class::Torn);
    let mut checker = Checker::new();
    assert!(checker.check(&torn().finish(), Profile::Linux).is_empty());
    assert_eq!(checker.exercised().quirk(Quirk::TornRead), 1);
}

#[test]
fn r3_new_next_to_unwritten_is_whole() {
    let mut b = small();
    let w = b.write(A, 0, &[(M, 0, 32)], (1, 10), Outcome::Done(32));
    b.read(A, 0, 64, (3, 5), &join(&[written(w, M, 0, 32), content(A, 32, 32)]));
    assert!(verdicts(b, Profile::PosixStrict).is_empty());
}
