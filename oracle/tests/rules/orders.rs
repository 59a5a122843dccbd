//! R2 to R4 where versions are seen again, copied alike, or only touch.

use crate::fixture::{A, M, breaks, join, silent, small, verdicts, whole_write};
use crate::losses::refuse;
use oracle::builder::{HistoryBuilder, content, stored, written, zeroes};
use oracle::{Call, Cell, Class, Failure, FaultKind, FileId, MemoryId, OperationId, Outcome, Profile, Rule};

/// A write of the whole file from one of the pages of memory.
fn write(b: &mut HistoryBuilder, page: u32, when: (u32, u32)) -> OperationId {
    b.write(A, 0, &[(M, page * 64, 64)], when, Outcome::Done(64))
}

fn sees(b: &mut HistoryBuilder, write: OperationId, page: u32, when: (u32, u32)) -> OperationId {
    b.read(A, 0, 64, when, &written(write, M, page * 64, 64))
}

#[test]
fn r2_what_was_seen_before_a_write_is_not_seen_after_it() {
    let around = |reader: (u32, u32)| {
        let mut b = small();
        let one = write(&mut b, 0, (1, 20));
        write(&mut b, 1, (4, 5));
        sees(&mut b, one, 0, (2, 3));
        sees(&mut b, one, 0, reader);
        b
    };
    breaks(around((6, 7)), Rule::R2, Class::Rollback);
    silent(around((5, 7)));
}

#[test]
fn r2_blames_a_reader_of_the_two_versions_and_no_other() {
    let mut b = small();
    let writes = [0, 1, 2].map(|page| write(&mut b, page, (1, 20)));
    sees(&mut b, writes[0], 0, (3, 4));
    sees(&mut b, writes[1], 1, (5, 6));
    sees(&mut b, writes[2], 2, (7, 8));
    let last = sees(&mut b, writes[0], 0, (7, 8));
    assert_eq!(breaks(b, Rule::R2, Class::Rollback).operation, Some(last));
}

/// Two reads see one write and then the other, in two halves; the last one sees what `mixed` makes of the two.
fn inverted(mixed: fn(Vec<Cell>, Vec<Cell>) -> Vec<Cell>) -> Vec<(u32, u32)> {
    let mut b = small();
    let (one, two) = (write(&mut b, 0, (1, 20)), write(&mut b, 1, (1, 20)));
    let (first, second) = (written(one, M, 0, 64), written(two, M, 64, 64));
    sees(&mut b, one, 0, (3, 4));
    b.read(A, 0, 32, (5, 6), &second[..32]);
    b.read(A, 32, 32, (5, 6), &second[32..]);
    b.read(A, 0, 64, (7, 8), &mixed(first, second));
    verdicts(b, Profile::Linux).iter().map(|it| (it.start, it.end)).collect()
}

#[test]
fn r2_cells_side_by_side_are_told_together_and_others_are_not() {
    assert_eq!(inverted(|one, _| one), [(0, 64)]);
    assert_eq!(inverted(|one, two| [&one[..16], &two[16..32], &one[32..]].concat()), [(32, 64)]);
    assert_eq!(inverted(|_, two| two), []);
}

#[test]
fn r2_a_store_that_may_be_tried_again_orders_nothing_that_it_raced_with() {
    let around = |first: (u32, u32), outcome: Outcome| {
        let mut b = small();
        let map = b.mapping(A, 0, 2, true);
        let call = Call::Store { memory: map, offset: 60, length: 8 };
        let s = b.call(call, (first.0, Some(first.1)), Some(outcome));
        let t = b.store(map, 60, 4, (2, 19));
        for (seen, when) in [(s, (3, 4)), (t, (5, 6)), (s, (7, 8))] {
            b.read(A, 60, 4, when, &stored(seen, 60, 4));
        }
        b
    };
    silent(around((1, 20), Outcome::BusError));
    breaks(around((1, 20), Outcome::Done(8)), Rule::R2, Class::Rollback);
}

#[test]
fn r2_what_was_copied_alike_by_two_writes_may_be_either() {
    let mut b = small();
    let other = b.file(64);
    let (map, n) = (b.mapping(other, 0, 1, true), b.memory(1));
    let s = b.store(n, 0, 64, (1, 2));
    b.write(A, 0, &[(map, 0, 64)], (3, 30), Outcome::Done(64));
    b.write(A, 0, &[(n, 0, 64)], (3, 30), Outcome::Done(64));
    b.write(A, 0, &[(map, 0, 64)], (4, 31), Outcome::Done(64));
    b.read(A, 0, 64, (5, 6), &content(other, 0, 64));
    b.read(A, 0, 64, (7, 8), &stored(s, 0, 64));
    b.read(A, 0, 64, (9, 10), &content(other, 0, 64));
    silent(b);
}

#[test]
fn r2_zeroes_that_a_write_copied_say_nothing_about_order() {
    let mut b = small();
    let n = b.memory(1);
    b.done(Call::DontNeed { memory: n, first: 0, pages: 1 }, (1, 2));
    b.write(A, 0, &[(n, 0, 64)], (3, 30), Outcome::Done(64));
    b.read(A, 0, 64, (5, 6), &zeroes(64));
    b.read(A, 0, 64, (7, 8), &content(A, 0, 64));
    silent(b);
}

#[test]
fn r2_a_loss_is_a_reason_in_its_own_cells_and_from_then_on() {
    let back = |lost: (u32, u32), at: u32| {
        let mut b = small();
        let w = write(&mut b, 0, (1, 20));
        sees(&mut b, w, 0, (3, 4));
        b.read(A, 0, 64, (5, 6), &content(A, 0, 64));
        refuse(&mut b, Some(A), lost, at);
        b
    };
    breaks(back((64, 128), 4), Rule::R2, Class::Rollback);
    assert_eq!(breaks(back((0, 32), 4), Rule::R2, Class::Rollback).start, 32);
    breaks(back((0, 64), 7), Rule::R2, Class::Rollback);
    silent(back((0, 64), 6));
}

#[test]
fn r2_a_private_mapping_that_nobody_stores_to_is_a_look_at_the_file() {
    let mut b = small();
    let map = b.mapping(A, 0, 2, false);
    b.truncate(A, 64, (1, 2));
    let w = write(&mut b, 0, (3, 20));
    b.load(map, 0, (5, 6), &written(w, M, 0, 64));
    b.load(map, 0, (7, 8), &content(A, 0, 64));
    breaks(b, Rule::R2, Class::Rollback);
}

#[test]
fn r3_a_write_beside_what_was_seen_tears_nothing() {
    for new_half in [0, 32] {
        let old_half = 32 - new_half;
        let mut b = small();
        let old = b.write(A, old_half, &[(M, 0, 32)], (1, 2), Outcome::Done(32));
        let new = b.write(A, new_half, &[(M, 64, 32)], (3, 10), Outcome::Done(32));
        let (old, new) = (written(old, M, 0, 32), written(new, M, 64, 32));
        b.read(A, 0, 64, (4, 5), &if new_half == 0 { join(&[new, old]) } else { join(&[old, new]) });
        assert_eq!(verdicts(b, Profile::PosixStrict), []);
    }
}

#[test]
fn r4_is_about_writes_and_not_about_stores() {
    let mut b = small();
    let map = b.mapping(A, 0, 1, true);
    let s = b.store(map, 0, 64, (1, 10));
    let w = whole_write(&mut b, (2, 11));
    b.rest(A, &join(&[stored(s, 0, 32), written(w, M, 32, 32)]));
    silent(b);
}

#[test]
fn r4_segments_that_touch_do_not_meet() {
    let met = |first: &[(MemoryId, u32, u32)], second: u32| {
        let mut b = small();
        let one = b.write(A, 8, first, (1, 10), Outcome::Done(24));
        let two = b.write(A, second, &[(M, 128, 8)], (2, 11), Outcome::Done(8));
        // Each has won a part of the cells that both wrote.
        let mut seen = join(&[content(A, 0, 8), written(one, M, 0, 8), written(one, M, 64, 16), content(A, 32, 32)]);
        let from = second as usize;
        seen[from + 4..from + 8].copy_from_slice(&written(two, M, 132, 4));
        b.rest(A, &seen);
        b
    };
    let segments = [(M, 0, 8), (M, 64, 16)];
    breaks(met(&segments, 16), Rule::R4, Class::Torn);
    breaks(met(&segments, 8), Rule::R4, Class::Torn);
    breaks(met(&segments, 24), Rule::R4, Class::Torn);
}

#[test]
fn what_the_other_file_holds_is_none_of_its_memory() {
    // The second memory of two, where there are two files.
    let mut b = small();
    b.file(64);
    let n = b.memory(1);
    let s = b.store(n, 0, 64, (1, 2));
    b.write(A, 0, &[(n, 0, 64)], (3, 4), Outcome::Done(64));
    b.rest(A, &stored(s, 0, 64));
    b.rest(FileId(1), &content(FileId(1), 0, 64));
    silent(b);
}

/// A write sees half of it taken at 5, and comes back for the rest. A reader sees it whole, and then another sees what
/// was there before.
fn comes_back(first: (u32, u32), failure: Failure) -> HistoryBuilder {
    let mut b = small();
    let write = write(&mut b, 0, (1, 20));
    b.history().failures.push(Failure { by: failure.by.map(|_| write), ..failure });
    sees(&mut b, write, 0, first);
    b.read(A, 0, 64, (8, 9), &content(A, 0, 64));
    b
}

const HALF: Failure =
    Failure { kind: FaultKind::PartialCommit, file: Some(A), start: 32, end: 64, at: 5, by: Some(OperationId(0)) };

#[test]
fn r2_what_a_commit_did_not_take_goes_and_comes_back() {
    let inverted = |b: HistoryBuilder| -> Vec<(u32, u32)> {
        verdicts(b, Profile::Linux).iter().map(|it| (it.start, it.end)).collect()
    };
    assert_eq!(inverted(comes_back((3, 4), HALF)), [(0, 32)], "the first half was taken");
    assert_eq!(inverted(comes_back((5, 6), HALF)), [(0, 32)], "it was called when that failed");
    assert_eq!(inverted(comes_back((6, 7), HALF)), [(0, 64)], "it was called after that failed");
    silent(comes_back((3, 4), Failure { start: 0, ..HALF }));
    for other in [
        Failure { by: None, ..HALF },
        Failure { file: None, ..HALF },
        Failure { kind: FaultKind::ReadError, ..HALF },
        Failure { start: 64, end: 96, ..HALF },
    ] {
        assert_eq!(inverted(comes_back((3, 4), other)), [(0, 64)], "{other:?}");
    }
}

#[test]
fn r2_what_a_commit_did_not_take_says_nothing_of_other_writes() {
    let mut b = small();
    let other = write(&mut b, 1, (1, 20));
    let cut_short = write(&mut b, 0, (1, 20));
    b.history().failures.push(Failure { start: 0, by: Some(cut_short), ..HALF });
    sees(&mut b, other, 1, (3, 4));
    b.read(A, 0, 64, (8, 9), &content(A, 0, 64));
    breaks(b, Rule::R2, Class::Rollback);
}
