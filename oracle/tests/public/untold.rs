//! What a right checker has to tell of the same reports, beyond what the rest of these tests hold it to: errors,
//! signals and counts without a cause.

use crate::fixture::{A, M, silent, start, told, told_in};
use oracle::builder::{HistoryBuilder, content, stored, written, zeroes};
use oracle::{Call, Cell, Checker, Class, Errno, FaultKind, Outcome, Profile, Rule};

/// Asterinas 711: of two cells the second is on a page that is not there, and the write fails, where it could have
/// counted one. Linux may leave out what it has of a page; whoever promises what POSIX does may not.
#[test]
fn the_first_of_two_cells_is_not_counted() {
    let second_is_bad = |outcome: Outcome, counted: u32| {
        let mut b = start(3, 1);
        let w = b.write(A, 2, &[(M, 63, 2)], (1, 2), outcome);
        b.rest(A, &[content(A, 0, 3 - counted), written(w, M, 63, counted)].concat());
        b
    };
    let refused = second_is_bad(Outcome::Failed(Errno::EFAULT), 0);
    told_in(refused, Profile::PosixStrict, &[(Rule::S4, Class::Return)]);
    silent(second_is_bad(Outcome::Done(1), 1));
}

/// FDOS 243: a full disk, and the write returns 0, which says neither that it is full nor that anything was written.
#[test]
fn a_full_disk_is_no_reason_to_return_nothing() {
    let full = |outcome: Outcome| {
        let mut b = start(0, 1);
        let w = b.write(A, 100, &[(M, 0, 16)], (1, 2), outcome);
        b.fault(w, FaultKind::NoSpace);
        b.rest(A, &[]);
        b
    };
    told(full(Outcome::Done(0)), Rule::S4, Class::Return);
    silent(full(Outcome::Failed(Errno::ENOSPC)));
}

/// gocryptfs 1024: the last truncate fails, and so do the reads, though no disk did.
#[test]
fn calls_fail_although_no_disk_did() {
    let shrunk = |truncate: Outcome, read: Outcome| {
        let mut b = start(0, 1);
        let w = b.write(A, 0, &[(M, 0, 64)], (1, 2), Outcome::Done(64));
        b.truncate(A, 20, (3, 4));
        let v = b.write(A, 20, &[(M, 0, 10)], (5, 6), Outcome::Done(10));
        let whole = [written(w, M, 0, 20), written(v, M, 0, 10)].concat();
        let r = b.call(Call::Read { file: A, offset: 0, length: 64 }, (7, Some(8)), Some(read));
        if read == Outcome::Done(30) {
            b.observe(r, &whole);
        }
        b.call(Call::Truncate { file: A, size: 5, locked: true }, (9, Some(10)), Some(truncate));
        let size = if truncate == Outcome::Done(0) { 5 } else { 30 };
        b.rest(A, &whole[..size]);
        b
    };
    let failed = Outcome::Failed(Errno::EIO);
    told(shrunk(failed, Outcome::Done(30)), Rule::S4, Class::Return);
    told(shrunk(Outcome::Done(0), failed), Rule::S4, Class::Return);
    silent(shrunk(Outcome::Done(0), Outcome::Done(30)));
}

/// SerenityOS 24801: a store to a shared page that another process has stored to raises `SIGSEGV`, although the page is
/// mapped for writing.
#[test]
fn a_store_to_a_dirty_page_is_a_violation() {
    let stores = |outcome: Outcome| -> HistoryBuilder {
        let mut b = start(64, 1);
        let first = b.mapping(A, 0, 1, true);
        let second = b.mapping(A, 0, 1, true);
        let s = b.store(first, 0, 16, (1, 2));
        let call = Call::Store { memory: second, offset: 16, length: 16 };
        let t = b.call(call, (3, Some(4)), Some(outcome));
        let middle = if outcome == Outcome::Done(16) { stored(t, 16, 16) } else { content(A, 16, 16) };
        b.rest(A, &[stored(s, 0, 16), middle, content(A, 32, 32)].concat());
        b
    };
    told(stores(Outcome::SegmentationFault), Rule::S7, Class::Return);
    silent(stores(Outcome::Done(16)));
}

/// tgoskits 1790: the truncate has a reason to fail, and none to leave zeroes behind where the size still counts them.
#[test]
fn a_truncate_that_failed_for_a_reason_has_cleared_the_tail() {
    let failed = |seen: &[Cell]| {
        let mut b = start(60, 1);
        let call = Call::Truncate { file: A, size: 20, locked: true };
        let t = b.call(call, (1, Some(2)), Some(Outcome::Failed(Errno::ENOMEM)));
        b.fault(t, FaultKind::NoMemory);
        b.read(A, 0, 60, (3, 4), seen);
        b.rest(A, seen);
        b
    };
    told(failed(&[content(A, 0, 20), zeroes(40)].concat()), Rule::R1, Class::Zero);
    silent(failed(&content(A, 0, 60)));
}

#[test]
fn an_invalidation_that_wrote_out_first_has_lost_nothing() {
    for (discards, is_told) in [(false, true), (true, false)] {
        let mut b = HistoryBuilder::new(64);
        let (file, memory) = (b.file(64), b.memory(1));
        b.write(file, 0, &[(memory, 0, 64)], (1, 2), Outcome::Done(64));
        b.done(Call::Invalidate { file, discards }, (3, 4));
        b.rest(file, &content(file, 0, 64));
        let history = b.finish();
        let told = Checker::new().check(&history, Profile::Linux).iter().any(|it| it.class == Class::LostWrite);
        assert_eq!(told, is_told, "discards {discards}");
    }
}
