//! Copies of copies: how deep a cell is followed to where it came from.

use crate::fixture::{A, M, sized, verdicts};
use oracle::builder::{HistoryBuilder, content, stored, written, zeroes};
use oracle::{Call, Cell, Checker, Class, FileId, OperationId, Outcome, Profile, Rule};

const B: FileId = FileId(1);
const LENGTH: u32 = 1100;
/// So long that a few questions about its end take all the steps that a history has.
const LONG: u32 = 60_000;

/// A write copies each cell from the one before it, so that cell `n` may have been copied `n` times. The last cell is
/// nobody's copy.
fn chain(length: u32) -> HistoryBuilder {
    let mut b = sized(length);
    b.file(length);
    let map = b.mapping(A, 0, length.div_ceil(64), true);
    b.write(A, 1, &[(map, 0, length - 2)], (1, 2), Outcome::Done(length - 2));
    b
}

/// Where another file's cells are told, if they are read from these places on.
fn told(reads: &[(u32, u32)]) -> Vec<(Class, u32)> {
    let mut b = chain(LENGTH);
    for (&(offset, length), at) in reads.iter().zip(3..) {
        b.read(A, offset, length, (at, at), &content(B, offset, length));
    }
    verdicts(b, Profile::Linux).iter().map(|it| (it.class, it.start)).collect()
}

#[test]
fn r1_copies_of_copies_are_followed_however_deep() {
    let foreign = |at: u32| vec![(Class::ForeignFile, at)];
    assert_eq!(told(&[(1, 1)]), foreign(1));
    assert_eq!(told(&[(1098, 1)]), foreign(1098));
    assert_eq!(told(&[(900, 1), (800, 1), (700, 1)]), [foreign(900), foreign(800), foreign(700)].concat());
    assert_eq!(told(&[(1050, 1), (900, 1)]), [foreign(1050), foreign(900)].concat());
    assert_eq!(told(&[(1090, 10)]), foreign(1090));
}

#[test]
fn r1_a_cell_that_was_copied_from_the_beginning_is_legal_however_deep() {
    for at in [1, 500, 1098] {
        let mut b = chain(LENGTH);
        b.read(A, at, 1, (3, 3), &content(A, 0, 1));
        assert_eq!(verdicts(b, Profile::Linux).len(), 0, "{at} copies deep");
    }
}

#[test]
fn a_question_that_is_given_up_is_counted() {
    let mut b = chain(LONG);
    for at in 3..30 {
        b.read(A, LONG - 2 * at, 1, (at, at), &content(B, 0, 1));
    }
    let mut checker = Checker::new();
    let told = checker.check(&b.finish(), Profile::Linux).len();
    let given_up = checker.exercised().unanswered();
    assert!(told > 0 && given_up > 0 && told as u64 + given_up >= 27, "{told} told, {given_up} given up");
    checker.reset();
    checker.check(&chain(LENGTH).finish(), Profile::Linux);
    assert_eq!(checker.exercised().unanswered(), 0);
}

/// A write that copies from its file was under way when the power went out, and somebody has seen what it wrote: the
/// source as it was since the write began. That the machine forgot later what was there then is no reason for what was
/// there before.
#[test]
fn r1_a_write_that_a_crash_has_ended_has_copied_nothing_since() {
    for (copied, class) in [(1, None), (0, Some(Class::Rollback))] {
        let mut b = sized(64);
        let map = b.mapping(A, 0, 1, true);
        let first = b.write(A, 8, &[(M, 0, 8)], (1, 2), Outcome::Done(8));
        let segments = b.segments(&[(map, 8, 8)]);
        b.call(Call::Write { file: A, offset: Some(32), segments }, (3, None), None);
        let seen = if copied == 1 { written(first, M, 0, 8) } else { content(A, 8, 8) };
        b.read(A, 32, 8, (5, 6), &seen);
        b.call(Call::Crash, (9, None), None);
        let found = verdicts(b, Profile::Linux);
        assert_eq!(found.first().map(|it| it.class), class, "{found:#?}");
    }
}

/// The same cell again and again: what stays is compared with what counts.
#[test]
fn r1_a_chain_of_copies_repeats_what_it_began_with() {
    let mut b = chain(LENGTH);
    let repeated: Vec<Cell> = (0..500).map(|_| content(A, 0, 1)[0]).collect();
    b.read(A, 1, 500, (3, 3), &repeated);
    assert_eq!(verdicts(b, Profile::Linux).len(), 0);
    let mut b = chain(LENGTH);
    let repeated: Vec<Cell> = (0..500).map(|_| content(A, 700, 1)[0]).collect();
    b.read(A, 1, 500, (3, 3), &repeated);
    assert_ne!(verdicts(b, Profile::Linux).len(), 0, "cell 700 comes after what was copied to");
}

/// A write copies what a mapping shows from cell 40 of a file of `size` on, to another file, where it is looked at.
fn past_the_end(size: u32, pages: u32, length: u32, seen: &[Cell]) -> Vec<Class> {
    let mut b = sized(size);
    b.file(256);
    let map = b.mapping(A, 0, pages, true);
    b.write(B, 0, &[(map, 40, length)], (1, 2), Outcome::Done(length));
    b.read(B, 0, length, (3, 3), seen);
    verdicts(b, Profile::Linux).iter().filter(|it| it.rule == Rule::R1).map(|it| it.class).collect()
}

#[test]
fn r1_a_mapping_shows_zeroes_past_the_end_in_the_last_page_and_nowhere_else() {
    let seen = |size: u32, length: u32| [content(A, 40, size - 40), zeroes(length + 40 - size)].concat();
    assert_eq!(past_the_end(50, 1, 24, &seen(50, 24)), []);
    assert_ne!(past_the_end(50, 1, 24, &seen(49, 24)), [], "a cell before the end is no zero");
    assert_eq!(past_the_end(100, 2, 88, &seen(100, 88)), []);
    assert_ne!(past_the_end(100, 3, 89, &seen(100, 89)), [], "the page after the last is not there");
    assert_ne!(past_the_end(50, 2, 30, &seen(50, 30)), [], "the page after the last is not there");
}

/// What the source holds is looked at piece by piece, where a write has cut it.
#[test]
fn r1_each_piece_of_a_source_is_compared_with_its_own_versions() {
    let copied = |seen: &dyn Fn(OperationId) -> Vec<Cell>| {
        let mut b = sized(64);
        b.file(64);
        let map = b.mapping(A, 0, 1, true);
        let first = b.write(A, 16, &[(M, 0, 16)], (1, 2), Outcome::Done(16));
        b.write(B, 0, &[(map, 0, 64)], (3, 4), Outcome::Done(64));
        b.read(B, 0, 64, (5, 5), &seen(first));
        verdicts(b, Profile::Linux).len()
    };
    let right = |it| [content(A, 0, 16), written(it, M, 0, 16), content(A, 32, 32)].concat();
    assert_eq!(copied(&right), 0);
    assert_ne!(copied(&|_| content(A, 0, 64)), 0, "the middle was written over before");
    assert_ne!(copied(&|it| [content(A, 0, 16), written(it, M, 0, 48)].concat()), 0, "it was not written so far");
}

/// Two readers see the same: one wrong cell among right ones is told of both, and of no other cell.
#[test]
fn r1_what_two_have_seen_is_told_of_both() {
    let mut b = chain(LENGTH);
    let cell = content(A, 0, 1)[0];
    let seen = [cell, cell, content(B, 902, 1)[0], cell, cell];
    b.read(A, 900, 5, (3, 3), &seen);
    b.read(A, 900, 5, (4, 4), &seen);
    let told: Vec<(u32, u32)> = verdicts(b, Profile::Linux).iter().map(|it| (it.start, it.end)).collect();
    assert_eq!(told, [(902, 903), (902, 903)]);
}

/// A store past the end shows in a copy through the mapping; not when the file has grown over it, unless the profile
/// lets it surface.
#[test]
fn s7_a_copy_shows_a_store_past_the_end_like_its_source() {
    let copied = |grows: bool, profile: Profile| {
        let mut b = sized(40);
        b.file(64);
        let map = b.mapping(A, 0, 1, true);
        let store = b.store(map, 40, 8, (1, 1));
        if grows {
            b.truncate(A, 64, (3, 3));
        }
        b.write(B, 0, &[(map, 40, 8)], (5, 5), Outcome::Done(8));
        b.read(B, 0, 8, (7, 7), &stored(store, 40, 8));
        verdicts(b, profile).len()
    };
    assert_eq!(copied(false, Profile::PosixStrict), 0);
    assert_eq!(copied(true, Profile::Linux), 0);
    assert_ne!(copied(true, Profile::PosixStrict), 0);
}
