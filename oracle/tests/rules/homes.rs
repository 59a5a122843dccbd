//! What a cell is that should not have been seen: by where it came from, and by what had become of that place.

use crate::fixture::{A, M, breaks, breaks_in, sized, small, verdicts, whole_write};
use oracle::builder::{HistoryBuilder, content, stored, written, zeroes};
use oracle::{Call, Cell, Checker, Class, FileId, OperationId, Origin, Outcome, Profile, Quirk, Rule};

const B: FileId = FileId(1);

/// A read of a cell of the second file, and its class.
fn class_of(mut b: HistoryBuilder, seen: Cell) -> Class {
    b.read(B, 0, 1, (11, 12), &[seen]);
    let found = verdicts(b, Profile::Linux);
    assert_eq!(found.len(), 1, "{found:#?}");
    found[0].class
}

fn two_files() -> HistoryBuilder {
    let mut b = sized(192);
    b.file(64);
    b
}

#[test]
fn what_was_on_the_disk_below_a_dirty_page_is_told_by_its_place() {
    let seen = |file: FileId, offset: u32| class_of(two_files(), Cell::new(Origin::Overwritten { file, offset }));
    assert_eq!(seen(B, 0), Class::Rollback);
    assert_eq!(seen(B, 1), Class::Misplaced);
    assert_eq!(seen(A, 0), Class::ForeignFile);
}

#[test]
fn a_block_is_stale_if_its_place_was_cut_off_before_it_was_seen() {
    let cut = |file: FileId, size: u32, when: (u32, u32)| {
        let mut b = two_files();
        b.truncate(file, size, when);
        class_of(b, content(A, 5, 1)[0])
    };
    assert_eq!(cut(A, 5, (1, 2)), Class::StaleBlock);
    assert_eq!(cut(A, 6, (1, 2)), Class::ForeignFile);
    assert_eq!(cut(B, 5, (1, 2)), Class::ForeignFile);
    assert_eq!(cut(A, 5, (12, 20)), Class::StaleBlock);
    assert_eq!(cut(A, 5, (13, 20)), Class::ForeignFile);
}

fn punch(b: &mut HistoryBuilder, file: FileId, offset: u32) {
    b.done(Call::Punch { file, offset, length: 1 }, (5, 6));
}

#[test]
fn a_block_is_stale_if_its_place_was_punched_out() {
    let punched = |file: FileId, offset: u32| {
        let mut b = two_files();
        punch(&mut b, file, offset);
        class_of(b, content(A, 5, 1)[0])
    };
    assert_eq!(punched(A, 5), Class::StaleBlock);
    assert_eq!(punched(A, 4), Class::ForeignFile);
    assert_eq!(punched(A, 6), Class::ForeignFile);
    assert_eq!(punched(B, 5), Class::ForeignFile);
}

#[test]
fn what_was_written_is_at_home_where_its_segment_went() {
    let written_at = |hole: u32| {
        let mut b = two_files();
        b.write(A, 100, &[(M, 33, 4)], (1, 2), Outcome::Done(4));
        let w = b.write(A, 8, &[(M, 16, 8), (M, 30, 8)], (3, 4), Outcome::Done(16));
        punch(&mut b, A, hole);
        class_of(b, written(w, M, 33, 1)[0])
    };
    assert_eq!(written_at(19), Class::StaleBlock);
    for elsewhere in [18, 20, 25, 100] {
        assert_eq!(written_at(elsewhere), Class::ForeignFile);
    }
    let mut b = two_files();
    let w = b.write(A, 8, &[(M, 16, 8)], (3, 4), Outcome::Done(8));
    assert_eq!(class_of(b, written(w, M, 24, 1)[0]), Class::Garbage);
}

#[test]
fn what_was_stored_is_at_home_where_the_mapping_is() {
    let stored_at = |hole: u32| {
        let mut b = two_files();
        let map = b.mapping(A, 64, 2, true);
        let s = b.store(map, 5, 1, (1, 2));
        punch(&mut b, A, hole);
        class_of(b, stored(s, 5, 1)[0])
    };
    assert_eq!(stored_at(69), Class::StaleBlock);
    assert_eq!(stored_at(59), Class::ForeignFile);
}

#[test]
fn what_a_later_write_brings_too_was_not_brought_by_it() {
    // The first write brought it, and was written over; a third brings the same again.
    let mut b = small();
    let other = b.file(64);
    let map = b.mapping(other, 0, 1, true);
    b.write(A, 0, &[(map, 0, 64)], (1, 2), Outcome::Done(64));
    whole_write(&mut b, (3, 4));
    b.read(A, 0, 64, (5, 6), &content(other, 0, 64));
    b.write(A, 0, &[(map, 0, 64)], (7, 8), Outcome::Done(64));
    breaks(b, Rule::R1, Class::Rollback);
    // Nor is anything of another file's explained by a write that is not yet called.
    let mut b = small();
    let other = b.file(64);
    b.read(A, 0, 64, (5, 6), &content(other, 0, 64));
    whole_write(&mut b, (7, 8));
    breaks(b, Rule::R1, Class::ForeignFile);
}

#[test]
fn a_store_past_the_end_that_is_called_as_the_read_ends_is_there_too_early() {
    for profile in [Profile::Linux, Profile::PosixStrict] {
        let mut b = sized(40);
        let map = b.mapping(A, 0, 1, true);
        let s = b.store(map, 44, 4, (10, 11));
        b.read(A, 44, 4, (5, 10), &stored(s, 44, 4));
        breaks_in(b, profile, Rule::S7, Class::EofPollution);
    }
}

#[test]
fn s6_only_a_newer_cut_lets_data_be_resurrected() {
    let mut b = small();
    b.truncate(A, 32, (1, 2));
    let first = b.write(A, 32, &[(M, 0, 32)], (3, 4), Outcome::Done(32));
    b.write(A, 32, &[(M, 64, 32)], (5, 6), Outcome::Done(32));
    b.read(A, 32, 32, (7, 8), &written(first, M, 0, 32));
    breaks(b, Rule::R1, Class::Rollback);
}

/// A write copies cells 80 to 112 of another file to 8, after `change` has changed them; somebody reads what was there
/// before.
fn copied(change: &dyn Fn(&mut HistoryBuilder), reader: (u32, u32), seen: &dyn Fn(FileId) -> Cell) -> HistoryBuilder {
    let mut b = small();
    let other = b.file(192);
    let map = b.mapping(other, 64, 1, true);
    change(&mut b);
    b.write(A, 8, &[(map, 16, 32)], (5, 6), Outcome::Done(32));
    b.read(A, 12, 1, reader, &[seen(other)]);
    b
}

fn replace(b: &mut HistoryBuilder) {
    b.write(B, 64, &[(M, 0, 64)], (1, 2), Outcome::Done(64));
}

#[test]
fn a_copy_of_what_was_wrong_is_told_as_what_it_was() {
    let old = |other: FileId| content(other, 84, 1)[0];
    breaks(copied(&replace, (7, 8), &old), Rule::R1, Class::Rollback);
    breaks(copied(&replace, (4, 5), &old), Rule::R1, Class::Rollback);
    // The write is called after the look.
    breaks(copied(&replace, (3, 4), &old), Rule::R1, Class::ForeignFile);
    // It is another cell of that file.
    breaks(copied(&replace, (7, 8), &|other| content(other, 83, 1)[0]), Rule::R1, Class::ForeignFile);
    let cut = |b: &mut HistoryBuilder| {
        b.truncate(B, 64, (1, 2));
        b.truncate(B, 192, (3, 4));
    };
    breaks(copied(&cut, (7, 8), &old), Rule::S6, Class::Resurrected);
    let twice = |b: &mut HistoryBuilder| {
        replace(b);
        b.write(B, 64, &[(M, 128, 64)], (3, 4), Outcome::Done(64));
    };
    breaks(copied(&twice, (7, 8), &|_| written(OperationId(0), M, 20, 1)[0]), Rule::R1, Class::Rollback);
    breaks(copied(&twice, (7, 8), &|_| written(OperationId(0), M, 21, 1)[0]), Rule::R1, Class::ForeignFile);
}

#[test]
fn a_copy_of_a_zero_is_no_copy_of_data() {
    let hole = |b: &mut HistoryBuilder| {
        let cells = b.history().files[B.index()].content;
        b.history().cells[cells.start as usize + 84] = zeroes(1)[0];
        replace(b);
    };
    breaks(copied(&hole, (7, 8), &|other| content(other, 84, 1)[0]), Rule::R1, Class::ForeignFile);
}

#[test]
fn a_copy_of_a_copy_is_told_as_what_was_wrong_with_the_first() {
    let mut b = small();
    let (second, third) = (b.file(64), b.file(64));
    let (from_second, from_third) = (b.mapping(second, 0, 1, true), b.mapping(third, 0, 1, true));
    b.write(second, 0, &[(from_third, 0, 64)], (5, 10), Outcome::Done(64));
    let s = b.store(from_third, 0, 64, (10, 11));
    b.write(second, 0, &[(M, 0, 64)], (12, 13), Outcome::Done(64));
    b.write(A, 0, &[(from_second, 0, 64)], (14, 15), Outcome::Done(64));
    b.read(A, 0, 64, (16, 17), &stored(s, 0, 64));
    breaks(b, Rule::R1, Class::Rollback);
}

#[test]
fn a_copy_onto_itself_ends_the_search_for_where_a_cell_came_from() {
    let mut b = small();
    let other = b.file(64);
    let map = b.mapping(A, 0, 1, true);
    b.write(A, 0, &[(map, 0, 64)], (1, 2), Outcome::Done(64));
    b.read(A, 0, 64, (3, 4), &content(other, 0, 64));
    breaks(b, Rule::R1, Class::ForeignFile);
}

#[test]
fn s7_zeroes_on_the_first_page_past_the_end_are_no_zeroes_of_the_file() {
    let mut b = small();
    let map = b.mapping(A, 0, 2, true);
    b.load(map, 64, (1, 2), &zeroes(4));
    breaks(b, Rule::S7, Class::EofPollution);
}

#[test]
fn q1_of_xfs_is_for_mappings() {
    let race = |mapped: bool| {
        let mut b = small();
        let map = b.mapping(A, 0, 1, true);
        b.truncate(A, 0, (1, 10));
        match mapped {
            true => b.load(map, 0, (2, 5), &zeroes(64)),
            false => b.read(A, 0, 64, (2, 5), &zeroes(64)),
        };
        b
    };
    breaks_in(race(false), Profile::Xfs, Rule::S6, Class::Zero);
    breaks_in(race(true), Profile::PosixStrict, Rule::S6, Class::Zero);
    let mut checker = Checker::new();
    assert!(checker.check(&race(true).finish(), Profile::Xfs).is_empty());
    assert_eq!(checker.exercised().quirk(Quirk::TruncateZeroes), 1);
}
