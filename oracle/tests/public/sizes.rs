//! Ends of files: sizes without data, appends at an old end, pages past the end.

use crate::fixture::{A, M, silent, silent_in, start, told, told_in};
use oracle::builder::{HistoryBuilder, content, stored, written, zeroes};
use oracle::{Call, Cell, Class, Errno, FaultKind, OperationId, Outcome, Profile, Rule};

/// DragonOS 2264: memory runs out in the middle of a write of several pages, and the pages that were prepared before
/// stay behind the end of the file. When the file grows later, they are its content.
#[test]
fn pages_prepared_before_memory_ran_out_stay_past_the_end() {
    let failed = |seen: &dyn Fn(OperationId) -> Vec<Cell>| {
        let mut b = start(0, 4);
        let w = b.write(A, 0, &[(M, 0, 256)], (1, 2), Outcome::Failed(Errno::ENOMEM));
        b.fault(w, FaultKind::NoMemory);
        b.stat(A, (3, 4), 0);
        b.truncate(A, 256, (5, 6));
        b.rest(A, &seen(w));
        b
    };
    told(failed(&|w| [written(w, M, 0, 128), zeroes(128)].concat()), Rule::S5, Class::Overrun);
    silent(failed(&|_| zeroes(256)));
}

/// The other half of the same: the size counts the pages that the write has not returned.
#[test]
fn memory_runs_out_and_the_size_counts_what_was_prepared() {
    let short = |size: u32| {
        let mut b = start(0, 4);
        let w = b.write(A, 0, &[(M, 0, 256)], (1, 2), Outcome::Done(64));
        b.fault(w, FaultKind::NoMemory);
        b.stat(A, (3, 4), size);
        b.rest(A, &written(w, M, 0, 64));
        b
    };
    told(short(128), Rule::S1, Class::Size);
    silent(short(64));
}

fn on_a_full_disk(outcome: Outcome, size: u32) -> HistoryBuilder {
    let mut b = start(0, 1);
    let w = b.write(A, 100, &[(M, 0, 16)], (1, 2), outcome);
    b.fault(w, FaultKind::NoSpace);
    b.stat(A, (3, 4), size);
    b.rest(A, &zeroes(size));
    b
}

/// FDOS 243: a write past the end on a full disk moves the end of the file, and returns 0.
#[test]
fn a_full_disk_and_a_longer_file() {
    told(on_a_full_disk(Outcome::Failed(Errno::ENOSPC), 116), Rule::S1, Class::Size);
    told(on_a_full_disk(Outcome::Failed(Errno::ENOSPC), 100), Rule::S1, Class::Size);
    silent(on_a_full_disk(Outcome::Failed(Errno::ENOSPC), 0));
}

/// redb 1488: a truncate leaves a write past the new end in the buffer, and writing that out makes the file longer
/// again.
#[test]
fn a_buffered_write_past_the_new_end_is_flushed() {
    let flushed = |size: u32| {
        let mut b = start(128, 1);
        b.write(A, 80, &[(M, 0, 40)], (1, 2), Outcome::Done(40));
        b.truncate(A, 32, (3, 4));
        b.done(Call::Fsync { file: A }, (5, 6));
        b.stat(A, (7, 8), size);
        b
    };
    told(flushed(120), Rule::S1, Class::Size);
    silent(flushed(32));
}

/// Phoenix-RTOS 1403: of two descriptors that append to the same file, the first goes on where it had stopped itself,
/// over what the second has written meanwhile.
#[test]
fn an_append_at_its_own_old_end() {
    let appends = |third: u32| {
        let mut b = start(0, 1);
        let u = b.append(A, 0, &[(M, 0, 11)], (1, 2), Outcome::Done(11));
        let v = b.append(A, 11, &[(M, 16, 16)], (3, 4), Outcome::Done(16));
        let w = b.append(A, third, &[(M, 32, 11)], (5, 6), Outcome::Done(11));
        let mut found = [written(u, M, 0, 11), written(v, M, 16, 16)].concat();
        found.splice(third as usize..(third as usize + 11).min(27), written(w, M, 32, 11));
        b.rest(A, &found);
        b
    };
    told(appends(11), Rule::R4, Class::AppendOverlap);
    silent(appends(27));
}

/// Asterinas, and generic/749 of xfstests: the mapping goes on behind the last page of the file, and a load there sees
/// zeroes.
#[test]
fn a_load_past_the_last_page() {
    let load = |outcome: Outcome| {
        let mut b = start(40, 1);
        let map = b.mapping(A, 0, 2, true);
        let call = Call::Load { memory: map, offset: 64, length: 6 };
        let l = b.call(call, (1, Some(2)), Some(outcome));
        if outcome == Outcome::Done(6) {
            b.observe(l, &zeroes(6));
        }
        b.rest(A, &content(A, 0, 40));
        b
    };
    told(load(Outcome::Done(6)), Rule::S7, Class::EofPollution);
    silent(load(Outcome::BusError));
}

/// The rest of the same: what was stored behind the end in the last page is in the file when that grows.
#[test]
fn a_store_past_the_end_is_in_the_file_when_it_grows() {
    let grown = |surfaces: bool| {
        let mut b = start(40, 1);
        let map = b.mapping(A, 0, 1, true);
        let s = b.store(map, 44, 16, (1, 2));
        b.truncate(A, 64, (3, 4));
        let middle = if surfaces { stored(s, 44, 16) } else { zeroes(16) };
        b.rest(A, &[content(A, 0, 40), zeroes(4), middle, zeroes(4)].concat());
        b
    };
    told_in(grown(true), Profile::PosixStrict, &[(Rule::S7, Class::EofPollution)]);
    // A kernel before 2024 does that: counted, and not told.
    silent_in(grown(true), Profile::Linux);
    silent(grown(false));
}
