//! What a file holds: what was cut off or punched out, and what stores and reads see of one another.

use crate::fixture::{A, M, silent, start, told, told_among};
use oracle::builder::{HistoryBuilder, content, stored, written, zeroes};
use oracle::{Call, Cell, Class, Errno, FaultKind, OperationId, Outcome, Rule};

/// tgoskits 1790: a truncate that fails below leaves the size, but has cleared the tail already.
#[test]
fn a_truncate_that_failed_has_cleared_the_tail() {
    let failed = |reason: Option<FaultKind>, errno: Errno, seen: &[Cell]| {
        let mut b = start(60, 1);
        let call = Call::Truncate { file: A, size: 20, locked: true };
        let t = b.call(call, (1, Some(2)), Some(Outcome::Failed(errno)));
        reason.into_iter().for_each(|it| b.fault(t, it));
        b.read(A, 0, 60, (3, 4), seen);
        b.rest(A, seen);
        b
    };
    let cleared = [content(A, 0, 20), zeroes(40)].concat();
    told_among(failed(None, Errno::EBUSY, &cleared), Rule::R1, Class::Zero);
    silent(failed(Some(FaultKind::NoMemory), Errno::ENOMEM, &content(A, 0, 60)));
}

/// dittofs 1538: a truncate moves the end and keeps the blocks; when a later write goes past the hole, what was cut off
/// is read in it.
#[test]
fn what_was_cut_off_is_read_in_the_hole() {
    let regrown = |hole: &dyn Fn(OperationId) -> Vec<Cell>| {
        let mut b = start(0, 1);
        let w = b.write(A, 900, &[(M, 0, 8)], (1, 2), Outcome::Done(8));
        b.done(Call::Fsync { file: A }, (3, 4));
        b.truncate(A, 16, (5, 6));
        let v = b.write(A, 1000, &[(M, 8, 4)], (7, 8), Outcome::Done(4));
        let hole = hole(w);
        b.read(A, 900, 8, (9, 10), &hole);
        b.rest(A, &[zeroes(900), hole, zeroes(92), written(v, M, 8, 4)].concat());
        b
    };
    told(regrown(&|w| written(w, M, 0, 8)), Rule::S6, Class::Resurrected);
    silent(regrown(&|_| zeroes(8)));
}

/// redb 1488, the other half: the reader keeps a page across whose middle the file was cut.
#[test]
fn a_reader_keeps_a_page_that_was_cut() {
    let regrown = |tail: Vec<Cell>| {
        let mut b = start(128, 1);
        b.read(A, 0, 64, (1, 2), &content(A, 0, 64));
        b.truncate(A, 32, (3, 4));
        b.truncate(A, 128, (5, 6));
        b.read(A, 0, 128, (7, 8), &[content(A, 0, 32), tail, zeroes(64)].concat());
        b.rest(A, &[content(A, 0, 32), zeroes(96)].concat());
        b
    };
    told(regrown(content(A, 32, 32)), Rule::S6, Class::Resurrected);
    silent(regrown(zeroes(32)));
}

/// gocryptfs 1024: a write after a truncate leaves a block that cannot be decrypted, so that the end of the file can be
/// neither read nor cut. What is told of that is the read: it ends before the block.
#[test]
fn a_block_that_cannot_be_read_after_a_truncate() {
    let shrunk = |readable: u32| {
        let mut b = start(0, 1);
        let w = b.write(A, 0, &[(M, 0, 64)], (1, 2), Outcome::Done(64));
        b.truncate(A, 20, (3, 4));
        let v = b.write(A, 20, &[(M, 0, 10)], (5, 6), Outcome::Done(10));
        let whole = [written(w, M, 0, 20), written(v, M, 0, 10)].concat();
        b.read(A, 0, 64, (7, 8), &whole[..readable as usize]);
        b
    };
    told(shrunk(0), Rule::S3, Class::ShortRead);
    silent(shrunk(30));
}

/// curvine 850: what was stored through a shared mapping is not seen by `pread`, which asks the server and not the
/// page.
#[test]
fn a_store_that_reads_do_not_see() {
    let read = |sees: bool, rests: bool| {
        let mut b = start(256, 1);
        let map = b.mapping(A, 0, 4, true);
        let s = b.store(map, 64, 16, (1, 2));
        b.load(map, 64, (3, 4), &stored(s, 64, 16));
        let pick = |new: bool| if new { stored(s, 64, 16) } else { content(A, 64, 16) };
        b.read(A, 64, 16, (5, 6), &pick(sees));
        b.rest(A, &[content(A, 0, 64), pick(rests), content(A, 80, 176)].concat());
        b
    };
    told(read(false, true), Rule::R1, Class::Rollback);
    told(read(false, false), Rule::R1, Class::LostWrite);
    silent(read(true, true));
}

/// pmemfile 292: a punch takes whole blocks only, and leaves what it was asked to punch at both ends.
#[test]
fn a_punch_leaves_its_ends() {
    let punched = |start_of_hole: u32, end_of_hole: u32| -> HistoryBuilder {
        let mut b = start(192, 1);
        b.done(Call::Punch { file: A, offset: 11, length: 107 }, (1, 2));
        let hole = zeroes(end_of_hole - start_of_hole);
        let found = [content(A, 0, start_of_hole), hole, content(A, end_of_hole, 192 - end_of_hole)].concat();
        b.read(A, 0, 192, (3, 4), &found);
        b.rest(A, &found);
        b
    };
    told(punched(16, 112), Rule::R1, Class::LostWrite);
    // And rounded outwards, it takes what was to stay.
    told(punched(0, 128), Rule::R1, Class::Zero);
    silent(punched(11, 118));
}
